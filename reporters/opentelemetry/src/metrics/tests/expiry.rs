//! Series that go and come back.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use telemetry_metrics::{Aggregator, Check, Data, counter, last_value};

use super::support::{collector, deliver, find, label, lose, number, numbers};
use crate::metrics::Temporality::{Cumulative, Delta};

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

fn start_expiring(name: &str) -> Aggregator {
    Aggregator::builder()
        .metrics([counter(name).tags(["k"])])
        .check_definitions(Check::Off)
        // A reader that does not read for ten times as long is not waited for.
        .expire_after(Duration::from_millis(200))
        .start()
        .unwrap()
}

#[test]
fn a_series_that_comes_back_has_a_new_start() {
    let name = "otel.expiry.back.count";
    let aggregator = start_expiring(name);
    let mut collector = collector(&aggregator, Cumulative);
    let emit = || telemetry::execute!("otel.expiry.back", {}, { k: "a" });
    emit();
    emit();
    let metrics = deliver(&mut collector);
    let before = numbers(&metrics, name)[0].clone();
    assert_eq!(number(&before), 2.0);
    until("it goes", || find(&lose(&mut collector), name).is_none());
    emit();
    let metrics = deliver(&mut collector);
    let after = numbers(&metrics, name)[0].clone();
    assert_eq!(number(&after), 1.0);
    assert!(after.start_time_unix_nano > before.time_unix_nano);
}

#[test]
fn nothing_is_lost_or_told_twice_when_series_go() {
    let name = "otel.expiry.delta.count";
    let aggregator = start_expiring(name);
    let mut collector = collector(&aggregator, Delta);
    let mut told: HashMap<String, f64> = HashMap::new();
    let mut until_when: HashMap<String, u64> = HashMap::new();
    let mut note = |metrics: &[_]| {
        for point in numbers(metrics, name) {
            assert!(number(point) > 0.0);
            let label = label(&point.attributes);
            *told.entry(label.clone()).or_default() += number(point);
            let last = until_when.insert(label, point.time_unix_nano).unwrap_or(0);
            assert!(last <= point.start_time_unix_nano, "intervals overlap");
            assert!(point.start_time_unix_nano <= point.time_unix_nano);
        }
    };
    let is_gone = |k: &str| aggregator.snapshot().find(name, &[("k", k)]).is_none();
    for round in 0..3 {
        telemetry::execute!("otel.expiry.delta", {}, { k: "a" });
        telemetry::execute!("otel.expiry.delta", {}, { k: "b" });
        if round == 1 {
            // It goes before anybody has got what it counted.
            lose(&mut collector);
        } else {
            note(&deliver(&mut collector));
        }
        telemetry::execute!("otel.expiry.delta", {}, { k: "a" });
        until("both go", || is_gone("a") && is_gone("b"));
        note(&deliver(&mut collector));
        assert!(find(&deliver(&mut collector), name).is_none());
    }
    assert_eq!(told["k=a"], 6.0);
    assert_eq!(told["k=b"], 3.0);
}

/// What is told otherwise than as a delta holds no series that goes.
#[test]
fn the_place_of_a_series_that_went_is_free() {
    let name = "otel.expiry.place.level";
    let aggregator = Aggregator::builder()
        .metrics([last_value(name).tags(["k"]).max_series(1)])
        .check_definitions(Check::Off)
        .expire_after(Duration::from_millis(100))
        .start()
        .unwrap();
    let mut collector = collector(&aggregator, Delta);
    telemetry::execute!("otel.expiry.place", { level: 1 }, { k: "a" });
    until("another takes its place", || {
        deliver(&mut collector);
        telemetry::execute!("otel.expiry.place", { level: 2 }, { k: "b" });
        let snapshot = aggregator.snapshot();
        snapshot.find(name, &[("k", "b")]).is_some()
    });
    let let_go = aggregator.snapshot();
    assert_eq!(
        let_go.find("telemetry.reader.let_go", &[]),
        Some(&Data::Counter(0))
    );
}
