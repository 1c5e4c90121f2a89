//! Series that go and come back while many threads count in them: what readers have taken in the end
//! is what was emitted, exactly.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::{
    Aggregator, DeltaData, Kind, Metric, Needs, Reader, counter, distribution, last_value, sum,
    summary,
};

use crate::expiry::{start_expiring, until};
use crate::support::*;

/// What a reporter has delivered of all series together.
#[derive(Debug, Default)]
struct Delivered {
    counter: u64,
    sum: i64,
    summary: u64,
    distribution: u64,
    /// Of totals, what summaries and distributions add up to.
    summary_sum: i64,
    distribution_sum: i64,
    /// Of values, their means times their counts.
    summary_weighed: f64,
    distribution_weighed: f64,
    last_values: u64,
}

struct Reporter {
    reader: Reader,
    random: Random,
    delivered: Delivered,
}

impl Reporter {
    fn new(aggregator: &Aggregator, needs: Needs) -> Self {
        Self {
            reader: aggregator.reader(needs),
            random: Random::new(needs as u64 + 11),
            delivered: Delivered::default(),
        }
    }

    /// One flush; unless `all`, half of it does not arrive, and some of it in part. Whether there
    /// was anything.
    fn flush(&mut self, all: bool) -> bool {
        let scanned = scan(&mut self.reader);
        let any = !scanned.is_empty();
        for one in scanned {
            if !all && self.random.one_in(2) {
                continue;
            }
            let to = &mut self.delivered;
            let is_summary = one.name.ends_with("wait_time");
            match one.data {
                DeltaData::Counter(count) => to.counter += count,
                DeltaData::Sum(amount) => to.sum += amount.as_f64() as i64,
                DeltaData::LastValue(_) => to.last_values += 1,
                DeltaData::Totals {
                    count,
                    sum,
                    buckets,
                } => {
                    let sum = sum.as_f64() as i64;
                    if is_summary {
                        to.summary += count;
                        to.summary_sum += sum;
                    } else {
                        assert_eq!(buckets.iter().sum::<u64>(), count);
                        to.distribution += count;
                        to.distribution_sum += sum;
                    }
                }
                DeltaData::Values(parts) => {
                    let whole = all || self.random.one_in(2);
                    for part in parts {
                        let some = if whole {
                            part.count
                        } else {
                            self.random.below(part.count + 1)
                        };
                        let weighed = part.value * some as f64;
                        if is_summary {
                            to.summary += some;
                            to.summary_weighed += weighed;
                        } else {
                            to.distribution += some;
                            to.distribution_weighed += weighed;
                        }
                        self.reader.take(part.mark.of(some));
                    }
                    continue;
                }
                other => panic!("{other:?}"),
            }
            self.reader.take(one.mark);
        }
        any
    }

    /// Flushes until nothing is left.
    fn finish(&mut self) {
        until("everything is delivered", || !self.flush(true));
    }
}

fn metrics(event: &str, max_series: usize) -> Vec<Metric> {
    [
        counter(format!("{event}.count")),
        sum(format!("{event}.bytes")).bytes(),
        summary(format!("{event}.wait_time")),
        distribution(format!("{event}.run_time")),
        last_value(format!("{event}.bytes")).bytes(),
    ]
    .into_iter()
    .map(|metric| metric.tags(["k"]).max_series(max_series))
    .collect()
}

/// What was emitted.
#[derive(Debug, Default)]
struct Emitted {
    events: AtomicU64,
    sum: AtomicU64,
}

impl Emitted {
    fn note(&self, n: u64) {
        self.events.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(n, Ordering::Relaxed);
    }

    fn check(&self, reporter: &Reporter, needs: Needs) {
        let events = self.events.load(Ordering::SeqCst);
        let sum = self.sum.load(Ordering::SeqCst) as i64;
        let what = format!("{needs:?}: {:?} of {self:?}", reporter.delivered);
        let delivered = &reporter.delivered;
        assert_eq!(delivered.counter, events, "{what}");
        assert_eq!(delivered.sum, sum, "{what}");
        assert_eq!(delivered.summary, events, "{what}");
        assert_eq!(delivered.distribution, events, "{what}");
        assert!(delivered.last_values > 0, "{what}");
        if needs == Needs::Totals {
            assert_eq!(delivered.summary_sum, sum * 1_000, "{what}");
            assert_eq!(delivered.distribution_sum, sum * 1_000, "{what}");
        } else {
            let nanos = sum as f64 * 1e3;
            assert!(close(delivered.summary_weighed, nanos, 0.022), "{what}");
            assert!(
                close(delivered.distribution_weighed, nanos, 0.022),
                "{what}"
            );
        }
    }
}

/// Few series, each of which is about to go whenever it is counted in. The reader is the only one to
/// sweep, so it is never let go, however short the time.
#[test]
fn an_event_that_meets_a_series_on_its_way_out_is_not_lost() {
    const EVENTS: u64 = 3_000;
    for needs in [Needs::Totals, Needs::Values] {
        let metrics = metrics("expiry_threads.race", 6);
        let aggregator = start_expiring(Duration::from_micros(100), metrics);
        let mut reporter = Reporter::new(&aggregator, needs);
        let (emitted, done) = (Emitted::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let (reporter, done) = (&mut reporter, &done);
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    let _ = reporter.flush(false);
                }
                reporter.finish();
            });
            let _ends = Ends(done);
            together(5, |thread| {
                let mut random = Random::new(thread as u64 + 1);
                for n in 1..=EVENTS {
                    let time = Duration::from_micros(n);
                    let k = random.below(8);
                    execute!(
                        "expiry_threads.race",
                        { bytes: n, wait_time: time, run_time: time },
                        { k }
                    );
                    emitted.note(n);
                    let pause = Duration::from_micros(random.below(200));
                    let begun = Instant::now();
                    while begun.elapsed() < pause {
                        std::thread::yield_now();
                    }
                }
            });
        });
        emitted.check(&reporter, needs);
        let snapshot = aggregator.snapshot();
        let tags = [("metric", "expiry_threads.race.count")];
        let expired = own(&snapshot, "telemetry.metric.expired", &tags);
        assert!(expired > 100, "{expired} series went");
    }
}

/// A hundred thousand series, one after the other, in fifty places.
#[test]
fn any_number_of_series_share_few_places_one_after_the_other() {
    const THREADS: usize = 4;
    const SERIES: u64 = 25_000;
    const NAME: &str = "expiry_threads.churn";
    let aggregator = start_expiring(millis(100), metrics(NAME, 50));
    let mut totals = Reporter::new(&aggregator, Needs::Totals);
    let mut values = Reporter::new(&aggregator, Needs::Values);
    // It takes nothing, and goes half-way.
    let gone = aggregator.reader(Needs::Totals);
    let (emitted, done, flushes) = (
        Emitted::default(),
        AtomicBool::new(false),
        AtomicU64::new(0),
    );
    std::thread::scope(|scope| {
        let (emitted, done, flushes) = (&emitted, &done, &flushes);
        for reporter in [&mut totals, &mut values] {
            scope.spawn(move || {
                while !done.load(Ordering::SeqCst) {
                    let _ = reporter.flush(false);
                    flushes.fetch_add(1, Ordering::SeqCst);
                    // As reporters do: not without a pause.
                    std::thread::sleep(millis(2));
                }
                reporter.finish();
            });
        }
        let watched = &aggregator;
        scope.spawn(move || {
            let mut gone = Some(gone);
            while !done.load(Ordering::SeqCst) {
                let snapshot = watched.snapshot();
                let series = &family(&snapshot, Kind::Counter, "expiry_threads.churn.count").series;
                assert!(series.len() <= 51, "{}", series.len());
                if let Some(reader) = &mut gone {
                    let _ = scan(reader);
                }
                if emitted.events.load(Ordering::SeqCst) > THREADS as u64 * SERIES {
                    gone = None;
                }
                std::thread::sleep(millis(3));
            }
        });
        let _ends = Ends(done);
        together(THREADS, |thread| {
            let mut random = Random::new(thread as u64 + 1);
            for n in 1..=SERIES {
                let new = thread as u64 * SERIES + n;
                // A new one, and one that may have gone in the meantime.
                for k in [new, new, 1_000_000 + random.below(20)] {
                    let time = Duration::from_micros(n);
                    execute!(
                        "expiry_threads.churn",
                        { bytes: n, wait_time: time, run_time: time },
                        { k }
                    );
                    emitted.note(n);
                }
                if n % 250 == 0 {
                    // So that readers keep up.
                    let seen = flushes.load(Ordering::SeqCst);
                    until("readers go on", || {
                        flushes.load(Ordering::SeqCst) > seen + 12
                    });
                }
            }
        });
    });
    let snapshot = aggregator.snapshot();
    assert_eq!(own(&snapshot, "telemetry.reader.let_go", &[]), 0);
    emitted.check(&totals, Needs::Totals);
    emitted.check(&values, Needs::Values);
    let tags = [("metric", "expiry_threads.churn.count")];
    let expired = own(&snapshot, "telemetry.metric.expired", &tags);
    assert!(expired > 100, "{expired} series went");
    let overflowed = own(&snapshot, "telemetry.metric.overflowed", &tags);
    assert!(overflowed > 0 && overflowed < emitted.events.load(Ordering::SeqCst));
}
