//! Families that are added while the aggregator runs.

use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{
    Aggregator, Amount, Data, DeltaData, Family, LateError, Needs, Reader, Snapshot, Unit, counter,
    distribution, last_value, sum, summary,
};

use crate::support::start;

fn family<'s>(snapshot: &'s Snapshot, name: &str) -> &'s Family {
    let mut families = snapshot.families.iter();
    families
        .find(|family| family.definition.name() == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

fn counted(snapshot: &Snapshot, name: &str, tags: &[(&str, &str)]) -> u64 {
    match snapshot.find(name, tags) {
        Some(Data::Counter(count)) => *count,
        other => panic!("{name} {tags:?}: {other:?}"),
    }
}

fn skipped(aggregator: &Aggregator, metric: &str, reason: &str) -> u64 {
    let tags = [("metric", metric), ("reason", reason)];
    counted(&aggregator.snapshot(), "telemetry.metric.skipped", &tags)
}

#[test]
fn they_stand_behind_all_others_in_the_order_of_their_coming() {
    let aggregator = start([counter("late_order.own.count")]);
    execute!("late_order.own");
    let before: Vec<String> = aggregator
        .snapshot()
        .families
        .iter()
        .map(|family| family.definition.name().to_owned())
        .collect();
    let late = aggregator.late();
    let (b, a) = (
        late.add(counter("late_order_b")).unwrap(),
        late.add(last_value("late_order_a")).unwrap(),
    );
    a.series(&[]).record(1.5.into(), 1);
    b.series(&[("x", "1")]).add(2);
    let snapshot = aggregator.snapshot();
    let names: Vec<&str> = snapshot
        .families
        .iter()
        .map(|family| family.definition.name())
        .collect();
    assert_eq!(names[..before.len()], before);
    assert_eq!(names[before.len()..], ["late_order_b", "late_order_a"]);
    assert!(
        family(&snapshot, "late_order_a")
            .definition
            .events()
            .is_empty()
    );
    assert_eq!(aggregator.definitions().len(), 1);
    assert_eq!(counted(&snapshot, "late_order_b", &[("x", "1")]), 2);
    let value = Data::LastValue(Amount::Real(1.5));
    assert_eq!(snapshot.find("late_order_a", &[]), Some(&value));
}

#[test]
fn what_threads_count_adds_up() {
    const EACH: u64 = 50_000;
    let aggregator = start([]);
    let late = aggregator.late();
    let count = late.add(counter("late_threads")).unwrap();
    let bytes = late.add(sum("late_threads_bytes").bytes()).unwrap();
    let size = late.add(summary("late_threads_size")).unwrap();
    let wait = distribution("late_threads_wait").unit((Unit::Millisecond, Unit::Second));
    let wait = late.add(wait).unwrap();
    let mut reader = aggregator.reader(Needs::Values);
    let mut read = 0;
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (count, bytes, size, wait) = (&count, &bytes, &size, &wait);
            scope.spawn(move || {
                let thread = thread.to_string();
                let shared = count.series(&[]);
                for n in 0..EACH {
                    shared.add(2);
                    // Looked up each time.
                    count.series(&[("thread", &thread)]).add(1);
                    bytes.series(&[]).record(n.into(), 1);
                    size.series(&[]).record(((n % 100) as f64).into(), 1);
                    wait.series(&[]).record(7.into(), 3);
                }
            });
        }
        for _ in 0..20 {
            read += take(&mut reader);
        }
    });
    read += take(&mut reader);
    let snapshot = aggregator.snapshot();
    assert_eq!(counted(&snapshot, "late_threads", &[]), 8 * EACH);
    for thread in ["0", "1", "2", "3"] {
        assert_eq!(
            counted(&snapshot, "late_threads", &[("thread", thread)]),
            EACH
        );
    }
    let total = Data::Sum(Amount::Integer((2 * EACH * (EACH - 1)) as i64));
    assert_eq!(snapshot.find("late_threads_bytes", &[]), Some(&total));
    let Some(Data::Summary(size)) = snapshot.find("late_threads_size", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!((size.count, size.min, size.max), (4 * EACH, 0.0, 99.0));
    let Some(Data::Distribution(wait)) = snapshot.find("late_threads_wait", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(wait.count, 12 * EACH);
    assert_eq!(wait.sum, Amount::Integer(12 * EACH as i64 * 7_000_000));
    // Events of the counter, and numbers of the summary and of the distribution.
    assert_eq!(read, (8 + 4 + 4 + 12) * EACH);
}

/// Takes everything, and says how many there were.
fn take(reader: &mut Reader) -> u64 {
    let (mut total, mut marks) = (0, Vec::new());
    reader.scan(|delta| {
        total += match &delta.data {
            DeltaData::Counter(count) => *count,
            DeltaData::Values(parts) => parts.iter().map(|part| part.count).sum(),
            _ => 0,
        };
        marks.push(delta.mark);
    });
    marks.into_iter().for_each(|mark| reader.take(mark));
    total
}

#[test]
fn a_tag_that_comes_later_leaves_the_series_before_as_they_were() {
    let aggregator = start([]);
    let metric = aggregator
        .late()
        .add(counter("late_tags").tags(["a"]))
        .unwrap();
    let mut reader = aggregator.reader(Needs::Totals);
    metric.series(&[]).add(1);
    metric.series(&[("a", "1")]).add(2);
    let first = aggregator.snapshot();
    assert_eq!(take(&mut reader), 3);
    metric.series(&[("b", "x"), ("a", "1")]).add(4);
    metric.series(&[("b", "x")]).add(8);
    // The same as before, whatever is absent or empty now.
    metric.series(&[("a", "1"), ("b", "")]).add(16);
    metric.series(&[("c", "")]).add(32);
    let snapshot = aggregator.snapshot();
    for (tags, count) in [
        (&[][..], 33),
        (&[("a", "1")], 18),
        (&[("a", "1"), ("b", "x")], 4),
        (&[("b", "x")], 8),
    ] {
        assert_eq!(counted(&snapshot, "late_tags", tags), count);
    }
    let found = family(&snapshot, "late_tags");
    assert_eq!(found.definition.tags(), ["a", "b"]);
    assert_eq!(found.series.len(), 4);
    // Whoever has the definition of before keeps that one.
    assert_eq!(family(&first, "late_tags").definition.tags(), ["a"]);
    assert_eq!(take(&mut reader), 60);
    assert_eq!(take(&mut reader), 0);
}

#[test]
fn beyond_the_limit_there_is_one_overflow_series() {
    let aggregator = start([]);
    let metric = counter("late_limit").max_series(3);
    let metric = aggregator.late().add(metric).unwrap();
    let series: Vec<_> = (0..10)
        .map(|n| metric.series(&[("n", &n.to_string())]))
        .collect();
    assert_eq!(series.iter().filter(|one| one.is_overflow()).count(), 7);
    series.iter().for_each(|one| one.add(2));
    let snapshot = aggregator.snapshot();
    let found = family(&snapshot, "late_limit");
    assert_eq!(found.series.len(), 4);
    let last = found.series.last().unwrap();
    assert!(last.is_overflow);
    assert_eq!(last.data, Data::Counter(14));
    let tags = [("metric", "late_limit")];
    assert_eq!(counted(&snapshot, "telemetry.metric.overflowed", &tags), 14);
}

#[test]
fn names_that_reporters_could_not_tell_apart_are_taken() {
    let aggregator = start([counter("late.taken.count")]);
    execute!("late.taken");
    let late = aggregator.late();
    late.add(counter("late_free")).unwrap();
    for (name, by) in [
        ("late.taken.count", "late.taken.count"),
        ("late_taken-count", "late.taken.count"),
        ("late.free", "late_free"),
        ("telemetry_metric_series", "telemetry.metric.series"),
    ] {
        // Whatever its kind.
        let error = late.add(last_value(name)).unwrap_err();
        assert_eq!(error, LateError::NameTaken(by.into()));
        assert!(error.to_string().contains(by), "{error}");
    }
    for bad in [
        counter("telemetry.mine"),
        counter("late..empty"),
        counter("late_none").max_series(0),
        counter("late_tag").tags([""]),
        distribution("late_bounds"),
    ] {
        let error = late.add(bad).unwrap_err();
        assert!(matches!(error, LateError::Definition(_)), "{error}");
    }
    assert_eq!(
        aggregator
            .snapshot()
            .families
            .last()
            .unwrap()
            .definition
            .name(),
        "late_free"
    );
}

#[test]
fn huge_counts_take_no_time_and_do_no_harm() {
    let aggregator = start([]);
    let late = aggregator.late();
    let values = late.add(summary("late_huge")).unwrap().series(&[]);
    let buckets = distribution("late_huge_n").buckets([1, 10]);
    let buckets = late.add(buckets).unwrap().series(&[]);
    let bytes = late
        .add(sum("late_huge_bytes").bytes())
        .unwrap()
        .series(&[]);
    let last = late
        .add(last_value("late_huge_last").bytes())
        .unwrap()
        .series(&[]);
    for one in [&values, &buckets, &bytes, &last] {
        one.record(1.into(), 0);
    }
    assert!(aggregator.snapshot().find("late_huge", &[]).is_none());
    values.record(5.0.into(), u64::MAX / 2);
    values.record(50.0.into(), 1);
    buckets.record(5.0.into(), u64::MAX / 2);
    bytes.record(5.into(), u64::MAX);
    last.record(5.into(), u64::MAX);
    let snapshot = aggregator.snapshot();
    let Some(Data::Summary(summary)) = snapshot.find("late_huge", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(summary.count, u64::MAX / 2 + 1);
    assert_eq!((summary.min, summary.max), (5.0, 50.0));
    let median = summary.quantile(0.5).unwrap();
    assert!((median / 5.0 - 1.0).abs() < 0.011, "{median}");
    let Some(Data::Distribution(found)) = snapshot.find("late_huge_n", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!(found.buckets, [0, u64::MAX / 2, 0]);
    let five = Data::LastValue(Amount::Integer(5));
    assert_eq!(snapshot.find("late_huge_last", &[]), Some(&five));
    // No total of theirs fits.
    assert_eq!(
        skipped(&aggregator, "late_huge_bytes", "overflow"),
        u64::MAX
    );
}

#[test]
fn what_is_no_number_of_the_kind_is_counted_as_skipped() {
    let aggregator = start([]);
    let late = aggregator.late();
    let heat = late.add(last_value("late_bad_heat")).unwrap().series(&[]);
    let sold = late.add(sum("late_bad_sold")).unwrap().series(&[]);
    let level = late
        .add(sum("late_bad_level").up_down())
        .unwrap()
        .series(&[]);
    let time = late.add(summary("late_bad_duration")).unwrap().series(&[]);
    let count = late.add(counter("late_bad")).unwrap().series(&[]);
    heat.record(f64::NAN.into(), 1);
    heat.record(f64::INFINITY.into(), 4);
    heat.record(Duration::from_secs(1).into(), 1);
    sold.record((-1).into(), 3);
    level.record((-1).into(), 3);
    time.record(5.into(), 2);
    time.record(Duration::from_secs(5).into(), 2);
    count.record(5.into(), 2);
    heat.add(7);
    assert_eq!(skipped(&aggregator, "late_bad_heat", "not_finite"), 2);
    assert_eq!(skipped(&aggregator, "late_bad_heat", "unit"), 1);
    assert_eq!(skipped(&aggregator, "late_bad_heat", "missing"), 1);
    assert_eq!(skipped(&aggregator, "late_bad_sold", "negative"), 3);
    assert_eq!(skipped(&aggregator, "late_bad_duration", "unit"), 2);
    assert_eq!(skipped(&aggregator, "late_bad", "missing"), 2);
    let snapshot = aggregator.snapshot();
    assert!(snapshot.find("late_bad_heat", &[]).is_none());
    let minus_three = Data::Sum(Amount::Real(-3.0));
    assert_eq!(snapshot.find("late_bad_level", &[]), Some(&minus_three));
    let Some(Data::Summary(time)) = snapshot.find("late_bad_duration", &[]) else {
        panic!("{snapshot:?}")
    };
    assert_eq!((time.count, time.sum), (2, Amount::Integer(10_000_000_000)));
}

#[test]
fn a_description_may_come_later_but_only_once() {
    let aggregator = start([]);
    let metric = aggregator.late().add(counter("late_text")).unwrap();
    metric.series(&[]).add(1);
    let text = || {
        let snapshot = aggregator.snapshot();
        let definition = &family(&snapshot, "late_text").definition;
        definition.description().map(str::to_owned)
    };
    assert_eq!(text(), None);
    metric.describe(" ");
    assert_eq!(text(), None);
    metric.describe("First");
    metric.describe("Second");
    assert_eq!(text().as_deref(), Some("First"));
}

#[test]
fn series_stay_when_others_expire_and_count_when_the_aggregator_is_gone() {
    let aggregator = Aggregator::builder()
        .metrics([counter("late_expiry.own.count").tags(["a"])])
        .expire_after(Duration::from_nanos(1))
        .start()
        .unwrap();
    execute!("late_expiry.own", {}, { a: 1 });
    let metric = aggregator.late().add(counter("late_expiry")).unwrap();
    let series = metric.series(&[("a", "1")]);
    series.add(1);
    let snapshots = aggregator.snapshots();
    // Two readings: one that finds it idle, and one that finds it gone.
    while snapshots
        .take()
        .find("late_expiry.own.count", &[("a", "1")])
        .is_some()
    {}
    drop(aggregator);
    series.add(1);
    metric.series(&[("a", "1")]).add(1);
    assert_eq!(series.count(), 3);
    assert_eq!(counted(&snapshots.take(), "late_expiry", &[("a", "1")]), 3);
}
