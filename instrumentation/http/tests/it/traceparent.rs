//! The `traceparent` of a response.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use telemetry_http::TelemetryLayer;
use tower::ServiceExt;

use crate::record::{Recorder, Server, request};

const THEIRS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn headers(layer: TelemetryLayer, request: Request) -> HeaderMap {
    let own = || async { ([("traceparent", THEIRS)], "own").into_response() };
    let app = Router::new()
        .route("/", get(|| async { "fine" }))
        .route("/error", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/own", get(own))
        .layer(layer);
    app.oneshot(request).await.unwrap().headers().clone()
}

#[tokio::test]
async fn an_answer_names_the_span_of_its_request() {
    let recorder = Recorder::new("http_traceparent.answer");
    for (at, path) in ["/", "/error", "/nothing"].into_iter().enumerate() {
        let headers = headers(recorder.layer(), request("GET", path)).await;
        let answered: Vec<_> = headers.get_all("traceparent").iter().collect();
        assert_eq!(
            answered,
            [recorder.starts()[at].context.to_string().as_str()]
        );
    }
}

#[tokio::test]
async fn an_answer_stays_as_it_was_if_the_handler_has_set_it_or_it_is_not_wanted() {
    let recorder = Recorder::new("http_traceparent.left");
    let kept = headers(recorder.layer(), request("GET", "/own")).await;
    assert!(kept.get_all("traceparent").iter().eq([THEIRS]));
    let silent = recorder.layer().answer_traceparent(false);
    let headers_of_silent = headers(silent, request("GET", "/")).await;
    assert!(!headers_of_silent.contains_key("traceparent"));
    let nobody = TelemetryLayer::new("http_traceparent.nobody").unwrap();
    assert!(
        !headers(nobody, request("GET", "/"))
            .await
            .contains_key("traceparent")
    );
}

#[tokio::test]
async fn strangers_choose_no_trace_where_they_are_not_trusted() {
    let recorder = Recorder::new("http_traceparent.edge");
    let mut request = request("GET", "/");
    request
        .headers_mut()
        .insert("traceparent", THEIRS.parse().unwrap());
    let edge = recorder.layer().trust_traceparent(false);
    let answered = headers(edge, request).await["traceparent"].clone();
    let end = recorder.end();
    assert_eq!(end.parent, None);
    assert_eq!(answered, end.context.to_string());
    assert!(!THEIRS.contains(&end.context.trace_id().to_string()));
}

#[tokio::test]
async fn it_goes_over_the_wire_both_ways() {
    let recorder = Recorder::new("http_traceparent.wire");
    let app = Router::new()
        .route("/", get(|| async { "fine" }))
        .layer(recorder.layer());
    let server = Server::start(app).await;
    let mut client = server.connect().await;
    let head = format!("/ HTTP/1.1\r\nTraceParent: {THEIRS}\r\nx-rest:");
    client.send("GET", &head).await;
    let answer = client.read_until("fine").await;
    recorder.until_ends(1).await;
    drop(client);
    server.stop().await;
    let end = recorder.end();
    assert_eq!(end.parent.unwrap().to_string(), THEIRS);
    assert!(
        answer.contains(&format!("traceparent: {}\r\n", end.context)),
        "{answer}"
    );
}
