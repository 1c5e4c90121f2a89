//! The event-driven part, from the form to the page.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use demo_app::{Config, Demo};
use telemetry::testing::{Capture, capture};
use telemetry::{OwnedEvent, SpanContext, SpanId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{DEADLINE, TestDemo, eventually};

/// What a browser would remember.
struct Visitor {
    address: SocketAddr,
    cookies: HashMap<String, String>,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Visitor {
    fn of(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: HashMap::new(),
        }
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.exchange(&format!("GET {path}"), "", "").await.expect("an answer")
    }

    async fn exchange(&mut self, what: &str, headers: &str, body: &str) -> std::io::Result<Answer> {
        let cookies: Vec<_> = self.cookies.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let request = format!(
            "{what} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.address,
            cookies.join("; "),
            body.len()
        );
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = timeout(DEADLINE, exchange).await.expect("an answer in time")?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let pair = line.split(';').next().and_then(|pair| pair.split_once('='));
            let (key, value) = pair.expect("a cookie");
            self.cookies.insert(key.to_owned(), value.to_owned());
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer {
            status: status.ok_or_else(|| std::io::Error::other("no answer"))?,
            head: head.to_owned(),
            body: body.to_owned(),
        })
    }

    /// Signs up as a browser does: opens the form, fills it in, sends it.
    async fn sign_up(&mut self, name: &str, headers: &str) -> std::io::Result<Answer> {
        let form = self.exchange("GET /sign-up", "", "").await?;
        let csrf = form.body.split_once("name=\"csrf\" value=\"").map(|(_, rest)| rest);
        let csrf = csrf.and_then(|rest| rest.split('"').next()).expect("a token");
        let body = format!("csrf={csrf}&name={name}&password=correct+horse");
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
        self.exchange("POST /sign-up", &headers, &body).await
    }

    /// Waits for the message on the visitor's own page.
    async fn is_welcomed(&mut self, name: &str) {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        while !self.get("/me").await.body.contains(&format!("Welcome, {name}!")) {
            assert!(tokio::time::Instant::now() < deadline, "{name} is not welcomed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
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
    let mut visitor = Visitor::of(demo.address());
    let answer = visitor.sign_up("Ida", &format!("traceparent: {sent}\r\n")).await.unwrap();
    assert_eq!(answer.status, 303, "{}", answer.body);
    let answered: SpanContext = answer.header("traceparent").expect("a header").parse().unwrap();
    assert_eq!(answered.trace_id(), sent.trace_id());
    visitor.is_welcomed("Ida").await;

    let is_last = |event: &OwnedEvent| {
        event.name() == "demo.projection.apply.stop" && event.metadata_is("projection", "messages")
    };
    capture.wait_where(is_last, DEADLINE).await.unwrap();
    let spans = spans(&capture);
    let mut at = capture.events().into_iter().find(is_last).expect("it was waited for");
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
    let written = capture.named("demo.repo.query").into_iter().filter(|query| {
        query.metadata_is("command", "INSERT")
            && query.context().map(|context| context.trace_id()) == Some(sent.trace_id())
    });
    let mut tables: Vec<String> = written
        .filter_map(|query| Some(query.metadata("source")?.to_string()))
        .filter(|table| table != "sessions")
        .collect();
    tables.sort();
    assert_eq!(tables, ["activity", "activity", "events", "events", "messages", "users"]);

    let feed = visitor.get("/activity").await;
    assert_eq!((feed.status, feed.header("refresh")), (200, Some("5")));
    let shown = feed.body.matches(&sent.trace_id().to_string()).count();
    assert_eq!(shown, 2, "{}", feed.body);
    let paused = visitor.get("/activity?refresh=off").await;
    assert_eq!((paused.status, paused.header("refresh")), (200, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_visitors_sign_up_at_a_time_and_the_numbers_agree() {
    let demo = TestDemo::start().await;
    let mut visitors = JoinSet::new();
    for nth in 0..100 {
        let mut visitor = Visitor::of(demo.address());
        visitors.spawn(async move {
            // Every second one wants a name that the one before has or is getting.
            let answer = visitor.sign_up(&format!("User+{}", nth / 2), "").await.unwrap();
            if answer.status == 303 {
                visitor.is_welcomed(&format!("User {}", nth / 2)).await;
            }
            answer.status
        });
    }
    let answers = visitors.join_all().await;
    let count = |status| answers.iter().filter(|answer| **answer == status).count();
    assert_eq!(count(303), 50, "{answers:?}");
    assert_eq!(100 - count(303), count(409), "{answers:?}");

    let counts = || async {
        let handled = |command, outcome, reason| {
            let tags = [("command", command), ("outcome", outcome), ("reason", reason)];
            demo.counted("demo.commands.handle.stop.count", &tags)
        };
        let projected = |projection, event| {
            let tags = [("projection", projection), ("event", event), ("outcome", "ok")];
            demo.counted("demo.projection.apply.stop.count", &tags)
        };
        let appended = |event| demo.counted("demo.events.append.count", &[("event", event)]);
        [
            handled("sign_up", "ok", ""),
            handled("sign_up", "error", "name_taken"),
            handled("send_welcome", "ok", ""),
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
        let mut visitor = Visitor::of(running.address());
        let name = format!("User{nth}");
        let answer = visitor.sign_up(&name, "").await.unwrap();
        assert_eq!(answer.status, 303);
        visitors.push((visitor, name));
        // Not stopped: dropped, wherever it is.
        drop(running);
    }
    let running = TestDemo::with(file.config()).await;
    for (visitor, name) in &mut visitors {
        visitor.address = running.address();
        visitor.is_welcomed(name).await;
        let page = visitor.get("/me").await.body;
        assert_eq!(page.matches("Welcome, ").count(), 1, "{page}");
    }
    let feed = visitors[0].0.get("/activity").await.body;
    assert_eq!(feed.matches("signed up").count(), 5, "{feed}");
    assert_eq!(feed.matches("was welcomed").count(), 5, "{feed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_told_so_is_signed_up_also_if_the_application_stops_meanwhile() {
    let file = File::new("stop");
    let running = TestDemo::with(file.config()).await;
    let address = running.address();
    let mut visitors = JoinSet::new();
    for nth in 0..40 {
        visitors.spawn(async move {
            let mut visitor = Visitor::of(address);
            tokio::time::sleep(Duration::from_millis(nth)).await;
            let answer = visitor.sign_up(&format!("User{nth}"), "").await;
            (answer.map_or(0, |answer| answer.status), visitor, nth)
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
    for (status, mut visitor, nth) in answers {
        if status == 303 {
            visitor.address = demo.address();
            visitor.is_welcomed(&format!("User{nth}")).await;
        }
    }
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [] as [&str; 0]);
}
