//! Exponential buckets, in snapshots and in deltas.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry::{SpanContext, execute, span};
use telemetry_metrics::{
    Aggregator, Amount, Data, DeltaData, Distribution, ExponentialBuckets, HistogramDelta, Needs,
    Reader, Snapshots, distribution, summary,
};

use crate::support::*;

/// What a scan yields of the metric of this name, if anything, and takes it if that is wanted.
fn delta(reader: &mut Reader, name: &str, take: bool) -> Option<HistogramDelta> {
    let mut found = None;
    let mut marks = Vec::new();
    reader.scan(|delta| {
        if delta.definition.name() == name {
            match &delta.data {
                DeltaData::Histogram(histogram) => found = Some(histogram.clone()),
                other => panic!("{other:?}"),
            }
            marks.push(delta.mark);
        }
    });
    if take {
        marks.into_iter().for_each(|mark| reader.take(mark));
    }
    found
}

fn distribution_in(snapshots: &Snapshots, name: &str) -> Distribution {
    match snapshots.take().find(name, &[]) {
        Some(Data::Distribution(distribution)) => distribution.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

fn positive(buckets: Option<&ExponentialBuckets>) -> Vec<(i32, u64)> {
    buckets.map_or_else(Vec::new, |buckets| buckets.positive().collect())
}

#[test]
fn a_summary_has_exponential_buckets_of_all_its_numbers() {
    let aggregator = start([summary("exponential.summary.grams")]);
    for grams in [3.0, 3.0, -3.0, 0.0, 1_000.0] {
        execute!("exponential.summary", { grams: grams });
    }
    let buckets = summary_of(&aggregator.snapshot(), "exponential.summary.grams").exponential();
    assert_eq!(buckets.positive().collect::<Vec<_>>(), [(50, 2), (318, 1)]);
    assert_eq!(buckets.negative().collect::<Vec<_>>(), [(50, 1)]);
    assert_eq!((buckets.zero_count(), buckets.count()), (1, 5));
}

#[test]
fn a_reader_of_buckets_gets_what_was_added() {
    let aggregator = start([
        summary("exponential.delta.grams"),
        distribution("exponential.delta.size").buckets([10.0]),
    ]);
    let mut reader = aggregator.reader(Needs::Buckets);
    let emit = |n: f64| execute!("exponential.delta", { grams: n, size: n });
    emit(3.0);
    emit(300.0);
    let first = delta(&mut reader, "exponential.delta.grams", true).unwrap();
    assert_eq!((first.count, first.sum), (2, Amount::Real(303.0)));
    assert_eq!(positive(first.exponential.as_ref()), [(50, 1), (263, 1)]);
    assert!(first.buckets.is_empty());
    assert!(delta(&mut reader, "exponential.delta.grams", true).is_none());
    emit(3.0);
    for take in [false, true] {
        let again = delta(&mut reader, "exponential.delta.grams", take).unwrap();
        assert_eq!((again.count, again.sum), (1, Amount::Real(3.0)));
        assert_eq!(positive(again.exponential.as_ref()), [(50, 1)]);
    }
    // Of a distribution nobody asked for more than its own.
    let size = delta(&mut reader, "exponential.delta.size", true).unwrap();
    assert_eq!((size.count, &size.buckets[..]), (3, &[2, 1][..]));
    assert_eq!(size.exponential, None);
}

#[test]
fn distributions_keep_exponential_buckets_once_somebody_asks() {
    let aggregator = start([distribution("exponential.asked.size").buckets([10.0])]);
    let emit = |n: f64| execute!("exponential.asked", { size: n });
    emit(2.9);
    emit(3.1);
    let plain = aggregator.snapshots();
    assert_eq!(
        distribution_in(&plain, "exponential.asked.size").exponential,
        None
    );
    let snapshots = aggregator.snapshots().with_exponential();
    let mut reader = aggregator.reader(Needs::Exponential);
    let now = || distribution_in(&snapshots, "exponential.asked.size").exponential;
    // Those of before are all at their mean.
    assert_eq!(positive(now().as_ref()), [(50, 2)]);
    let first = delta(&mut reader, "exponential.asked.size", true).unwrap();
    assert_eq!(positive(first.exponential.as_ref()), [(50, 2)]);
    emit(300.0);
    assert_eq!(positive(now().as_ref()), [(50, 2), (263, 1)]);
    let second = delta(&mut reader, "exponential.asked.size", true).unwrap();
    assert_eq!(positive(second.exponential.as_ref()), [(263, 1)]);
    assert_eq!((second.count, &second.buckets[..]), (1, &[0, 1][..]));
    assert_eq!(
        distribution_in(&plain, "exponential.asked.size").exponential,
        None
    );
}

/// Whatever is in flight: no bucket ever falls, and in the end all is there.
#[test]
fn buckets_never_fall_while_threads_count() {
    const EACH: u64 = 20_000;
    const THREADS: u64 = 3;
    let aggregator = start([distribution("exponential.threads.size").buckets([10.0])]);
    let emit = |n: u64| execute!("exponential.threads", { size: 1 + n % 40 });
    // Some come before anybody asks.
    (0..1_000).for_each(emit);
    let done = AtomicBool::new(false);
    let (added, last) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| scope.spawn(|| (0..EACH).for_each(emit)))
            .collect();
        let watching = scope.spawn(|| watch(&aggregator, &done));
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        done.store(true, Ordering::Release);
        watching.join().unwrap()
    });
    assert_eq!(last, 1_000 + THREADS * EACH);
    assert_eq!(added, last);
}

/// How many numbers deltas have told, and how many a snapshot.
fn watch(aggregator: &Aggregator, done: &AtomicBool) -> (u64, u64) {
    let name = "exponential.threads.size";
    let snapshots = aggregator.snapshots().with_exponential();
    let mut reader = aggregator.reader(Needs::Exponential);
    let mut added = 0;
    let mut before = Vec::new();
    loop {
        let is_last = done.load(Ordering::Acquire);
        let now = positive(distribution_in(&snapshots, name).exponential.as_ref());
        for (index, count) in &before {
            let held = now.iter().find(|(one, _)| one == index);
            assert!(
                held.is_some_and(|(_, now)| now >= count),
                "{index} had {count}"
            );
        }
        let delta = delta(&mut reader, name, true).and_then(|delta| delta.exponential);
        added += delta.map_or(0, |delta| delta.count());
        if is_last {
            return (added, now.iter().map(|(_, count)| count).sum());
        }
        before = now;
    }
}

#[test]
fn deltas_by_buckets_have_examples_and_take_new_ones() {
    let aggregator = start([distribution("exponential.example.duration").buckets([0.1])]);
    aggregator.keep_exemplars();
    let mut reader = aggregator.reader(Needs::Buckets);
    for micros in [10, 20] {
        let context = SpanContext::new_root();
        context.in_scope(|| {
            let span = span!("exponential.example.outer", {});
            let _inside = span.enter();
            let duration = Duration::from_micros(micros);
            execute!("exponential.example", { duration });
        });
        let delta = delta(&mut reader, "exponential.example.duration", true).unwrap();
        let [example] = delta.exemplars[..] else {
            panic!("{delta:?}");
        };
        assert_eq!(example.value, Amount::Integer(micros as i64 * 1_000));
        assert_eq!(example.trace_id, context.trace_id());
    }
}

#[test]
fn a_delta_says_which_series_it_is_of() {
    let counter = |name: &str| {
        telemetry_metrics::counter(name)
            .event("exponential.ids.hit")
            .tags(["k"])
    };
    let aggregator = start([
        counter("exponential.ids.one"),
        counter("exponential.ids.two"),
    ]);
    let mut reader = aggregator.reader(Needs::Totals);
    let seen = |reader: &mut Reader| {
        let mut seen = Vec::new();
        reader.scan(|delta| {
            seen.push((
                delta.definition.name().to_owned(),
                delta_label(&delta),
                delta.series,
            ));
        });
        seen
    };
    execute!("exponential.ids.hit", {}, { k: 1 });
    execute!("exponential.ids.hit", {}, { k: 2 });
    let first = seen(&mut reader);
    assert_eq!(first.len(), 4);
    assert_eq!(first, seen(&mut reader));
    for (at, one) in first.iter().enumerate() {
        assert!(first[..at].iter().all(|other| other.2 != one.2));
    }
}
