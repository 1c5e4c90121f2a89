//! The event-driven part, from the form to the page.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use demo_app::{Config, Demo};
use telemetry::testing::{Capture, capture};
use telemetry::{OwnedEvent, SpanContext, SpanId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::support::visitor::{PASSWORD, Visitor, csrf};
use crate::support::{DEADLINE, TestDemo, eventually};

/// Waits for the message on the visitor's own page.
pub(crate) async fn is_welcomed(visitor: &mut Visitor, name: &str) {
    let deadline = Instant::now() + DEADLINE;
    while !visitor
        .get("/me")
        .await
        .body
        .contains(&format!("Welcome, {name}!"))
    {
        assert!(Instant::now() < deadline, "{name} is not welcomed");
        sleep(Duration::from_millis(10)).await;
    }
}

/// The same visitor, after the application has started again somewhere else.
fn moved(visitor: Visitor, address: SocketAddr) -> Visitor {
    Visitor {
        cookies: visitor.cookies,
        ..Visitor::new(address)
    }
}

/// The spans that have ended, by their ids.
fn spans(capture: &Capture) -> HashMap<SpanId, OwnedEvent> {
    let events = capture.events().into_iter();
    let ends = events.filter_map(|event| {
        let span = event.span().filter(|span| span.kind().is_span_end())?;
        Some((span.context().span_id(), event))
    });
    ends.collect()
}

/// What the ends of spans are told apart by.
fn told(event: &OwnedEvent) -> String {
    let of = ["command", "process", "projection"].map(|key| event.metadata(key));
    let name = event.span().expect("a span").name();
    match of.into_iter().flatten().next() {
        Some(which) => format!("{name} {which}"),
        None => name.to_owned(),
    }
}

#[tokio::test]
async fn a_sign_up_is_one_trace_from_the_request_to_the_message() {
    let demo = TestDemo::start().await;
    let capture = capture("demo.*");
    let sent = SpanContext::new_root();
    let mut visitor = Visitor::new(demo.address());
    visitor.headers.push(("traceparent", sent.to_string()));
    let reply = visitor.sign_up("Ida", PASSWORD).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let answered: SpanContext = reply
        .header("traceparent")
        .next()
        .expect("one")
        .parse()
        .unwrap();
    assert_eq!(answered.trace_id(), sent.trace_id());
    visitor.headers.clear();
    is_welcomed(&mut visitor, "Ida").await;

    let is_last = |event: &OwnedEvent| {
        event.name() == "demo.projection.apply.stop" && event.metadata_is("projection", "messages")
    };
    capture.wait_where(is_last, DEADLINE).await.unwrap();
    let is_shown = |event: &OwnedEvent| {
        event.name() == "demo.projection.apply.stop"
            && event.metadata_is("projection", "activity")
            && event.metadata_is("event", "user_welcomed")
    };
    capture.wait_where(is_shown, DEADLINE).await.unwrap();
    let spans = spans(&capture);
    let mut at = capture
        .events()
        .into_iter()
        .find(is_last)
        .expect("it was waited for");
    let mut path = vec![told(&at)];
    let top = loop {
        let span = at.span().expect("a span");
        assert_eq!(span.context().trace_id(), sent.trace_id(), "{path:?}");
        let parent = span.parent().expect("a parent").span_id();
        match spans.get(&parent) {
            Some(above) => at = above.clone(),
            None => break parent,
        }
        path.push(told(&at));
    };
    assert_eq!(
        path,
        [
            "demo.projection.apply messages",
            "demo.commands.handle send_welcome",
            "demo.process.react welcome",
            "demo.commands.handle sign_up",
            "demo.accounts.sign_up",
            "demo.endpoint",
        ]
    );
    assert_eq!(top, sent.span_id());
    // What was written is in it as well: the user, two events, and what was made of them.
    let written = capture
        .named("demo.repo.query")
        .into_iter()
        .filter(|query| {
            query.metadata_is("command", "INSERT")
                && query.context().map(|context| context.trace_id()) == Some(sent.trace_id())
        });
    let mut tables: Vec<String> = written
        .filter_map(|query| Some(query.metadata("source")?.to_string()))
        .filter(|table| table != "sessions")
        .collect();
    tables.sort();
    assert_eq!(
        tables,
        [
            "activity", "activity", "events", "events", "messages", "users"
        ]
    );

    let feed = visitor.get("/activity").await;
    assert_eq!(
        (feed.status, feed.header("refresh").next()),
        (200, Some("5"))
    );
    let linked = format!("href=\"/dashboard/traces?id={}\"", sent.trace_id());
    let shown = feed.body.matches(&linked).count();
    assert_eq!(shown, 2, "{}", feed.body);
    let paused = visitor.get("/activity?refresh=off").await;
    assert_eq!(
        (paused.status, paused.header("refresh").next()),
        (200, None)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_visitors_sign_up_at_a_time_and_the_numbers_agree() {
    let demo = TestDemo::start().await;
    let mut visitors = JoinSet::new();
    for nth in 0..100 {
        let mut visitor = Visitor::new(demo.address());
        visitors.spawn(async move {
            // Every second one wants a name that the one before has or is getting.
            let name = format!("User {}", nth / 2);
            let status = visitor.sign_up(&name, PASSWORD).await.status;
            if status == 303 {
                is_welcomed(&mut visitor, &name).await;
            }
            status
        });
    }
    let answers = visitors.join_all().await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!(count(303), 50, "{answers:?}");
    assert_eq!(100 - count(303), count(409), "{answers:?}");

    let counts = || async {
        let handled = |command, outcome, reason: Option<_>| {
            let mut tags = vec![("command", command), ("outcome", outcome)];
            tags.extend(reason.map(|reason| ("reason", reason)));
            demo.counted("demo.commands.handle.stop.count", &tags)
        };
        let projected = |projection, event| {
            let tags = [
                ("projection", projection),
                ("event", event),
                ("outcome", "ok"),
            ];
            demo.counted("demo.projection.apply.stop.count", &tags)
        };
        let appended = |event| demo.counted("demo.events.append.count", &[("event", event)]);
        [
            handled("sign_up", "ok", None),
            handled("sign_up", "error", Some("name_taken")),
            handled("send_welcome", "ok", None),
            appended("user_signed_up"),
            appended("user_welcomed"),
            projected("activity", "user_signed_up"),
            projected("activity", "user_welcomed"),
            projected("messages", "user_welcomed"),
        ]
    };
    eventually(counts, |counts| *counts == [50; 8]).await;
}

/// A database file that is gone after the test.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("demo-flow-{name}-{}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn config(&self) -> Config {
        Config {
            database: format!("sqlite://{}", self.0.display()),
            ..Config::default()
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_is_cut_off_goes_on_where_it_was() {
    let file = File::new("cut-off");
    let mut visitors = Vec::new();
    for nth in 0..5 {
        let running = TestDemo::with(file.config()).await;
        let name = format!("User {nth}");
        visitors.push((Visitor::signed_up(running.address(), &name).await, name));
        // Not stopped: dropped, wherever it is.
        drop(running);
    }
    let running = TestDemo::with(file.config()).await;
    for (visitor, name) in visitors {
        let mut visitor = moved(visitor, running.address());
        is_welcomed(&mut visitor, &name).await;
        let page = visitor.get("/me").await.body;
        assert_eq!(page.matches("Welcome, ").count(), 1, "{page}");
    }
    // The feed has a pace of its own.
    let address = running.address();
    let feed = || async {
        let feed = Visitor::new(address).get("/activity").await.body;
        ["signed up", "was welcomed"].map(|what| feed.matches(what).count())
    };
    eventually(feed, |counts| *counts == [5, 5]).await;
}

/// Sends the form, and returns whether the answer was good. There may be none.
async fn is_signed_up(address: SocketAddr, visitor: &Visitor, form: &str) -> bool {
    let visit = &visitor.cookies["demo_visit"];
    let request = format!(
        "POST /sign-up HTTP/1.0\r\nHost: {address}\r\nCookie: demo_visit={visit}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with("HTTP/1.0 303"))
    };
    timeout(DEADLINE, exchange)
        .await
        .expect("in time")
        .unwrap_or(false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_told_so_is_signed_up_and_welcomed_also_if_the_application_stops_meanwhile() {
    let file = File::new("stop");
    let running = TestDemo::with(file.config()).await;
    let address = running.address();
    let mut visitors = JoinSet::new();
    for nth in 0..40 {
        let mut visitor = Visitor::new(address);
        let csrf = csrf(&visitor.get("/sign-up").await);
        visitors.spawn(async move {
            let name = format!("User{nth}");
            let form = format!("csrf={csrf}&name={name}&password=correct+horse");
            (is_signed_up(address, &visitor, &form).await, visitor, name)
        });
    }
    let TestDemo { demo, _turn } = running;
    let signed_up = || async {
        let tags = [("command", "sign_up"), ("outcome", "ok")];
        let found = demo.aggregator().snapshot();
        matches!(
            found.find("demo.commands.handle.stop.count", &tags),
            Some(telemetry_metrics::Data::Counter(5..))
        )
    };
    eventually(signed_up, |enough| *enough).await;
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [] as [&str; 0]);
    let answers = visitors.join_all().await;

    let demo = Demo::start(file.config()).await.expect("it starts again");
    assert!(
        answers
            .iter()
            .filter(|(is_signed_up, ..)| *is_signed_up)
            .count()
            >= 5
    );
    for (is_signed_up, visitor, name) in answers {
        if is_signed_up {
            let mut visitor = moved(visitor, demo.address());
            assert_eq!(visitor.log_in(&name, PASSWORD).await.status, 303, "{name}");
            is_welcomed(&mut visitor, &name).await;
        }
    }
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [] as [&str; 0]);
}
