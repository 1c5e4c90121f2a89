//! What fills up or fails, by what the aggregator says of itself, and what its owner tells it.

use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::{Aggregator, counter, last_value};
use telemetry_slo::{Alarm, AlarmReport, AlertState, Report, Slo};

use crate::support::{SOON, TICK, Told};

fn watch(aggregator: &Aggregator, alarm: Alarm) -> Slo {
    let builder = Slo::builder(aggregator).alarms([alarm]).interval(TICK);
    builder.start().unwrap()
}

/// Waits until the only alarm is so.
#[track_caller]
fn until(slo: &Slo, is_so: impl Fn(&AlarmReport) -> bool) -> AlarmReport {
    let report = slo.wait_for(|report: &Report| is_so(&report.alarms[0]), SOON);
    let report = report.unwrap_or_else(|| panic!("{:?}", slo.report()));
    report.alarms[0].clone()
}

/// Waits until it is in that state.
#[track_caller]
fn wait(slo: &Slo, state: AlertState) -> AlarmReport {
    until(slo, |alarm| alarm.state == state)
}

/// Waits until it was looked at a few times more, and how it stands then.
#[track_caller]
fn a_little_later(slo: &Slo) -> AlarmReport {
    let before = slo.report().evaluations;
    let later = slo.wait_for(|report| report.evaluations > before + 3, SOON);
    later.unwrap().alarms[0].clone()
}

#[test]
fn a_tag_with_too_many_values_raises_the_alarm_of_its_metric() {
    let definitions = ["flooded.visit.count", "calm.visit.count"];
    let metrics = definitions.map(|name| counter(name).tags(["page"]).max_series(2));
    let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
    let told = Told::about("Flooded");
    // Ten minutes are half a second.
    let alarm = Alarm::series_overflow().named("Flooded");
    let slo = watch(&aggregator, alarm.scaled(1.0 / 1_200.0));
    for page in ["a", "b"] {
        execute!("flooded.visit", {}, { page });
        execute!("calm.visit", {}, { page });
    }
    // As many as there may be are not too many.
    assert_eq!(a_little_later(&slo).state, AlertState::Inactive);
    for page in ["c", "d", "e"] {
        execute!("flooded.visit", {}, { page });
    }
    until(&slo, |alarm| alarm.fired == 1);
    let over = wait(&slo, AlertState::Inactive);
    assert_eq!(over.fired, 1);
    let texts = told.texts();
    let [fired, resolved] = &texts[..] else {
        panic!("{texts:?}");
    };
    assert!(fired.starts_with("telemetry.alarm.firing"), "{fired}");
    assert!(fired.contains("of=metric=flooded.visit.count"), "{fired}");
    assert!(
        resolved.starts_with("telemetry.alarm.resolved"),
        "{resolved}"
    );
}

#[test]
fn a_reporter_that_fails_again_and_again_raises_an_alarm_and_one_that_did_once_does_not() {
    let aggregator = Aggregator::builder()
        .metrics([counter("failing.visit.count").unchecked()])
        .start()
        .unwrap();
    let [works, fails] = ["works", "fails"].map(|name| aggregator.register_health(name));
    // Within half a second, for a second.
    let alarm = Alarm::reporter_failures().named("Failing");
    let slo = watch(&aggregator, alarm.scaled(1.0 / 600.0));

    let began = Instant::now();
    fails.failed(1);
    let later = until(&slo, |_| began.elapsed() > Duration::from_secs(2));
    assert_eq!((later.state, later.fired), (AlertState::Inactive, 0));

    // Whether it tries again later or gives up.
    for give_up in [false, true] {
        let deadline = Instant::now() + SOON;
        let firing = |report: &Report| report.alarms[0].state == AlertState::Firing;
        let report = loop {
            works.sent(1);
            match give_up {
                true => fails.dropped(1),
                false => fails.failed(1),
            }
            if let Some(report) = slo.wait_for(firing, TICK) {
                break report;
            }
            assert!(Instant::now() < deadline, "{:?}", slo.report());
        };
        let alarm = &report.alarms[0];
        assert_eq!((alarm.fired, alarm.series), (1 + u64::from(give_up), 1));
        let worst = alarm.worst.as_ref().unwrap();
        assert_eq!(worst.tags, [("reporter".to_owned(), "fails".to_owned())]);
        // It has come to itself.
        fails.sent(1);
        wait(&slo, AlertState::Inactive);
    }
}

#[test]
fn what_is_above_its_limit_for_a_moment_is_no_alarm_and_for_longer_it_is() {
    const LIMIT: u64 = 400 << 20;
    let last = last_value("memory.used.total");
    let aggregator = Aggregator::builder().metrics([last]).start().unwrap();
    let alarm = Alarm::memory("memory.used.total", LIMIT).named("MemoryUsed");
    // Two minutes are two seconds.
    let hold = Duration::from_secs(2);
    let slo = watch(&aggregator, alarm.scaled(1.0 / 60.0));
    let used = |total: u64| execute!("memory.used", { total });

    // As much as there may be is not too much.
    used(LIMIT);
    assert_eq!(a_little_later(&slo).state, AlertState::Inactive);
    used(LIMIT + 1);
    wait(&slo, AlertState::Pending);
    used(LIMIT);
    assert_eq!(wait(&slo, AlertState::Inactive).fired, 0);

    let began = Instant::now();
    used(LIMIT + 1);
    let alarm = wait(&slo, AlertState::Firing);
    assert!(began.elapsed() >= hold, "{:?}", began.elapsed());
    assert_eq!(alarm.worst.unwrap().value, (LIMIT + 1) as f64);
    used(LIMIT);
    assert_eq!(wait(&slo, AlertState::Inactive).fired, 1);
}
