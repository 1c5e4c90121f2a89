//! More threads than stripes, threads that end, and threads that emit while they end: whatever a
//! thread's way to its numbers is, nothing is lost.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Barrier, Mutex};

use telemetry::execute;
use telemetry_metrics::{
    Amount, Data, DeltaData, Kind, Metric, Needs, Reader, Snapshot, Snapshots, counter,
    distribution, last_value, sum, summary,
};

use crate::expiry::{start_expiring, until};
use crate::support::*;

/// One definition of each kind, by the tag `k`.
fn all_kinds(event: &str, max_series: usize) -> Vec<Metric> {
    [
        counter(format!("{event}.count")),
        sum(format!("{event}.n")),
        sum(format!("{event}.bytes")).bytes(),
        last_value(format!("{event}.n")),
        summary(format!("{event}.n")),
        distribution(format!("{event}.n")).buckets([2, 4]),
    ]
    .into_iter()
    .map(|metric| metric.tags(["k"]).max_series(max_series))
    .collect()
}

/// That each family has counted so many events, with measurements of this total.
fn assert_totals(snapshot: &Snapshot, event: &str, events: u64, total: u64) {
    for kind in [Kind::Counter, Kind::Summary, Kind::Distribution] {
        let name = if kind == Kind::Counter { "count" } else { "n" };
        let counted = total_count(snapshot, kind, &format!("{event}.{name}"));
        assert_eq!(counted, events, "{kind}");
    }
    let mut sums = 0;
    for family in &snapshot.families {
        if !family.definition.name().starts_with(event) {
            continue;
        }
        let amounts = family
            .series
            .iter()
            .filter_map(|series| match &series.data {
                Data::Sum(sum) => Some(sum.as_f64()),
                Data::Summary(summary) => Some(summary.sum.as_f64()),
                Data::Distribution(distribution) => Some(distribution.sum.as_f64()),
                _ => None,
            });
        let amounts: Vec<f64> = amounts.collect();
        if !amounts.is_empty() {
            sums += 1;
            assert_eq!(amounts.iter().sum::<f64>(), total as f64);
        }
    }
    assert_eq!(sums, 4);
}

#[test]
fn more_threads_than_there_are_stripes_count_exactly() {
    const THREADS: u64 = 150;
    const EVENTS: u64 = 60;
    let aggregator = start(all_kinds("leases.many", 3));
    let mut reader = aggregator.reader(Needs::Values);
    let all_there = Barrier::new(THREADS as usize);
    // All of them have emitted before one of them ends.
    together(THREADS as usize, |_| {
        for n in 1..=EVENTS {
            execute!("leases.many", { n, bytes: n }, { k: n % 6 });
            if n == EVENTS / 2 {
                all_there.wait();
            }
        }
    });
    let total = THREADS * EVENTS * (EVENTS + 1) / 2;
    assert_totals(
        &aggregator.snapshot(),
        "leases.many",
        THREADS * EVENTS,
        total,
    );
    let counts: u64 = parts(&mut reader).iter().map(|part| part.count).sum();
    assert_eq!(counts, 2 * THREADS * EVENTS);
}

#[test]
fn thousands_of_short_threads_continue_each_others_numbers() {
    const THREADS: u64 = 3_000;
    let aggregator = start(all_kinds("leases.short", 10));
    let left = AtomicU64::new(THREADS);
    // Eight at a time, so that leases go from one to the next while others count.
    together(8, |_| {
        while left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            let short = std::thread::spawn(|| {
                for n in 1..=5_u64 {
                    execute!("leases.short", { n, bytes: n }, { k: n % 2 });
                }
            });
            short.join().expect("a thread that emits");
        }
    });
    assert_totals(
        &aggregator.snapshot(),
        "leases.short",
        THREADS * 5,
        THREADS * 15,
    );
}

/// Runs something when the thread that put it here ends.
struct AtEnd(RefCell<Option<Box<dyn FnOnce()>>>);

impl AtEnd {
    const fn new() -> Self {
        Self(RefCell::new(None))
    }

    fn set(&self, work: impl FnOnce() + 'static) {
        *self.0.borrow_mut() = Some(Box::new(work));
    }
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work();
        }
    }
}

thread_local! {
    /// Set before the thread emits for the first time, it is dropped after what that makes.
    static FIRST: AtEnd = const { AtEnd::new() };
    /// Set after that, it is dropped before.
    static LAST: AtEnd = const { AtEnd::new() };
}

#[test]
fn what_threads_emit_while_they_end_is_counted() {
    const THREADS: u64 = 400;
    fn emit(k: u64) {
        execute!("leases.ending", { n: 3, bytes: 3 }, { k });
    }
    // Room for half of what is met.
    let aggregator = start(all_kinds("leases.ending", 200));
    let next = AtomicU64::new(0);
    together(4, |_| {
        loop {
            let thread = next.fetch_add(1, Ordering::SeqCst);
            if thread >= THREADS {
                break;
            }
            let ending = std::thread::spawn(move || {
                FIRST.with(|first| {
                    first.set(move || {
                        emit(thread);
                        emit(7);
                    });
                });
                // Some do nothing else; of some, the first series is met while they end.
                if thread % 3 > 0 {
                    emit(thread / 2);
                }
                if thread % 3 > 1 {
                    LAST.with(|last| last.set(move || emit(thread)));
                }
            });
            ending.join().expect("a thread that emits at its end");
            emit(thread);
        }
    });
    let events: u64 = (0..THREADS).map(|thread| 3 + thread % 3).sum();
    let snapshot = aggregator.snapshot();
    assert_totals(&snapshot, "leases.ending", events, 3 * events);
    let series = counter_counts(&aggregator, "leases.ending.count");
    assert_eq!(series.len(), 201, "all places, and the overflow series");
    assert_eq!(handler_failures("leases.ending"), 0);
}

#[test]
fn a_series_that_an_ending_thread_met_is_the_one_that_others_count_in() {
    let aggregator = start([counter("leases.met.count").tags(["k"]).max_series(1)]);
    fn emit() {
        execute!("leases.met", {}, { k: "a" });
    }
    for _ in 0..3 {
        let ending = std::thread::spawn(|| FIRST.with(|first| first.set(emit)));
        ending.join().expect("a thread that emits at its end");
    }
    emit();
    assert_eq!(
        counter_counts(&aggregator, "leases.met.count"),
        owned(&[("k=a", 4)])
    );
}

#[test]
fn series_that_ending_threads_met_expire_too() {
    let aggregator = start_expiring(millis(5), [counter("leases.gone.count").tags(["k"])]);
    let mut reader = aggregator.reader(Needs::Totals);
    let ending = std::thread::spawn(|| {
        FIRST.with(|first| first.set(|| execute!("leases.gone", {}, { k: "a" })));
        execute!("leases.gone", {}, { k: "b" });
    });
    ending.join().expect("a thread that emits at its end");
    let mut taken = 0;
    until("both series are gone", || {
        for one in scan(&mut reader) {
            assert_eq!(one.data, DeltaData::Counter(1));
            taken += 1;
            reader.take(one.mark);
        }
        counter_counts(&aggregator, "leases.gone.count").is_empty()
    });
    assert_eq!(taken, 2);
}

#[test]
fn threads_read_while_they_end() {
    static READ: Mutex<Vec<(usize, u64)>> = Mutex::new(Vec::new());
    fn read(mut reader: Reader, snapshots: &Snapshots) {
        execute!("leases.read", {}, { k: "end" });
        let scanned = scan(&mut reader);
        scanned.iter().for_each(|one| reader.take(one.mark));
        let count = total_count(&snapshots.take(), Kind::Counter, "leases.read.count");
        READ.lock().unwrap().push((scanned.len(), count));
    }
    let aggregator = start_expiring(millis(500), [counter("leases.read.count").tags(["k"])]);
    for first in [true, false] {
        let (reader, snapshots) = (aggregator.reader(Needs::Totals), aggregator.snapshots());
        let ending = std::thread::spawn(move || {
            let work = move || read(reader, &snapshots);
            if first {
                FIRST.with(|first| first.set(work));
                execute!("leases.read", {}, { k: "a" });
            } else {
                execute!("leases.read", {}, { k: "a" });
                LAST.with(|last| last.set(work));
            }
        });
        // Only one of the two took it.
        ending.join().expect("a thread that reads at its end");
    }
    assert_eq!(*READ.lock().unwrap(), [(2, 2), (2, 4)]);
}

/// What looks rows up has thread locals of its own; a program may use it, too.
#[test]
fn what_a_thread_emits_after_the_thread_locals_of_others_are_gone_is_counted() {
    let aggregator = start(all_kinds("leases.papaya", 10));
    for _ in 0..3 {
        let ending = std::thread::spawn(|| {
            FIRST.with(|first| {
                first.set(|| execute!("leases.papaya", { n: 1, bytes: 1 }, { k: "a" }));
            });
            let _ = papaya::HashMap::<u8, u8>::new().pin().get(&1);
        });
        ending.join().expect("a thread that emits at its end");
    }
    assert_eq!(handler_failures("leases.papaya"), 0);
    assert_totals(&aggregator.snapshot(), "leases.papaya", 3, 3);
}

#[test]
fn an_event_within_a_definition_of_another_is_counted_once_each() {
    let aggregator = start([
        sum("leases.nested.n").measure_with(|event| {
            let n = event.measurement("n")?;
            let left = n.as_u64()?;
            if left > 1 {
                execute!("leases.nested", { n: left - 1 });
            }
            Some(n)
        }),
        summary("leases.nested.n"),
    ]);
    together(6, |_| {
        (0..200).for_each(|_| execute!("leases.nested", { n: 5_u64 }));
    });
    let snapshot = aggregator.snapshot();
    let sum = amount_of(snapshot.find("leases.nested.n", &[]));
    assert_eq!(sum, Some(Amount::Real(1_200.0 * 15.0)));
    assert_eq!(summary_of(&snapshot, "leases.nested.n").count, 6_000);
}
