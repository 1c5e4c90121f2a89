//! Exemplars: which numbers become one, and of which span.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use telemetry::{SpanContext, SpanId, TraceId, execute, span};
use telemetry_metrics::{
    Aggregator, Amount, Data, Exemplar, Kind, Needs, Snapshot, distribution, summary,
};

use crate::support::*;

/// A context whose ids are these numbers.
fn context(trace: u64, span: u64, is_sampled: bool) -> SpanContext {
    let trace = TraceId::new(u128::from(trace)).expect("not zero");
    let span = SpanId::new(span).expect("not zero");
    SpanContext::new(trace, span, is_sampled)
}

/// What the only distribution of this name shows.
fn exemplars(snapshot: &Snapshot, name: &str) -> Vec<Option<Exemplar>> {
    distribution_of(snapshot, name).exemplars
}

/// Their traces; 0 for a bucket without.
fn traces(snapshot: &Snapshot, name: &str) -> Vec<u64> {
    exemplars(snapshot, name)
        .iter()
        .map(|one| one.map_or(0, |one| one.trace_id.get() as u64))
        .collect()
}

#[test]
fn there_are_none_unless_they_are_asked_for() {
    let aggregator = start([distribution("exemplars.off.n").buckets([10])]);
    let emit = || context(1, 2, true).in_scope(|| execute!("exemplars.off", { n: 3 }));
    emit();
    assert_eq!(exemplars(&aggregator.snapshot(), "exemplars.off.n"), []);
    aggregator.keep_exemplars();
    // What was counted before is not one.
    let now = exemplars(&aggregator.snapshot(), "exemplars.off.n");
    assert!(now.iter().all(Option::is_none));
    emit();
    assert_eq!(traces(&aggregator.snapshot(), "exemplars.off.n"), [1, 0]);
}

#[test]
fn each_bucket_has_its_own_with_the_number_the_time_and_the_span() {
    let aggregator = start([distribution("exemplars.each.run_time").buckets([
        millis(10),
        millis(100),
        millis(1_000),
    ])]);
    aggregator.keep_exemplars();
    let before = SystemTime::now();
    for (trace, time) in [(7, 10), (8, 11), (9, 5_000)] {
        context(trace, trace + 100, true).in_scope(|| {
            execute!("exemplars.each", { run_time: millis(time) });
        });
    }
    let after = SystemTime::now();
    let snapshot = aggregator.snapshot();
    assert_eq!(traces(&snapshot, "exemplars.each.run_time"), [7, 8, 0, 9]);
    let all = exemplars(&snapshot, "exemplars.each.run_time");
    for (one, time) in all.iter().flatten().zip([10, 11, 5_000]) {
        assert_eq!(one.value, Amount::Integer(time * 1_000_000));
        assert_eq!(u128::from(one.span_id.get()), one.trace_id.get() + 100);
        assert!((before..=after).contains(&one.time), "{one:?}");
    }
}

#[test]
fn only_numbers_of_sampled_spans_become_one() {
    let aggregator = start([distribution("exemplars.sampled.n").buckets([10])]);
    aggregator.keep_exemplars();
    let emit = || execute!("exemplars.sampled", { n: 1 });
    emit();
    context(1, 1, false).in_scope(emit);
    let name = "exemplars.sampled.n";
    let none = traces(&aggregator.snapshot(), name);
    assert!(none.iter().all(|trace| *trace == 0), "{none:?}");
    // Those did not use up the turn of one that is sampled.
    emit();
    context(2, 2, false).in_scope(emit);
    context(3, 3, true).in_scope(emit);
    context(4, 4, false).in_scope(emit);
    assert_eq!(traces(&aggregator.snapshot(), name), [3, 0]);
    // What is not sampled takes no place either.
    context(5, 5, false).in_scope(emit);
    emit();
    let snapshot = aggregator.snapshot();
    assert_eq!(traces(&snapshot, name), [3, 0]);
    assert_eq!(distribution_of(&snapshot, name).count, 8);
}

#[test]
fn the_end_of_a_span_is_an_example_of_that_span() {
    let aggregator = start([distribution("exemplars.span.stop.duration")]);
    aggregator.keep_exemplars();
    let inside = span!("exemplars.span").in_scope(SpanContext::current);
    let inside = inside.expect("a span has a context");
    let all = exemplars(&aggregator.snapshot(), "exemplars.span.stop.duration");
    let kept: Vec<_> = all.iter().flatten().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].trace_id, inside.trace_id());
    assert_eq!(kept[0].span_id, inside.span_id());
}

#[test]
fn between_two_snapshots_the_first_is_kept_and_the_next_snapshot_has_another() {
    let aggregator = start([distribution("exemplars.turns.n").buckets([10])]);
    aggregator.keep_exemplars();
    let emit = |trace: u64, n: u64| {
        context(trace, trace, true).in_scope(|| execute!("exemplars.turns", { n }));
    };
    let seen = || traces(&aggregator.snapshot(), "exemplars.turns.n");
    emit(1, 1);
    emit(2, 1);
    emit(3, 100);
    assert_eq!(seen(), [1, 3]);
    // Nothing came: they are the newest still.
    assert_eq!(seen(), [1, 3]);
    emit(4, 1);
    assert_eq!(seen(), [4, 3]);
    emit(5, 100);
    emit(6, 100);
    emit(7, 1);
    assert_eq!(seen(), [7, 5]);
}

#[test]
fn series_and_definitions_have_their_own_and_readers_of_values_change_nothing() {
    let aggregator = start([
        distribution("exemplars.own.n").tags(["k"]).buckets([10]),
        distribution("exemplars.own.m").tags(["k"]).buckets([10]),
        summary("exemplars.own.n").tags(["k"]),
    ]);
    let mut reader = aggregator.reader(Needs::Values);
    aggregator.keep_exemplars();
    for (trace, k, n, m) in [(1, "a", 1, 50), (2, "b", 50, 1), (3, "a", 50, 50)] {
        context(trace, trace, true).in_scope(|| execute!("exemplars.own", { n, m }, { k }));
    }
    let snapshot = aggregator.snapshot();
    let of = |name: &str, tags: &str| -> Vec<u64> {
        let family = family(&snapshot, Kind::Distribution, name);
        let series = family.series.iter().find(|one| label(family, one) == tags);
        let Some(Data::Distribution(one)) = series.map(|one| &one.data) else {
            panic!("{name} of {tags}");
        };
        let trace = |one: &Option<Exemplar>| one.map_or(0, |one| one.trace_id.get() as u64);
        one.exemplars.iter().map(trace).collect()
    };
    assert_eq!(of("exemplars.own.n", "k=a"), [1, 3]);
    assert_eq!(of("exemplars.own.n", "k=b"), [0, 2]);
    assert_eq!(of("exemplars.own.m", "k=a"), [0, 1]);
    assert_eq!(of("exemplars.own.m", "k=b"), [2, 0]);
    let counts: u64 = parts(&mut reader).iter().map(|part| part.count).sum();
    assert_eq!(counts, 9);
}

/// Each number says which trace it belongs to, so one that was put together of two would show.
#[test]
fn threads_that_come_at_once_never_mix_theirs_nor_lose_a_count() {
    const THREADS: usize = 6;
    const EVENTS: u64 = 3_000;
    let aggregator = start([distribution("exemplars.threads.bytes").bytes().buckets([
        EVENTS,
        2 * EVENTS,
        4 * EVENTS,
    ])]);
    aggregator.keep_exemplars();
    let (done, different) = (AtomicBool::new(false), AtomicU64::new(0));
    let emitted = [const { AtomicU64::new(0) }; 4];
    let name = "exemplars.threads.bytes";
    let watch = |aggregator: &Aggregator| {
        let mut last = 0;
        while !done.load(Ordering::SeqCst) {
            for (bucket, one) in exemplars(&aggregator.snapshot(), name).iter().enumerate() {
                let Some(one) = one else { continue };
                let bytes = one.value.as_f64() as u64;
                assert_eq!(one.trace_id.get(), u128::from(bytes));
                assert_eq!(one.span_id.get(), bytes * 2);
                let bounds = [0, EVENTS, 2 * EVENTS, 4 * EVENTS, u64::MAX];
                assert!(bytes > bounds[bucket] && bytes <= bounds[bucket + 1]);
                if bytes != last {
                    different.fetch_add(1, Ordering::SeqCst);
                }
                last = bytes;
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| watch(&aggregator));
        scope.spawn(|| watch(&aggregator));
        let _ends = Ends(&done);
        together(THREADS, |thread| {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                for n in 1..=EVENTS {
                    let bytes = thread as u64 * EVENTS + n;
                    context(bytes, bytes * 2, true).in_scope(|| {
                        execute!("exemplars.threads", { bytes });
                    });
                }
                // One bucket for each of the first two threads, and then for two each.
                emitted[[0, 1, 2, 2, 3, 3][thread]].fetch_add(EVENTS, Ordering::SeqCst);
                // Until enough snapshots were taken meanwhile.
                if different.load(Ordering::SeqCst) > 4 || Instant::now() > deadline {
                    break;
                }
            }
        });
    });
    let snapshot = aggregator.snapshot();
    let buckets = distribution_of(&snapshot, name).buckets;
    assert_eq!(buckets, emitted.map(AtomicU64::into_inner));
    assert!(exemplars(&snapshot, name).iter().all(Option::is_some));
    assert!(different.load(Ordering::SeqCst) > 4);
}

#[test]
fn a_series_that_comes_back_has_no_examples_of_the_old_one() {
    let aggregator = Aggregator::builder()
        .metrics([distribution("exemplars.expired.n")
            .tags(["k"])
            .buckets([10])])
        .expire_after(Duration::from_millis(10))
        .start()
        .unwrap_or_else(|error| panic!("{error}"));
    aggregator.keep_exemplars();
    let emit = || execute!("exemplars.expired", { n: 1 }, { k: "a" });
    let of_a = || {
        let snapshot = aggregator.snapshot();
        match snapshot.find("exemplars.expired.n", &[("k", "a")]) {
            Some(Data::Distribution(one)) => Some(one.exemplars.iter().flatten().count()),
            _ => None,
        }
    };
    crate::expiry::until("there is an example", || {
        context(1, 1, true).in_scope(emit);
        of_a() == Some(1)
    });
    crate::expiry::until("the series is gone", || of_a().is_none());
    crate::expiry::until("the series is back", || {
        emit();
        of_a().is_some_and(|count| count == 0)
    });
}
