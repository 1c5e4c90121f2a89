//! Real events, a real thread, and what it tells.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use telemetry::{attach, execute};
use telemetry_metrics::{Aggregator, Data, counter, last_value};
use telemetry_slo::{Alarm, AlertState, Count, Objective, Report, Severity, Slo};

use crate::support::{SOON, TICK, Told, aggregator, counted, short_policy, start};

#[test]
fn an_objective_that_is_missed_fires_and_resolves() {
    let objective = Objective::availability("fires", ["fires.stop"])
        .target(0.99)
        .description("The shop answers")
        .policy(short_policy());
    let told = Told::about("fires");
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    for status in [200, 500] {
        execute!("fires.stop", {}, { status });
    }
    let firing = |report: &Report| report.objectives[0].is_firing();
    let report = slo.wait_for(firing, SOON).unwrap();
    assert_eq!(report.severity(), Some(Severity::Page));
    // Traffic has ended, so it is over.
    let over =
        |report: &Report| report.objectives[0].alerts[0].fired == 1 && report.severity().is_none();
    let report = slo.wait_for(over, SOON).unwrap();
    assert_eq!(report.objective("fires").unwrap().budget_left, 1.0 - 50.0);
    assert_eq!(
        told.texts(),
        [
            "telemetry.slo.firing burn_rate short_burn_rate budget_left slo=fires severity=page \
             long=1s short=200ms description=The shop answers",
            "telemetry.slo.resolved firing_for budget_left slo=fires severity=page long=1s \
             short=200ms description=The shop answers",
        ]
    );
}

#[test]
fn its_events_are_metrics_of_the_same_aggregator() {
    let objective = Objective::availability("counted", ["counted.stop"])
        .target(0.99)
        .policy(short_policy());
    let aggregator = Aggregator::builder()
        .metrics(objective.metrics())
        .metrics(telemetry_slo::metrics())
        .start()
        .unwrap();
    let slo = start(&aggregator, objective).unwrap();
    execute!("counted.stop", {}, { outcome: "error" });
    let firing = |report: &Report| report.objectives[0].is_firing();
    let _ = slo.wait_for(firing, SOON).unwrap();
    let snapshot = aggregator.snapshot();
    let page = [("slo", "counted"), ("severity", "page")];
    let count = snapshot.find("slo.alert.count", &page);
    assert_eq!(count, Some(&Data::Counter(1)));
    let latest = |name: &str, tags: &[(&str, &str)]| match snapshot.find(name, tags) {
        Some(Data::LastValue(value)) => value.as_f64(),
        other => panic!("{name} {other:?}"),
    };
    let rate = latest("slo.burn_rate", &[("slo", "counted"), ("window", "1s")]);
    assert_eq!(rate, 100.0);
    assert_eq!(latest("slo.ratio", &[("slo", "counted")]), 0.0);
    assert_eq!(latest("slo.budget_left", &[("slo", "counted")]), -99.0);
    let alert = [("slo", "counted"), ("severity", "page"), ("window", "1s")];
    assert_eq!(latest("slo.alert.firing", &alert), 1.0);
    // Without traffic the gauge falls.
    let quiet = |report: &Report| {
        report.objectives[0]
            .burns
            .iter()
            .all(|burn| burn.rate.is_none())
    };
    let _ = slo.wait_for(quiet, SOON).unwrap();
    let snapshot = aggregator.snapshot();
    let tags = [("slo", "counted"), ("window", "1s")];
    let Some(Data::LastValue(rate)) = snapshot.find("slo.burn_rate", &tags) else {
        panic!();
    };
    assert_eq!(rate.as_f64(), 0.0);
    assert!(aggregator.warnings().is_empty());
}

#[test]
fn what_happened_before_is_not_held_against_it() {
    let objective = Objective::availability("before", ["before.stop"]);
    let aggregator = aggregator(&objective);
    execute!("before.stop", {}, { outcome: "error" });
    let slo = start(&aggregator, objective).unwrap();
    execute!("before.stop");
    let report = counted(&slo, 1.0);
    assert_eq!(
        (report.objectives[0].valid, report.objectives[0].bad),
        (1.0, 0.0)
    );
}

#[test]
fn a_handler_that_panics_stops_nothing() {
    let objective = Objective::availability("panicking", ["panicking.stop"])
        .target(0.99)
        .policy(short_policy());
    let handler = attach("slo-panicking", "telemetry.slo.firing", |event| {
        assert!(!event.metadata_is("slo", "panicking"), "on purpose");
    });
    let _guard = handler.unwrap().guard();
    let aggregator = aggregator(&objective);
    let slo = start(&aggregator, objective).unwrap();
    execute!("panicking.stop", {}, { outcome: "error" });
    let fired = |report: &Report| report.objectives[0].alerts[0].fired > 0;
    let report = slo.wait_for(fired, SOON).unwrap();
    let later = |now: &Report| now.evaluations > report.evaluations + 3;
    assert!(slo.wait_for(later, SOON).is_some());
    let health = aggregator.health();
    let own = health.iter().find(|one| one.reporter == "slo").unwrap();
    assert!(own.sent > 3 && own.failed == 0, "{own:?}");
}

#[test]
fn dropping_it_ends_its_thread_at_once() {
    let objective = Objective::availability("dropped", ["dropped.stop"]);
    let aggregator = aggregator(&objective);
    execute!("dropped.stop");
    let builder = Slo::builder(&aggregator).objectives([objective]);
    let slo = builder
        .interval(Duration::from_secs(3_600))
        .start()
        .unwrap();
    let began = Instant::now();
    drop(slo);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[test]
fn waiting_ends_when_the_time_is_up() {
    let objective = Objective::availability("waiting", ["waiting.stop"]);
    let aggregator = aggregator(&objective);
    execute!("waiting.stop");
    let slo = start(&aggregator, objective).unwrap();
    assert_eq!(slo.wait_for(|_| false, 5 * TICK), None);
    assert!(slo.wait_for(|_| true, Duration::ZERO).is_some());
}

#[test]
fn alarms_are_of_the_series_that_are_above() {
    let depth = last_value("alarming.depth")
        .event("alarming.mailbox")
        .tags(["of"]);
    let capacity = last_value("alarming.capacity")
        .event("alarming.mailbox")
        .tags(["of"]);
    let aggregator = Aggregator::builder()
        .metrics([
            depth,
            capacity,
            counter("alarming.panic.count").tags(["thread"]),
        ])
        .start()
        .unwrap();
    let told = Told::about("MailboxFull");
    let full = Alarm::channel_depth("alarming.depth", "alarming.capacity")
        .named("MailboxFull")
        .hold(3 * TICK)
        .keep(Duration::ZERO);
    let alarms = [
        full,
        Alarm::panics("alarming.panic.count"),
        Alarm::reporter_failures(),
    ];
    let slo = Slo::builder(&aggregator)
        .alarms(alarms)
        .interval(TICK)
        .start()
        .unwrap();
    let mailbox = |of, depth: u32, capacity: u32| {
        execute!("alarming.mailbox", { depth, capacity }, { of });
    };
    mailbox("orders", 95, 100);
    mailbox("mails", 9, 10);
    // Of nothing there is no share.
    mailbox("unbounded", 1_000, 0);
    execute!("alarming.panic", {}, { thread: "worker" });
    let firing = |name: &'static str, is: bool| {
        move |report: &Report| (report.alarm(name).unwrap().state == AlertState::Firing) == is
    };
    assert!(slo.wait_for(firing("Panics", true), SOON).is_some());
    let report = slo.wait_for(firing("MailboxFull", true), SOON).unwrap();
    let alarm = report.alarm("MailboxFull").unwrap();
    assert_eq!(alarm.series, 2);
    let worst = alarm.worst.as_ref().unwrap();
    assert_eq!((worst.value, &*worst.tags[0].1), (0.95, "orders"));
    assert_eq!(
        report.alarm("ReporterFailing").unwrap().state,
        AlertState::Inactive
    );
    mailbox("orders", 5, 100);
    mailbox("mails", 1, 10);
    assert!(slo.wait_for(firing("MailboxFull", false), SOON).is_some());
    let texts = told.texts();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with(
        "telemetry.alarm.firing value limit series alarm=MailboxFull severity=ticket \
         definition=alarming.depth of=of=orders summary=A channel"
    ));
    assert!(
        texts[1].starts_with("telemetry.alarm.resolved firing_for value limit alarm=MailboxFull")
    );
}

#[test]
fn tags_of_any_length_are_told_in_few_bytes() {
    let size = last_value("long.table.size").tags(["table"]);
    let aggregator = Aggregator::builder().metrics([size]).start().unwrap();
    let told = Told::about("LongTable");
    let large = Alarm::table_size("long.table.size", 5).named("LongTable");
    let slo = Slo::builder(&aggregator)
        .alarms([large.hold(Duration::ZERO)])
        .interval(TICK)
        .start()
        .unwrap();
    let table = "ü".repeat(500);
    execute!("long.table", { size: 6 }, { table });
    let firing = |report: &Report| report.alarms[0].state == AlertState::Firing;
    assert!(slo.wait_for(firing, SOON).is_some());
    let texts = told.texts();
    assert!(
        texts[0].len() < 600 && texts[0].contains("üü… summary="),
        "{texts:?}"
    );
}

/// What counts and what is good are two numbers, and reading both takes time.
#[test]
fn what_is_good_never_looks_bad_however_it_races_with_an_evaluation() {
    // Of other events, so that one is read some time after the other.
    let good = Count::events(["racing.stop"]);
    let valid = Count::events(["racing.stop", "racing.exception"]);
    let objective = Objective::ratio("racing", good, valid).policy(short_policy());
    let aggregator = aggregator(&objective);
    let interval = Duration::from_millis(1);
    let builder = Slo::builder(&aggregator).objectives([objective]);
    let slo = builder.interval(interval).start().unwrap();
    let is_over = AtomicBool::new(false);
    let worst = std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    execute!("racing.stop", {}, { outcome: "ok" });
                }
            });
        }
        let last = slo.wait_for(|report| report.evaluations >= 300, SOON);
        is_over.store(true, Ordering::Relaxed);
        last.unwrap()
    });
    execute!("racing.exception");
    assert!(worst.objectives[0].valid > 0.0);
    assert_eq!(worst.objectives[0].bad, 0.0, "what is bad once stays bad");
}

/// Nor when it is started in the middle of the traffic.
#[test]
fn what_is_good_never_looks_bad_if_it_starts_while_events_are_counted() {
    // Of other events, and much to read in between: a snapshot takes its time.
    let good = Count::events(["starting.stop"]);
    let valid = Count::events(["starting.stop", "starting.exception"]);
    let objective = Objective::ratio("starting", good, valid);
    let between = |n| {
        counter(format!("starting.between_{n}.count"))
            .event("starting.stop")
            .tags(["n"])
    };
    let aggregator = Aggregator::builder()
        .metrics(objective.metrics())
        .metrics((0..5).map(between))
        .start()
        .unwrap();
    let is_over = AtomicBool::new(false);
    let worst = std::thread::scope(|threads| {
        threads.spawn(|| {
            for n in (0..500u32).cycle() {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                execute!("starting.stop", {}, { n });
            }
        });
        let many = |snapshot: &telemetry_metrics::Snapshot| match snapshot
            .find("slo.starting.good", &[])
        {
            Some(Data::Counter(count)) => *count > 5_000,
            _ => false,
        };
        let began = Instant::now();
        while !many(&aggregator.snapshot()) && began.elapsed() < SOON {
            std::thread::yield_now();
        }
        let bad = (0..20).map(|_| {
            let slo = start(&aggregator, objective.clone()).unwrap();
            let seen = |report: &Report| report.objectives[0].valid > 0.0 && report.evaluations > 2;
            slo.wait_for(seen, SOON)
                .map(|report| report.objectives[0].bad)
        });
        let bad: Vec<_> = bad.collect();
        is_over.store(true, Ordering::Relaxed);
        bad
    });
    execute!("starting.exception");
    // The one event that is about to be counted may be counted in one place and not yet in the other.
    let is_none = |bad: &Option<f64>| bad.is_some_and(|bad| bad <= 1.0);
    assert!(worst.iter().all(is_none), "{worst:?}");
}

#[test]
fn it_can_be_shared_by_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Slo>();
    is_shared::<Objective>();
    is_shared::<Alarm>();
}
