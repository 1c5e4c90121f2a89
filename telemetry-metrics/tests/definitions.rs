//! The check of definitions against the callsites of a program: this one. A binary of its own,
//! because a callsite whose name is chosen at run time, as other tests have, makes every event one
//! that might be emitted.

#![forbid(unsafe_code)]

use std::process::Command;
use std::sync::mpsc;

use telemetry::{
    AttachGuard, EventName, OwnedEvent, SpanName, attach, completion_span, emit, execute,
    list_handlers, span,
};
use telemetry_metrics::{
    Aggregator, Check, DEFINITION_WARNING, Data, Metric, Problem, StartError, counter, last_value,
    sum, summary,
};

fn warnings(metrics: impl IntoIterator<Item = Metric>) -> Vec<String> {
    let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
    aggregator
        .warnings()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn denied(metrics: impl IntoIterator<Item = Metric>) -> Result<Aggregator, StartError> {
    let builder = Aggregator::builder().metrics(metrics);
    builder.check_definitions(Check::Deny).start()
}

/// The warnings about definitions whose name begins so, as events.
fn listen(id: &str, prefix: &'static str) -> (AttachGuard, mpsc::Receiver<OwnedEvent>) {
    let (send, events) = mpsc::channel();
    let attached = attach(id, DEFINITION_WARNING, move |event| {
        let metric = event.metadata("metric").map(|metric| metric.to_string());
        if metric.is_some_and(|metric| metric.starts_with(prefix)) {
            let _ = send.send(event.to_owned());
        }
    });
    (attached.unwrap().guard(), events)
}

#[test]
fn a_misspelt_measurement_is_named_with_the_one_that_was_meant() {
    let warnings = warnings([summary("shop.endpoint.stop.durtion")]);
    assert_eq!(
        warnings,
        [
            "`shop.endpoint.stop.durtion`: no callsite of `shop.endpoint.stop` measures `durtion`, \
             did you mean `duration`?"
        ]
    );
    let duration = std::time::Duration::ZERO;
    execute!("shop.endpoint.stop", { duration, bytes: 3 }, { route: "/", status: 200 });
}

#[test]
fn everything_that_the_program_may_emit_is_known() {
    // Nothing calls these.
    #[expect(dead_code, reason = "it is known nevertheless")]
    fn never() {
        execute!("known.never_called", { rows: 1 }, { by: "nobody" });
    }
    #[expect(dead_code, reason = "it is known nevertheless")]
    fn generic<T: std::fmt::Display>(value: &T) {
        execute!("known.generic", { rows: 1 }, { by: telemetry::display(value) });
    }
    #[expect(dead_code, reason = "it is known nevertheless")]
    fn spans() {
        span!("known.span", { user: 1 }).finish();
        completion_span!("known.query", { source: "users" }).finish();
    }

    let started = denied([
        sum("known.never_called.rows").tags(["by"]),
        sum("known.generic.rows").tags(["by"]),
        last_value("known.span.start.system_time").tags(["user"]),
        summary("known.span.stop.duration").tags(["user", "outcome", "reason"]),
        sum("known.span.stop.added_while_it_ran").tags(["that_too"]),
        counter("known.span.exception.count").tags(["user", "kind"]),
        summary("known.query.duration").tags(["source", "outcome"]),
        last_value("failures")
            .event(telemetry::HANDLER_FAILURE)
            .tags(["handler_id"]),
        counter("panics").event(telemetry::PROCESS_PANIC),
        counter("typos").event(DEFINITION_WARNING).tags(["metric"]),
    ]);
    assert!(started.is_ok_and(|aggregator| aggregator.warnings().is_empty()));
}

#[test]
fn denied_definitions_are_problems_beside_all_others_and_nothing_is_attached() {
    let metrics = || {
        [
            sum("denied.done.itmes").tags(["sahpe"]),
            sum("denied..name"),
            counter("denied.dnoe.count"),
        ]
    };
    let error = denied(metrics()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 problems in the metric definitions:\
         \n  `denied..name`: the name is not one: a dot stands first, last or beside another dot; \
         write `a.b.c`\
         \n  `denied.done.itmes`: no callsite of `denied.done` measures `itmes`, did you mean \
         `items`?\
         \n  `denied.done.itmes`: no callsite of `denied.done` has metadata `sahpe`, did you mean \
         `shape`?\
         \n  `denied.dnoe.count`: no callsite emits `denied.dnoe`, did you mean `denied.done`?"
    );
    let StartError::Definitions(problems) = error else {
        panic!("{error}")
    };
    assert!(problems.iter().any(|one| one.problem
        == Problem::UnknownEvent {
            event: "denied.dnoe".into(),
            nearest: Some("denied.done".into())
        }));
    assert_eq!(list_handlers("denied"), []);
    execute!("denied.done", { items: 3 }, { shape: "round" });
}

#[test]
fn without_the_check_nothing_is_said() {
    let (_guard, events) = listen("definitions-off", "off.");
    let builder = Aggregator::builder().metrics([counter("off.nothing_emits_this.count")]);
    let aggregator = builder.check_definitions(Check::Off).start().unwrap();
    assert_eq!(aggregator.warnings(), []);
    assert!(events.try_recv().is_err());
}

#[test]
fn a_warning_is_an_event_that_the_definitions_themselves_may_count() {
    let (_guard, events) = listen("definitions-heard", "heard.");
    let aggregator = Aggregator::builder()
        .metrics([
            counter("heard.nothing_emits_this.count"),
            sum("heard.done.itmes"),
            counter("typos")
                .event(DEFINITION_WARNING)
                .tags(["metric"])
                .keep(|event| {
                    event
                        .metadata("metric")
                        .is_some_and(|m| m.to_string().starts_with("heard."))
                }),
        ])
        .start()
        .unwrap();
    let heard: Vec<_> = events.try_iter().collect();
    let [first, second] = &heard[..] else {
        panic!("{heard:?}")
    };
    let said = |event: &OwnedEvent, key| event.metadata(key).unwrap().to_string();
    assert_eq!(said(first, "metric"), "heard.nothing_emits_this.count");
    assert_eq!(
        said(first, "problem"),
        "no callsite emits `heard.nothing_emits_this` (if it is emitted otherwise, add \
         `.unchecked()`)"
    );
    assert_eq!(said(second, "metric"), "heard.done.itmes");
    let tags = [("metric", "heard.done.itmes")];
    assert_eq!(
        aggregator.snapshot().find("typos", &tags),
        Some(&Data::Counter(1))
    );
    assert_eq!(aggregator.warnings().len(), 2);
    execute!("heard.done", { items: 3 });
}

#[test]
fn a_definition_that_is_warned_of_counts_nevertheless() {
    let metric = counter("counts.done.count").tags(["shape", "size"]);
    let aggregator = Aggregator::builder().metrics([metric]).start().unwrap();
    assert_eq!(aggregator.warnings().len(), 1);
    execute!("counts.done", {}, { shape: "round" });
    let snapshot = aggregator.snapshot();
    let found = snapshot.find("counts.done.count", &[("shape", "round")]);
    assert_eq!(found, Some(&Data::Counter(1)));
}

#[test]
fn all_that_is_wrong_with_a_definition_is_one_warning() {
    let (_guard, events) = listen("definitions-one", "one.");
    let tags = ["sahpe", "a", "b", "c", "d"];
    let aggregator = Aggregator::builder().metrics([
        sum("one.done.itmes").tags(tags),
        counter("one.done.count").tags(["a"]),
    ]);
    let aggregator = aggregator.start().unwrap();
    assert_eq!(aggregator.warnings().len(), 7);
    let said: Vec<String> = events
        .try_iter()
        .map(|event| event.metadata("problem").unwrap().to_string())
        .collect();
    assert_eq!(
        said,
        [
            "no callsite of `one.done` measures `itmes`, did you mean `items`?; no callsite of \
             `one.done` has metadata `sahpe`, did you mean `shape`?; no callsite of `one.done` has \
             metadata `a`; no callsite of `one.done` has metadata `b`; and 2 more",
            "no callsite of `one.done` has metadata `a`",
        ]
    );
    execute!("one.done", { items: 3 }, { shape: "round" });
}

#[test]
fn events_that_no_macro_emits_can_be_left_unchecked() {
    let metric = || sum("dynamic.done.items").tags(["shape"]);
    assert_eq!(warnings([metric()]).len(), 1);
    let aggregator = denied([metric().unchecked()]).unwrap();
    let (items, shape) = ([("items", 3.into())], [("shape", "round".into())]);
    emit(EventName::new("dynamic.done").unwrap(), &items, &shape);
    let snapshot = aggregator.snapshot();
    let found = snapshot.find("dynamic.done.items", &[("shape", "round")]);
    assert!(found.is_some(), "{snapshot:?}");
}

#[test]
fn what_is_added_to_a_span_while_it_runs_is_no_mistake() {
    let aggregator = denied([
        sum("ride.trip.stop.legs").tags(["routes", "region", "vehicle"]),
        summary("ride.trip.stop.durations"),
    ])
    .unwrap();
    let span = span!("ride.trip", { route: "coast" });
    span.measure("legs", 2);
    span.set("region", "north");
    span.finish();
    let error = denied([summary("ride.trip.stop.duraton").tags(["rout"])]).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("did you mean `duration`?"), "{error}");
    assert!(error.contains("did you mean `route`?"), "{error}");
    let snapshot = aggregator.snapshot();
    let found = snapshot.find("ride.trip.stop.legs", &[("region", "north")]);
    assert!(found.is_some(), "{snapshot:?}");
}

#[test]
fn if_nobody_listens_a_few_lines_go_to_standard_error() {
    let test = "if_nobody_listens_a_few_lines_go_to_standard_error";
    let body = || {
        let many = (0..30).map(|n| counter(format!("unheard.n{n}.count")));
        let first = counter("unheard.done.count").tags(["forged\nline \u{1b}[31m"]);
        assert_eq!(warnings([first].into_iter().chain(many)).len(), 31);
        execute!("unheard.done");
    };
    let Some(stderr) = in_own_process(test, body) else {
        return;
    };
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 21, "{stderr}");
    assert_eq!(
        lines[0],
        "telemetry-metrics: `unheard.done.count`: no callsite of `unheard.done` has metadata \
         `forged line  [31m`"
    );
    assert!(lines[20].contains("11 more warnings"), "{stderr}");
}

#[test]
fn if_somebody_listens_standard_error_stays_quiet() {
    let test = "if_somebody_listens_standard_error_stays_quiet";
    let body = || {
        let (_guard, events) = listen("definitions-quiet", "quiet.");
        assert_eq!(
            warnings([counter("quiet.nothing_emits_this.count")]).len(),
            1
        );
        assert_eq!(events.try_iter().count(), 1);
    };
    if let Some(stderr) = in_own_process(test, body) {
        assert_eq!(stderr, "");
    }
}

const CHILD: &str = "TELEMETRY_TEST_ALONE";

/// Runs the body of a test in a process of its own, where nothing else listens or writes. `None` in
/// that process; in the parent, what the child wrote to standard error.
fn in_own_process(test: &str, body: impl FnOnce()) -> Option<String> {
    if std::env::var(CHILD).is_ok_and(|name| name == test) {
        body();
        return None;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, test)
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    assert!(child.status.success(), "{}\n{out}\n{err}", child.status);
    assert!(out.contains("1 passed"), "no test is called {test}\n{out}");
    Some(err.into_owned())
}

#[test]
fn a_library_that_says_what_its_spans_end_with_makes_no_other_span_possible() {
    #[expect(dead_code, reason = "it is known nevertheless")]
    fn never(name: SpanName) {
        span!("*.mail.send" => name, { to: 3 }).finish();
    }
    let fine = [
        summary("any.mail.send.stop.duration").tags(["to", "outcome"]),
        counter("any.mail.send.exception.count").tags(["kind"]),
        sum("any.mail.send.start.system_time").tags(["to"]),
    ];
    drop(denied(fine).unwrap());
    assert_eq!(
        warnings([
            counter("any.mail.sned.stop.count"),
            counter("mail.send.stop.count"),
            counter("nothing.like.it.stop.count"),
        ]),
        [
            "`any.mail.sned.stop.count`: no callsite emits `any.mail.sned.stop`, did you mean \
             `any.mail.send.stop`?",
            "`mail.send.stop.count`: no callsite emits `mail.send.stop` (if it is emitted \
             otherwise, add `.unchecked()`)",
            "`nothing.like.it.stop.count`: no callsite emits `nothing.like.it.stop` (if it is \
             emitted otherwise, add `.unchecked()`)",
        ]
    );
}
