//! Readers that scan and take while eight threads emit, and that keep failing to deliver: what
//! they have taken in the end is what was counted, exactly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::{
    Aggregator, Data, DeltaData, Kind, Mark, Needs, Reader, counter, distribution, last_value, sum,
    summary,
};

use crate::expiry::until;
use crate::support::*;

const THREADS: u64 = 8;

/// What a reporter has delivered of one series.
#[derive(Debug, Default, Clone, PartialEq)]
struct Taken {
    count: u64,
    integer: i64,
    real: f64,
    buckets: Vec<u64>,
    /// Mean times count of values.
    weighed: f64,
}

/// A reporter whose deliveries fail at random.
struct Unreliable {
    reader: Reader,
    random: Random,
    taken: HashMap<(String, String), Taken>,
    old: Vec<Mark>,
    failures: u64,
}

impl Unreliable {
    fn new(aggregator: &Aggregator, needs: Needs, seed: u64) -> Self {
        Self {
            reader: aggregator.reader(needs),
            random: Random::new(seed),
            taken: HashMap::new(),
            old: Vec::new(),
            failures: 0,
        }
    }

    /// One flush, of which about half arrives; or all of it.
    fn flush(&mut self, all: bool) {
        let scanned = scan(&mut self.reader);
        // Answers to what was sent before this scan come too late to count.
        std::mem::take(&mut self.old)
            .into_iter()
            .for_each(|mark| self.reader.take(mark));
        for one in scanned {
            self.old.push(one.mark);
            if !all && self.random.one_in(2) {
                self.failures += 1;
                continue;
            }
            let taken = self.taken.entry((one.name, one.tags)).or_default();
            match one.data {
                DeltaData::Counter(count) => {
                    assert!(count > 0);
                    taken.count += count;
                }
                DeltaData::Sum(amount) => match amount {
                    telemetry_metrics::Amount::Integer(n) => taken.integer += n,
                    other => taken.real += other.as_f64(),
                },
                DeltaData::LastValue(amount) => taken.real = amount.as_f64(),
                DeltaData::Totals {
                    count,
                    sum,
                    buckets,
                } => {
                    assert!(count > 0);
                    assert!(buckets.is_empty() || buckets.iter().sum::<u64>() == count);
                    taken.count += count;
                    taken.integer += sum.as_f64() as i64;
                    taken.buckets.resize(buckets.len(), 0);
                    taken
                        .buckets
                        .iter_mut()
                        .zip(buckets)
                        .for_each(|(all, n)| *all += n);
                }
                DeltaData::Values(parts) => {
                    let whole = all || self.random.one_in(3);
                    for part in parts {
                        assert!(part.count > 0);
                        let some = if whole {
                            part.count
                        } else {
                            self.random.below(part.count + 1)
                        };
                        taken.count += some;
                        taken.weighed += part.value * some as f64;
                        if !whole {
                            // In two pieces, as two datagrams would.
                            let first = self.random.below(some + 1);
                            self.reader.take(part.mark.of(first));
                            self.reader.take(part.mark.of(some - first));
                            self.failures += u64::from(some < part.count);
                        }
                    }
                    if !whole {
                        continue;
                    }
                }
                other => panic!("{other:?}"),
            }
            self.reader.take(one.mark);
        }
    }

    fn taken(&self, name: &str, tags: &str) -> Taken {
        self.taken
            .get(&(name.to_owned(), tags.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}

/// Flushes over and over until `done`, and then once more with success.
fn run(reporter: &mut Unreliable, done: &AtomicBool, flushes: &AtomicU64) {
    while !done.load(Ordering::SeqCst) {
        reporter.flush(false);
        flushes.fetch_add(1, Ordering::SeqCst);
    }
    reporter.flush(true);
    assert!(
        scan(&mut reporter.reader).is_empty(),
        "everything was taken"
    );
}

/// Emits on eight threads while these reporters run. `late` registers one more when half of the
/// events are there.
fn emit_and_report(
    emit: impl Fn(u64, u64) + Sync,
    events: u64,
    reporters: &mut [&mut Unreliable],
    late: impl FnOnce() -> Unreliable + Send,
) -> Unreliable {
    let (done, emitted) = (AtomicBool::new(false), AtomicU64::new(0));
    let flushes: Vec<_> = reporters.iter().map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        let (done, emitted, emit) = (&done, &emitted, &emit);
        for (reporter, flushes) in reporters.iter_mut().zip(&flushes) {
            scope.spawn(move || run(reporter, done, flushes));
        }
        let late = scope.spawn(move || {
            let deadline = Instant::now() + Duration::from_secs(20);
            while emitted.load(Ordering::SeqCst) < THREADS * events / 2 {
                assert!(Instant::now() < deadline, "the emitters are stuck");
                std::thread::yield_now();
            }
            let mut late = late();
            run(&mut late, done, &AtomicU64::new(0));
            late
        });
        {
            let _ends = Ends(done);
            together(THREADS as usize, |thread| {
                for n in 1..=events {
                    emit(thread as u64, n);
                    emitted.fetch_add(1, Ordering::SeqCst);
                    if n == events / 2 {
                        // However fast this thread is, reporters are to run meanwhile.
                        for flushes in &flushes {
                            let seen = flushes.load(Ordering::SeqCst);
                            until("reporters flush", || {
                                flushes.load(Ordering::SeqCst) > seen + 5
                            });
                        }
                    }
                }
            });
        }
        late.join().expect("the late reporter")
    })
}

#[test]
fn what_unreliable_reporters_have_delivered_is_what_was_counted() {
    const EVENTS: u64 = 2_000;
    let aggregator = start([
        counter("readers_threads.all.count").tags(["k"]),
        sum("readers_threads.all.bytes").bytes().tags(["k"]),
        sum("readers_threads.all.n").tags(["k"]),
        sum("readers_threads.all.change").up_down(),
        last_value("readers_threads.all.level").tags(["k"]),
        summary("readers_threads.all.wait_time").tags(["k"]),
        distribution("readers_threads.all.run_time").tags(["k"]),
        counter("readers_threads.all.limited")
            .tags(["n"])
            .max_series(20),
    ]);
    let mut totals = Unreliable::new(&aggregator, Needs::Totals, 1);
    let mut values = Unreliable::new(&aggregator, Needs::Values, 2);
    let late = emit_and_report(
        |thread, n| {
            let time = Duration::from_micros(100 + (n * 37 + thread) % 5_000);
            execute!("readers_threads.all", {
                bytes: n,
                n,
                change: n as i64 - 1_000,
                level: n,
                wait_time: time,
                run_time: time,
            }, { k: n % 3, n });
        },
        EVENTS,
        &mut [&mut totals, &mut values],
        || Unreliable::new(&aggregator, Needs::Values, 3),
    );
    let failures = (totals.failures, values.failures);
    assert!(
        failures.0 > 0 && failures.1 > 0,
        "failed deliveries: {failures:?}"
    );

    let snapshot = aggregator.snapshot();
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "readers_threads.all.count"),
        THREADS * EVENTS
    );
    for (reporter, who) in [(&totals, "totals"), (&values, "values"), (&late, "late")] {
        let mut compared = 0;
        for family in &snapshot.families {
            let name = family.definition.name();
            if name.starts_with("telemetry.") {
                continue;
            }
            for series in &family.series {
                let tags = label(family, series);
                let taken = reporter.taken(name, &tags);
                let what = format!("{who}: {name} {tags}: {taken:?}");
                compared += 1;
                match &series.data {
                    Data::Counter(count) => assert_eq!(taken.count, *count, "{what}"),
                    Data::Sum(amount) => {
                        assert_eq!(taken.integer as f64 + taken.real, amount.as_f64(), "{what}");
                    }
                    Data::LastValue(amount) => assert_eq!(taken.real, amount.as_f64(), "{what}"),
                    Data::Summary(summary) => {
                        let sum = summary.sum.as_f64();
                        compare(who, &taken, summary.count, sum, &[], &what);
                    }
                    Data::Distribution(distribution) => {
                        let (sum, buckets) = (distribution.sum.as_f64(), &distribution.buckets);
                        compare(who, &taken, distribution.count, sum, buckets, &what);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(compared, 6 * 3 + 1 + 21);
    }
}

fn compare(who: &str, taken: &Taken, count: u64, sum: f64, buckets: &[u64], what: &str) {
    assert_eq!(taken.count, count, "{what}");
    if who == "totals" {
        assert_eq!(taken.integer as f64, sum, "{what}");
        assert_eq!(taken.buckets, buckets, "{what}");
    } else {
        // Each value is within its bucket of 2.2 %, whatever was in flight when it was read.
        assert!(close(taken.weighed, sum, 0.022), "{what} {sum}");
    }
}

/// Half of the events are there before the reader is; its first scans are in the midst of the rest.
#[test]
fn a_reader_that_comes_while_events_do_gets_all_counts_and_the_mean() {
    const EVENTS: u64 = 2_000;
    let aggregator = start([distribution("readers_threads.half.run_time")]);
    let late = emit_and_report(
        |thread, n| {
            let time = Duration::from_micros(100 + (n * 37 + thread) % 5_000);
            execute!("readers_threads.half", { run_time: time });
        },
        EVENTS,
        &mut [],
        || Unreliable::new(&aggregator, Needs::Values, 4),
    );
    let truth = distribution_of(&aggregator.snapshot(), "readers_threads.half.run_time");
    let taken = late.taken("readers_threads.half.run_time", "");
    assert_eq!(
        (truth.count, taken.count),
        (THREADS * EVENTS, THREADS * EVENTS)
    );
    assert!(
        close(taken.weighed, truth.sum.as_f64(), 0.01),
        "{taken:?} {truth:?}"
    );
}

/// What came before the reader is one part with its mean, so that lies between the smallest and
/// the largest, too.
#[test]
fn no_value_is_outside_of_what_was_measured() {
    let (small, large) = (Duration::from_micros(10), Duration::from_secs(9));
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for _ in 0..20 {
        let aggregator = start([distribution("readers_threads.late.run_time")]);
        for _ in 0..500 {
            execute!("readers_threads.late", { run_time: small });
        }
        let mut reader = aggregator.reader(Needs::Values);
        let (done, emitted) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|scope| {
            let _ends = Ends(&done);
            for _ in 0..4 {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        execute!("readers_threads.late", { run_time: large });
                        emitted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let deadline = Instant::now() + Duration::from_secs(20);
            while emitted.load(Ordering::SeqCst) < 100 && Instant::now() < deadline {
                std::thread::yield_now();
            }
            for _ in 0..20 {
                for part in parts(&mut reader) {
                    low = low.min(part.value);
                    high = high.max(part.value);
                }
            }
        });
    }
    assert!(low >= small.as_nanos() as f64 * 0.978, "{low}");
    assert!(high <= large.as_nanos() as f64 * 1.022, "{high}");
}
