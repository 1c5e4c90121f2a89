//! Outgoing calls of a real client to real servers.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use http_body_util::BodyExt;
use telemetry::testing::{assert_emitted, capture};
use telemetry_http::OTHER_HOST;
use tower::{Service, ServiceExt};

use crate::client_support::{
    DEADLINE, Upstream, ask, calls, end, ended, ending, hyper_client, request,
};
use crate::record::{endless, poll_once};

fn app() -> Router {
    Router::new()
        .route("/hello", get(|| async { "hello" }))
        .route(
            "/fails",
            get(|| async { StatusCode::INTERNAL_SERVER_ERROR }),
        )
        .route(
            "/moved",
            get(|| async { (StatusCode::FOUND, [(header::LOCATION, "/hello")]) }),
        )
        .route("/none", get(|| async { StatusCode::NO_CONTENT }))
        .route("/endless", get(|| async { endless(&["one", "two"]) }))
        .route("/silent", get(std::future::pending::<()>))
}

#[tokio::test]
async fn an_answer_that_is_read_is_ok_and_measured() {
    let upstream = Upstream::start(app()).await;
    let captured = capture("client_read.*");
    let mut client = hyper_client(&calls("client_read"));
    let (status, body) = ask(&mut client, request("GET", &upstream.url("/hello"))).await;
    assert_eq!((status, &body[..]), (200, &b"hello"[..]));

    let stop = end(&captured, "client_read");
    assert_emitted!(captured, "client_read.start", {}, { method: "GET", host: "127.0.0.1" });
    assert_emitted!(captured, "client_read.stop", { response_size: 5 }, {
        method: "GET", host: "127.0.0.1", status: 200, status_class: "2xx", outcome: "ok",
        reason: None::<&str>,
    });
    let time = |key| stop.measurement(key).unwrap().as_duration().unwrap();
    assert!(time("headers_time") <= time("duration"));
}

#[tokio::test]
async fn statuses_of_clients_and_servers_mistakes_are_errors_and_a_redirect_is_not() {
    let upstream = Upstream::start(app()).await;
    for (prefix, path, class, expected) in [
        (
            "client_404",
            "/nothing",
            "4xx",
            ended("error", "status", 404),
        ),
        ("client_500", "/fails", "5xx", ended("error", "status", 500)),
        ("client_302", "/moved", "3xx", ended("ok", "", 302)),
        ("client_204", "/none", "2xx", ended("ok", "", 204)),
    ] {
        let captured = capture(&format!("{prefix}.*"));
        let mut client = hyper_client(&calls(prefix));
        let (status, _) = ask(&mut client, request("GET", &upstream.url(path))).await;
        let end = end(&captured, prefix);
        assert_eq!(ending(&end), expected, "{path}");
        assert_eq!(u64::from(status), expected.2);
        assert!(end.metadata_is("status_class", class));
    }
}

#[tokio::test]
async fn an_answer_whose_body_nobody_asks_for_is_what_its_status_says() {
    let upstream = Upstream::start(app()).await;
    for (prefix, path, expected) in [
        ("client_unread", "/hello", ended("ok", "", 200)),
        ("client_unread_500", "/fails", ended("error", "status", 500)),
        ("client_unread_endless", "/endless", ended("ok", "", 200)),
    ] {
        let captured = capture(&format!("{prefix}.*"));
        let client = hyper_client(&calls(prefix));
        drop(
            client
                .oneshot(request("GET", &upstream.url(path)))
                .await
                .unwrap(),
        );
        assert_eq!(ending(&end(&captured, prefix)), expected, "{path}");
    }
}

#[tokio::test]
async fn an_answer_without_a_body_ends_with_its_headers() {
    let upstream = Upstream::start(app()).await;
    let captured = capture("client_head.*");
    let client = hyper_client(&calls("client_head"));
    let response = client
        .oneshot(request("HEAD", &upstream.url("/hello")))
        .await
        .unwrap();
    assert_eq!(ending(&end(&captured, "client_head")), ended("ok", "", 200));
    drop(response);
    end(&captured, "client_head");
}

#[tokio::test]
async fn a_body_that_is_left_half_way_is_cancelled() {
    let upstream = Upstream::start(app()).await;
    let captured = capture("client_half.*");
    let client = hyper_client(&calls("client_half"));
    let response = client
        .oneshot(request("GET", &upstream.url("/endless")))
        .await
        .unwrap();
    let mut body = response.into_body();
    let mut size = 0;
    while size < 6 {
        size += body
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap()
            .len();
    }
    assert!(captured.named("client_half.stop").is_empty());
    drop(body);
    assert_eq!(
        ending(&end(&captured, "client_half")),
        ended("cancelled", "", 200)
    );
    assert_emitted!(captured, "client_half.stop", { response_size: 6 });
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_cancelled() {
    let upstream = Upstream::start(app()).await;
    let captured = capture("client_late.*");
    let client = hyper_client(&calls("client_late"));
    let mut client = tower::timeout::Timeout::new(client, std::time::Duration::from_millis(20));
    let silent = request("GET", &upstream.url("/silent"));
    let error = client
        .ready()
        .await
        .unwrap()
        .call(silent)
        .await
        .unwrap_err();
    assert!(error.is::<tower::timeout::error::Elapsed>());
    assert_eq!(
        ending(&end(&captured, "client_late")),
        ended("cancelled", "", 0)
    );
    assert!(
        end(&captured, "client_late")
            .measurement("headers_time")
            .is_none()
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connection_that_failed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let captured = capture("client_refused.*");
    let client = hyper_client(&calls("client_refused"));
    client.oneshot(request("GET", &url)).await.unwrap_err();
    assert_eq!(
        ending(&end(&captured, "client_refused")),
        ended("error", "connect", 0)
    );
    assert_emitted!(captured, "client_refused.stop", {}, { status_class: None::<&str> });
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_by_a_word_and_by_nothing_that_it_said() {
    const SECRET: &str = "HTTP/1.1 200 secret\r\ncontent-length: 100\r\n\r\nsecret-";
    const CHUNKED: &str =
        "HTTP/1.1 200 secret\r\ntransfer-encoding: chunked\r\n\r\n7\r\nsecret-\r\n";
    const FAILS: &str = "HTTP/1.1 500 secret\r\ncontent-length: 100\r\n\r\nsecret-";
    const GARBAGE: &str = "secret\r\n\r\n";
    for (prefix, answer, expected) in [
        (
            "client_hangs_up_half",
            SECRET,
            ended("error", "closed", 200),
        ),
        (
            "client_hangs_up_chunk",
            CHUNKED,
            ended("error", "closed", 200),
        ),
        ("client_hangs_up_before", "", ended("error", "hung_up", 0)),
        // What went wrong was the server, and its body broke off because of that.
        ("client_hangs_up_500", FAILS, ended("error", "status", 500)),
        ("client_garbage", GARBAGE, ended("error", "transport", 0)),
    ] {
        let upstream = Upstream::raw(answer).await;
        let captured = capture(&format!("{prefix}.*"));
        // What hyper alone knows: that the connection was closed before there was an answer.
        let calls = calls(prefix).reason_with(|error| {
            let hyper = error.downcast_ref::<hyper::Error>()?;
            hyper.is_incomplete_message().then_some("hung_up")
        });
        let client = hyper_client(&calls);
        let answered = client
            .oneshot(request("GET", &upstream.url("/?key=secret")))
            .await;
        if let Ok(response) = answered {
            tokio::time::timeout(DEADLINE, response.into_body().collect())
                .await
                .unwrap()
                .unwrap_err();
            assert_emitted!(captured, "*", { response_size: 7 });
        }
        assert_eq!(ending(&end(&captured, prefix)), expected, "{answer}");
        assert!(!format!("{:?}", captured.events()).contains("secret"));
    }
}

#[tokio::test]
async fn hosts_that_are_not_on_the_list_are_other_whatever_the_header_says() {
    let upstream = Upstream::start(app()).await;
    let captured = capture("client_hostile.*");
    let calls = telemetry_http::Calls::new("client_hostile").unwrap();
    let calls = calls.allow(["api.example.org", "evil.test:1"]).unwrap();
    let mut client = hyper_client(&calls);
    for host in [
        "evil.test",
        "api.example.org",
        "x".repeat(10_000).as_str(),
        "a{b}\"\\",
    ] {
        let mut request = request("GET", &upstream.url("/hello?evil.test"));
        request
            .headers_mut()
            .insert(header::HOST, host.parse().unwrap());
        let _ = client.ready().await.unwrap().call(request).await;
    }
    let all = captured.events();
    assert!(all.len() >= 8);
    for event in all {
        assert!(event.metadata_is("host", OTHER_HOST), "{event:?}");
    }
}

#[tokio::test]
async fn a_stream_of_events_is_told_apart() {
    let events = [(header::CONTENT_TYPE, "text/event-stream")];
    let app = Router::new().route("/", get(async move || (events, endless(&["data: 1\n\n"]))));
    let upstream = Upstream::start(app).await;
    let captured = capture("client_events.*");
    let client = hyper_client(&calls("client_events"));
    let response = client
        .oneshot(request("GET", &upstream.url("/")))
        .await
        .unwrap();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(
        ending(&end(&captured, "client_events")),
        ended("cancelled", "", 200)
    );
    assert_emitted!(captured, "client_events.stop", { response_size: 9 }, { streamed: true });
}

#[tokio::test]
async fn events_that_come_to_their_end_by_themselves_are_no_stream() {
    let events = [(header::CONTENT_TYPE, "text/event-stream")];
    let app = Router::new().route("/", get(async move || (events, "data: 1\n\n")));
    let upstream = Upstream::start(app).await;
    for (prefix, method) in [("client_whole_get", "GET"), ("client_whole_head", "HEAD")] {
        let captured = capture(&format!("{prefix}.*"));
        let mut client = hyper_client(&calls(prefix));
        ask(&mut client, request(method, &upstream.url("/"))).await;
        let end = end(&captured, prefix);
        assert_eq!(ending(&end), ended("ok", "", 200));
        assert!(end.metadata("streamed").is_none(), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_at_once_are_counted_exactly() {
    const CALLS: usize = 200;
    let upstream = Arc::new(Upstream::start(app()).await);
    let captured = capture("client_hundreds.*").everywhere();
    let client = hyper_client(&calls("client_hundreds"));
    let all = (0..CALLS).map(|at| {
        let (upstream, mut client) = (Arc::clone(&upstream), client.clone());
        tokio::spawn(async move {
            let path = ["/hello", "/fails", "/silent", "/endless"][at % 4];
            let mut call = Box::pin(client.call(request("GET", &upstream.url(path))));
            if at % 4 == 2 {
                assert!(poll_once(call.as_mut()).is_pending());
                return;
            }
            let mut body = call.await.unwrap().into_body();
            if at % 4 == 3 {
                body.frame().await.unwrap().unwrap();
                return;
            }
            body.collect().await.unwrap();
        })
    });
    for call in all.collect::<Vec<_>>() {
        tokio::time::timeout(DEADLINE, call).await.unwrap().unwrap();
    }

    assert_eq!(captured.named("client_hundreds.start").len(), CALLS);
    let ends = captured.named("client_hundreds.stop");
    assert_eq!((ends.len(), captured.len()), (CALLS, 2 * CALLS));
    for expected in [
        ended("ok", "", 200),
        ended("error", "status", 500),
        ended("cancelled", "", 0),
        ended("cancelled", "", 200),
    ] {
        let count = ends.iter().filter(|end| ending(end) == expected).count();
        assert_eq!(count, CALLS / 4, "{expected:?}");
    }
}
