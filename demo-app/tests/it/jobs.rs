//! The job queue, from the form to the end of the last attempt.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use demo_app::Config;
use telemetry::testing::{Capture, capture};
use telemetry::{AttachGuard, OwnedEvent, SpanContext, attach};
use telemetry_metrics::Data;
use tokio::task::JoinSet;

use crate::support::http::Reply;
use crate::support::visitor::Visitor;
use crate::support::{DEADLINE, TestDemo, eventually};

/// All flaky jobs fail.
fn flaky() -> Config {
    Config {
        jobs_fail_percent: 100,
        ..Config::default()
    }
}

/// Fills in the form.
async fn order(visitor: &mut Visitor, kind: &str, jobs: &str, label: &str) -> Reply {
    let fields = [("kind", kind), ("jobs", jobs), ("label", label)];
    visitor.submit("/jobs", "/jobs", &fields).await
}

impl TestDemo {
    /// Waits until nothing waits and nobody works.
    async fn idle(&self) {
        let state = async || self.get("/jobs/state").await.body;
        eventually(state, |state| state.contains("0 waiting, 0 running")).await;
    }

    /// How many jobs of a kind an event was emitted for.
    fn jobs(&self, event: &str, worker: &str) -> u64 {
        let tags = [("queue", "default"), ("worker", worker)];
        self.counted(&format!("demo.jobs.{event}.count"), &tags)
    }

    fn ended(&self, worker: &str, outcome: &str) -> u64 {
        let tags = [
            ("queue", "default"),
            ("worker", worker),
            ("outcome", outcome),
        ];
        self.counted("demo.jobs.attempt.stop.count", &tags)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_and_every_attempt_is_counted_however_it_ends() {
    let demo = TestDemo::with(flaky()).await;
    let mut visitor = Visitor::new(demo.address());
    for (kind, jobs) in [
        ("resize_image", "20"),
        ("send_report", "2"),
        ("flaky", "5"),
        ("crash", "3"),
    ] {
        let reply = order(&mut visitor, kind, jobs, "").await;
        assert_eq!((reply.status, reply.location()), (303, Some("/jobs")));
    }
    demo.idle().await;

    let counts = |worker| {
        [
            demo.jobs("enqueued", worker),
            demo.jobs("attempt.start", worker),
            demo.ended(worker, "ok"),
            demo.ended(worker, "error"),
            demo.jobs("attempt.exception", worker),
            demo.jobs("retried", worker),
            demo.jobs("discarded", worker),
            demo.jobs("dropped", worker),
        ]
    };
    // Given up are the last attempts of those that failed, and those that panicked.
    let given_up = || async { ["flaky", "crash"].map(|worker| demo.jobs("discarded", worker)) };
    eventually(given_up, |counts| *counts == [5, 3]).await;
    assert_eq!(counts("resize_image"), [20, 20, 20, 0, 0, 0, 0, 0]);
    assert_eq!(counts("send_report"), [2, 2, 2, 0, 0, 0, 0, 0]);
    assert_eq!(counts("flaky"), [5, 15, 0, 15, 0, 10, 5, 0]);
    assert_eq!(counts("crash"), [3, 3, 0, 0, 3, 0, 3, 0]);

    let durations = demo.aggregator().snapshot();
    let tags = [
        ("queue", "default"),
        ("worker", "send_report"),
        ("outcome", "ok"),
    ];
    match durations.find("demo.jobs.attempt.duration", &tags) {
        Some(Data::Distribution(times)) => assert_eq!(times.count, 2),
        other => panic!("{other:?}"),
    }
    let page = visitor.get("/jobs").await.body;
    assert!(page.contains("Done: 20 users, "), "{page}");
    assert!(page.contains("Failed; given up"), "{page}");
}

/// The ends of spans of this name.
fn ends(events: &Capture, name: &str) -> Vec<OwnedEvent> {
    let mut ends = events.events();
    ends.retain(|event| {
        let span = event.span();
        span.is_some_and(|span| span.kind().is_span_end() && span.name() == name)
    });
    ends
}

fn parent(event: &OwnedEvent) -> Option<SpanContext> {
    event.span()?.parent()
}

fn context(event: &OwnedEvent) -> SpanContext {
    event.span().expect("a span").context()
}

#[tokio::test]
async fn a_request_and_all_attempts_at_its_job_are_one_trace() {
    let demo = TestDemo::with(flaky()).await;
    let events = capture("demo.*");
    let mut visitor = Visitor::new(demo.address());
    visitor.get("/jobs").await;
    let sent = SpanContext::new_root();
    visitor.headers.push(("traceparent", sent.to_string()));
    for kind in ["flaky", "send_report"] {
        assert_eq!(order(&mut visitor, kind, "1", "").await.status, 303);
    }
    visitor.headers.clear();
    let all = events.wait_for_count("demo.jobs.attempt.stop", 4, DEADLINE);
    all.await
        .expect("three attempts at the one, and one at the other");

    let posts = ends(&events, "demo.endpoint");
    let post = |nth: usize| {
        let mut posts = posts.iter().filter(|e| e.metadata_is("method", "POST"));
        context(posts.nth(nth).expect("a form was sent"))
    };
    for event in ends(&events, "demo.jobs.attempt") {
        let request = match event.metadata_is("worker", "flaky") {
            true => post(0),
            false => post(1),
        };
        assert_eq!(request.trace_id(), sent.trace_id());
        assert_eq!(context(&event).trace_id(), sent.trace_id());
        let above = parent(&event).map(|parent| parent.span_id());
        assert_eq!(above, Some(request.span_id()), "{event:?}");
        // What is queried for a report belongs to the attempt.
        if event.metadata_is("worker", "send_report") {
            let attempt = context(&event).span_id();
            let queries = ends(&events, "demo.repo.query");
            let of_it = queries
                .iter()
                .filter(|query| parent(query).is_some_and(|parent| parent.span_id() == attempt));
            assert_eq!(of_it.count(), 1);
        }
    }
    demo.idle().await;
    let shown = demo.get("/jobs").await.body;
    let ids = shown.matches(&sent.trace_id().to_string()).count();
    assert_eq!(ids, 4, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_takes_nothing_of_a_form_and_says_so() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::new(demo.address());
    for _ in 0..5 {
        let reply = order(&mut visitor, "send_report", "20", "").await;
        assert_eq!(reply.status, 303);
    }
    let reply = order(&mut visitor, "resize_image", "20", "").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("retry-after").next(), Some("5"));
    assert!(reply.body.contains("There is no room"), "{}", reply.body);
    // The form is there again, and works.
    assert!(reply.body.contains("name=\"csrf\""), "{}", reply.body);
    assert_eq!(demo.jobs("enqueued", "resize_image"), 0);
    assert_eq!(demo.jobs("enqueued", "send_report"), 100);
    assert_eq!(refused(&demo, "resize_image"), 20.0);

    let TestDemo { demo, _turn } = demo;
    let report = demo.stop_within(Duration::from_millis(100)).await;
    assert!(
        report.complaints()[0].contains("are lost"),
        "{:?}",
        report.complaints()
    );
}

/// How many jobs of a kind were not taken because there was no room.
fn refused(demo: &TestDemo, worker: &str) -> f64 {
    let tags = [("worker", worker), ("reason", "full")];
    match demo
        .aggregator()
        .snapshot()
        .find("demo.jobs.refused.jobs", &tags)
    {
        Some(Data::Sum(sum)) => sum.as_f64(),
        None => 0.0,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn only_a_form_of_ours_that_asks_for_something_sensible_leaves_anything_behind() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::new(demo.address());
    let long = "x".repeat(61);
    for (kind, jobs, label) in [
        ("reboot", "1", ""),
        ("", "1", ""),
        ("crash", "0", ""),
        ("crash", "21", ""),
        ("crash", "4294967297", ""),
        ("crash", "one", ""),
        ("crash", "1", &long),
    ] {
        let reply = order(&mut visitor, kind, jobs, label).await;
        assert_eq!(reply.status, 422, "{kind} {jobs} {label}");
        assert!(reply.body.contains("role=\"alert\""), "{}", reply.body);
    }
    let fields = [("csrf", "0"), ("kind", "crash"), ("jobs", "1")];
    assert_eq!(visitor.post("/jobs", &fields).await.status, 403);
    let tags = [("form", "/jobs"), ("reason", "csrf")];
    assert_eq!(demo.counted("demo.forms.refused.count", &tags), 1);
    assert_eq!(demo.jobs("enqueued", "crash"), 0);
}

#[tokio::test]
async fn what_a_visitor_calls_a_job_is_shown_as_text() {
    let demo = TestDemo::start().await;
    let mut visitor = Visitor::new(demo.address());
    let label = "<script>alert(\"1\")</script>\u{202e}\0é";
    let reply = order(&mut visitor, "resize_image", "1", label).await;
    assert_eq!(reply.status, 303);
    demo.idle().await;
    let state = demo.get("/jobs/state").await.body;
    assert!(
        !state.contains("<script") && !state.contains('\0'),
        "{state}"
    );
    assert!(state.contains("<bdi>&lt;script&gt;alert("), "{state}");
    let metrics = demo.get("/metrics").await.body;
    assert!(!metrics.contains("alert("), "{metrics}");
}

/// How often each event of jobs was emitted, also when nothing that counts is there any more.
fn tally() -> (Arc<Mutex<BTreeMap<String, u64>>>, AttachGuard) {
    let counts = Arc::<Mutex<BTreeMap<String, u64>>>::default();
    let count = counts.clone();
    let attached = attach("test-jobs", "demo.jobs.*", move |event| {
        let name = event.name().trim_start_matches("demo.jobs.").to_owned();
        let outcome = event.metadata("outcome").map(|word| format!(" {word}"));
        let key = name + &outcome.unwrap_or_default();
        *count.lock().unwrap().entry(key).or_default() += 1;
    });
    (counts, attached.unwrap().guard())
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_were_taken_are_done_before_the_application_ends() {
    let demo = TestDemo::with(flaky()).await;
    let (counts, _guard) = tally();
    let mut visitor = Visitor::new(demo.address());
    for (kind, jobs) in [("send_report", "4"), ("flaky", "4"), ("resize_image", "4")] {
        assert_eq!(order(&mut visitor, kind, jobs, "").await.status, 303);
    }
    let TestDemo { demo, _turn } = demo;
    let report = demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    let counts = counts.lock().unwrap();
    let count = |key: &str| counts.get(key).copied().unwrap_or_default();
    assert_eq!(count("enqueued"), 12);
    assert_eq!(count("attempt.stop ok"), 8);
    assert_eq!(count("attempt.stop error"), 12);
    assert_eq!((count("retried"), count("discarded")), (8, 4));
    assert_eq!((count("attempt.stop cancelled"), count("dropped")), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_done_by_then_is_counted_as_cancelled_or_dropped() {
    for is_stopped in [true, false] {
        let demo = TestDemo::start().await;
        let (counts, _guard) = tally();
        let mut visitor = Visitor::new(demo.address());
        for _ in 0..3 {
            assert_eq!(
                order(&mut visitor, "send_report", "20", "").await.status,
                303
            );
        }
        let begun = || async { counts.lock().unwrap().get("attempt.start").copied() };
        eventually(begun, |begun| begun.is_some_and(|begun| begun >= 4)).await;
        let began = Instant::now();
        let TestDemo { demo, _turn } = demo;
        match is_stopped {
            true => drop(demo.stop_within(Duration::from_millis(50)).await),
            // Wherever everything is.
            false => drop(demo),
        }
        assert!(began.elapsed() < Duration::from_secs(5));
        let all = || async {
            let counts = counts.lock().unwrap();
            let count = |key: &str| counts.get(key).copied().unwrap_or_default();
            let ended = count("attempt.stop ok") + count("attempt.stop cancelled");
            assert_eq!(count("enqueued"), 60);
            (ended + count("dropped"), count("attempt.stop cancelled"))
        };
        let (_, cancelled) = eventually(all, |(all, _)| *all == 60).await;
        assert!(cancelled > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_visitors_at_a_time_and_the_numbers_agree() {
    let demo = TestDemo::with(Config {
        jobs_fail_percent: 50,
        ..Config::default()
    })
    .await;
    let address: SocketAddr = demo.address();
    let mut visitors = JoinSet::new();
    for nth in 0..200_usize {
        visitors.spawn(async move {
            let mut visitor = Visitor::new(address);
            let kind = ["resize_image", "flaky", "crash"][nth % 3];
            let jobs = 1 + nth as u64 % 4;
            let reply = order(&mut visitor, kind, &jobs.to_string(), "").await;
            (kind, reply.status, jobs)
        });
    }
    let answers = visitors.join_all().await;
    demo.idle().await;
    for kind in ["resize_image", "flaky", "crash"] {
        let asked = |status| -> u64 {
            let with = answers.iter().filter(|a| (a.0, a.1) == (kind, status));
            with.map(|(_, _, jobs)| jobs).sum()
        };
        assert_eq!(demo.jobs("enqueued", kind), asked(303), "{kind}");
        assert_eq!(refused(&demo, kind), asked(503) as f64, "{kind}");
        // Each job ended well, or was given up.
        let done = || async { demo.ended(kind, "ok") + demo.jobs("discarded", kind) };
        eventually(done, |done| *done == asked(303)).await;
        let attempts = demo.jobs("attempt.start", kind);
        assert_eq!(attempts, asked(303) + demo.jobs("retried", kind), "{kind}");
    }
    assert!(answers.iter().all(|answer| matches!(answer.1, 303 | 503)));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_stopping_no_task_is_left() {
    let turn = TestDemo::with(flaky()).await;
    let runtime = tokio::runtime::Handle::current();
    let TestDemo { demo, _turn } = turn;
    let mut visitor = Visitor::new(demo.address());
    for kind in ["flaky", "crash", "resize_image"] {
        assert_eq!(order(&mut visitor, kind, "5", "").await.status, 303);
        assert_eq!(visitor.get("/quote").await.status, 200);
    }
    demo.stop().await;
    let tasks = || async { runtime.metrics().num_alive_tasks() };
    eventually(tasks, |tasks| *tasks == 0).await;
}
