//! What is emitted, when, and where.

use std::time::{Duration, Instant};

use telemetry::testing::{assert_emitted, capture};
use telemetry::{SpanContext, SpanId, TraceId};
use telemetry_traces::{MAX_FINDINGS, NPlusOne, NPlusOneBuilder, NPlusOneError};

use crate::shop::{ITEMS, detected, patient, queries, query, query_below, request, transaction};

#[test]
fn the_event_says_what_and_where_within_the_requests_span() {
    detected();
    let all = capture("nplus.endpoint.stop");
    let found = capture("telemetry.n_plus_one");
    request("/users-slow", || {
        query("SELECT id, name FROM users");
        queries(ITEMS, 20);
        assert_eq!(found.len(), 0, "not before its end");
    });
    assert_emitted!(
        found,
        "telemetry.n_plus_one",
        { count: 20, total_time: Duration::from_millis(5) },
        {
            statement: "select title from items where user_id = ? order by id",
            parent: "nplus.endpoint",
            route: "/users-slow",
            repo: "repo",
            source: "items",
        }
    );
    assert_eq!(found.len(), 1);
    let request = all.events()[0].context().unwrap();
    assert_eq!(found.events()[0].context(), Some(request));
}

#[test]
fn what_is_quick_is_quiet() {
    detected();
    let found = capture("telemetry.n_plus_one");
    request("/users-fast", || {
        query("SELECT u.name, i.title FROM users u JOIN items i ON i.user_id = u.id");
    });
    request("/two", || {
        queries(ITEMS, 4);
        queries("SELECT name FROM users WHERE id = $1", 4);
    });
    for _ in 0..20 {
        request("/one", || query(ITEMS));
        query(ITEMS);
    }
    assert_eq!(found.len(), 0);
}

#[test]
fn transactions_small_functions_and_tasks_are_seen_through() {
    detected();
    let found = capture("telemetry.n_plus_one");
    request("/transaction", || transaction(|| queries(ITEMS, 6)));
    request("/functions", || {
        for _ in 0..7 {
            telemetry::span!("nplus.users.load_one").in_scope(|| transaction(|| query(ITEMS)));
        }
    });
    let task = request("/task", || telemetry::span!("nplus.task"));
    task.in_scope(|| queries(ITEMS, 8));
    let told: Vec<_> = found
        .events()
        .iter()
        .map(|event| {
            let text = |key| event.metadata(key).unwrap().to_string();
            (
                event.measurement("count").unwrap().as_u64().unwrap(),
                text("parent"),
                text("route"),
            )
        })
        .collect();
    let expected = [
        (6, "nplus.endpoint", "/transaction"),
        (7, "nplus.endpoint", "/functions"),
        (8, "nplus.task", "/task"),
    ];
    let expected =
        expected.map(|(count, parent, route)| (count, parent.to_owned(), route.to_owned()));
    assert_eq!(told, expected);
}

#[test]
fn requests_that_share_a_callers_trace_are_apart() {
    detected();
    let found = capture("telemetry.n_plus_one");
    let caller = SpanContext::new(TraceId::new(7).unwrap(), SpanId::new(7).unwrap(), true);
    let spans: Vec<_> = (0..10)
        .map(|_| telemetry::span!(parent: caller, "nplus.endpoint", { route: "/batch" }))
        .collect();
    for _ in 0..4 {
        for span in &spans {
            query_below(span.context(), ITEMS);
        }
    }
    drop(spans);
    assert_eq!(found.len(), 0);
}

#[test]
fn attempts_of_jobs_are_apart_from_each_other_and_from_who_enqueued_them() {
    detected();
    let found = capture("telemetry.n_plus_one");
    request("/enqueue", || {
        query(ITEMS);
        for attempt in 1..20 {
            telemetry::span!("nplus.task", { queue: "mails", attempt }).in_scope(|| query(ITEMS));
        }
        let long = telemetry::span!("nplus.task", { queue: "mails", attempt: 1 });
        long.in_scope(|| queries(ITEMS, 6));
        assert_emitted!(found, "telemetry.n_plus_one", { count: 6 }, { parent: "nplus.task" });
    });
    assert_eq!(found.len(), 1);
}

#[test]
fn failed_queries_and_those_given_up_do_not_count() {
    detected();
    let found = capture("telemetry.n_plus_one");
    let begin = || telemetry::completion_span!("nplus.repo.query", { statement: ITEMS });
    request("/again", || {
        for _ in 0..20 {
            let failed = begin();
            failed.fail("deadlock");
            failed.finish();
            let given_up = begin();
            given_up.measure("rows", 0);
            drop(given_up);
        }
    });
    assert_eq!(found.len(), 0);
    // The first rows were what was wanted.
    request("/first", || (0..5).for_each(|_| begin().measure("rows", 1)));
    assert_eq!(found.len(), 1);
}

/// The request ends, and then a task without a span of its own asks: nobody says when it is done.
#[test]
fn what_comes_late_is_told_of_when_somebody_looks() {
    let detector = patient().spans(["nplus.late.*"]).start().unwrap();
    let request = telemetry::span!("nplus.late.request", { route: "/late" });
    let context = request.context();
    request.finish();
    for _ in 0..7 {
        let statement = "select a from t where id = ?";
        telemetry::completion_span!(parent: context, "nplus.late.query", { statement }).finish();
    }
    assert_eq!(detector.findings(), []);
    let deadline = Instant::now() + Duration::from_secs(20);
    let found = loop {
        if let Some(found) = detector.findings().pop() {
            break found;
        }
        assert!(Instant::now() < deadline, "it comes after a second");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((found.count, found.route.as_deref()), (7, Some("/late")));
    assert_eq!(Some(found.context), context);
}

#[test]
fn what_is_not_sampled_is_looked_at_only_if_that_is_wanted() {
    // Names of their own, because to settle is to tell of what others are at, too.
    let start = |builder: NPlusOneBuilder| builder.spans(["nplus.all.*"]).start().unwrap();
    let (sampled, all) = (start(patient()), start(patient().unsampled(true)));
    let caller = SpanContext::new(TraceId::new(8).unwrap(), SpanId::new(8).unwrap(), false);
    caller.in_scope(|| {
        telemetry::span!("nplus.all.request").in_scope(|| {
            for _ in 0..20 {
                telemetry::completion_span!("nplus.all.query", { statement: ITEMS }).finish();
            }
        });
    });
    for (detector, expected) in [(sampled, vec![]), (all, vec![20])] {
        detector.settle();
        let found = detector.findings().into_iter().map(|found| found.count);
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn findings_are_kept_newest_first_and_bounded() {
    let detector = patient()
        .threshold(2)
        .spans(["nplus.kept.*"])
        .start()
        .unwrap();
    for n in 0..MAX_FINDINGS + 10 {
        telemetry::span!("nplus.kept.request", { route: format!("/{n}") }).in_scope(|| {
            for _ in 0..2 {
                let statement = "select a from t";
                telemetry::completion_span!("nplus.kept.query", { statement }).finish();
            }
        });
    }
    // Of other names, and so not seen.
    request("/", || queries(ITEMS, 20));
    let findings = detector.findings();
    assert_eq!(findings.len(), MAX_FINDINGS);
    assert_eq!(detector.found(), MAX_FINDINGS as u64 + 10);
    assert_eq!(findings[0].route.as_deref(), Some("/109"));
    assert_eq!(findings[99].route.as_deref(), Some("/10"));
    assert!(
        findings[0].to_string().contains("the same each time"),
        "{}",
        findings[0]
    );
}

#[test]
fn who_asks_who_settles_and_who_drops_it_hears_of_what_waits() {
    let detector = patient().spans(["nplus.waits.*"]).start().unwrap();
    let found = capture("telemetry.n_plus_one");
    let ask = |span: &telemetry::Span| {
        for _ in 0..5 {
            let statement = "select a from t";
            telemetry::completion_span!(parent: span, "nplus.waits.query", { statement }).finish();
        }
    };
    let (one, two) = (
        telemetry::span!("nplus.waits.one"),
        telemetry::span!("nplus.waits.two"),
    );
    ask(&one);
    assert_eq!(detector.findings(), []);
    detector.settle();
    assert_eq!(found.len(), 1);
    assert_eq!(found.events()[0].context(), one.context());
    ask(&two);
    drop(detector);
    assert_eq!(found.len(), 2);
    assert_eq!(found.events()[1].context(), two.context());
    drop((one, two));
    assert_eq!(found.len(), 2);
}

#[test]
fn settings_that_make_no_sense_are_errors_that_say_so() {
    let error = |builder: NPlusOneBuilder| builder.start().err().unwrap();
    let threshold = error(NPlusOne::builder().threshold(1));
    assert_eq!(threshold, NPlusOneError::Threshold(1));
    assert!(threshold.to_string().contains("every query"));
    assert_eq!(
        error(NPlusOne::builder().memory(1)),
        NPlusOneError::Memory(1)
    );
    let pattern = error(patient().spans(["shop*"]));
    assert!(pattern.to_string().contains("`shop*`"), "{pattern}");
}

/// One that panics, one that asks the database itself, one that looks at the detector.
#[test]
fn handlers_may_do_what_they_like() {
    let detector = std::sync::Arc::new(patient().spans(["nplus.nested.*"]).start().unwrap());
    let seen = std::sync::Arc::downgrade(&detector);
    let ask = || {
        telemetry::span!("nplus.nested.request", { route: "/" }).in_scope(|| {
            for _ in 0..5 {
                let statement = "select a from t";
                telemetry::completion_span!("nplus.nested.query", { statement }).finish();
            }
        });
    };
    let depth = std::sync::atomic::AtomicU32::new(0);
    let here = std::thread::current().id();
    let _guard = telemetry::attach("nplus.nested", "telemetry.n_plus_one", move |_| {
        if std::thread::current().id() != here {
            return;
        }
        if depth.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
            ask();
        }
        let detector = seen.upgrade().unwrap();
        let _ = (detector.findings(), detector.pressure());
        panic!("on purpose");
    })
    .unwrap()
    .guard();
    ask();
    assert_eq!(detector.found(), 2);
}
