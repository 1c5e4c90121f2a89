//! Many threads emit while snapshots are taken: nothing goes backwards, and nothing is lost.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use telemetry::execute;
use telemetry_metrics::{
    Aggregator, Amount, Data, Kind, Snapshot, counter, distribution, last_value, sum, summary,
};

use crate::support::*;

const THREADS: usize = 8;

/// Emits on all threads; `watch` runs over and over on this one until they are done.
fn emit_while(emit: impl Fn(usize) + Sync, mut watch: impl FnMut()) {
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (emit, done) = (&emit, &done);
        scope.spawn(move || {
            together(THREADS, |thread| {
                emit(thread);
                done.fetch_add(1, Ordering::SeqCst);
            });
        });
        while done.load(Ordering::SeqCst) < THREADS {
            watch();
            // A panic of `watch` must not wait for ever, so nothing here waits for the emitters.
        }
    });
}

/// Numbers of one snapshot by kind, name and tags.
type Seen = HashMap<(Kind, String, String), Data>;

fn all(snapshot: &Snapshot) -> Seen {
    let mut seen = Seen::new();
    for family in &snapshot.families {
        let definition = &family.definition;
        for series in &family.series {
            let key = (
                definition.kind(),
                definition.name().to_owned(),
                label(family, series),
            );
            assert!(
                seen.insert(key, series.data.clone()).is_none(),
                "a series stands twice"
            );
        }
    }
    seen
}

fn grew(before: Amount, after: Amount) -> bool {
    after.as_f64() >= before.as_f64()
}

/// Whether `after` may follow `before`; all measurements are positive.
fn assert_follows(before: &Seen, after: &Seen) {
    for (key, then) in before {
        let now = after.get(key).unwrap_or_else(|| panic!("{key:?} is gone"));
        let fine = match (then, now) {
            (Data::Counter(then), Data::Counter(now)) => now >= then,
            (Data::Sum(then), Data::Sum(now)) => grew(*then, *now),
            (Data::Summary(then), Data::Summary(now)) => {
                now.count >= then.count
                    && grew(then.sum, now.sum)
                    && now.min <= then.min
                    && now.max >= then.max
                    && now.min <= now.max
                    // Never more numbers counted than are in the sum.
                    && now.sum.as_f64() >= now.count as f64 * now.min
            }
            (Data::Distribution(then), Data::Distribution(now)) => {
                now.count == now.buckets.iter().sum::<u64>()
                    && now
                        .buckets
                        .iter()
                        .zip(&then.buckets)
                        .all(|(now, then)| now >= then)
                    && grew(then.sum, now.sum)
            }
            (Data::LastValue(_), Data::LastValue(now)) => (0.0..8e6).contains(&now.as_f64()),
            _ => false,
        };
        assert!(fine, "{key:?}: {then:?} was followed by {now:?}");
    }
}

#[test]
fn a_snapshot_never_goes_backwards_and_the_last_one_is_exact() {
    const EVENTS: u64 = 4_000;
    let aggregator = start_unchecked([
        counter("threads.grow.count").tags(["k"]),
        sum("threads.grow.n").tags(["k"]),
        sum("threads.grow.bytes").bytes().tags(["k"]),
        last_value("threads.grow.level").tags(["k"]),
        summary("threads.grow.run_time").tags(["k"]),
        distribution("threads.grow.run_time").tags(["k"]),
        distribution("threads.grow.n").buckets([10, 1_000, 2_000]),
        counter("threads.grow.odd").keep(|event| {
            event
                .measurement("n")
                .and_then(telemetry::Number::as_u64)
                .is_some_and(|n| n % 2 == 1)
        }),
        sum("threads.grow.never"),
    ]);
    let (mut before, mut snapshots) = (Seen::new(), 0);
    emit_while(
        |thread| {
            for n in 1..=EVENTS {
                let level = thread as u64 * 1_000_000 + n;
                execute!("threads.grow", { n, bytes: n, level, run_time: millis(n) }, { k: n % 4 });
            }
        },
        || {
            let after = all(&aggregator.snapshot());
            assert_follows(&before, &after);
            before = after;
            snapshots += 1;
        },
    );
    assert!(snapshots > 1, "{snapshots} snapshots were taken meanwhile");
    let snapshot = aggregator.snapshot();
    assert_follows(&before, &all(&snapshot));

    let threads = THREADS as u64;
    for k in 0..4u64 {
        let text = k.to_string();
        let tags = [("k", &*text)];
        let numbers: Vec<u64> = (1..=EVENTS).filter(|n| n % 4 == k).collect();
        let (count, total) = (
            threads * numbers.len() as u64,
            threads * numbers.iter().sum::<u64>(),
        );
        assert_eq!(
            snapshot.find("threads.grow.count", &tags),
            Some(&Data::Counter(count))
        );
        let n = amount_of(snapshot.find("threads.grow.n", &tags));
        assert_eq!(n, Some(Amount::Real(total as f64)));
        let bytes = amount_of(snapshot.find("threads.grow.bytes", &tags));
        assert_eq!(bytes, Some(Amount::Integer(total as i64)));
        // Of whichever thread was last, but of one that has ended.
        let level = amount_of(snapshot.find("threads.grow.level", &tags))
            .unwrap()
            .as_f64();
        assert_eq!(level as u64 % 1_000_000, *numbers.last().unwrap());

        let run_time = Amount::Integer(total as i64 * 1_000_000);
        let Some(Data::Summary(summary)) = snapshot.find("threads.grow.run_time", &tags) else {
            panic!("the first of its name is the summary")
        };
        assert_eq!((summary.count, summary.sum), (count, run_time));
        assert_eq!(summary.min, numbers[0] as f64 * 1e6);
        assert_eq!(summary.max, *numbers.last().unwrap() as f64 * 1e6);
        let family = family(&snapshot, Kind::Distribution, "threads.grow.run_time");
        let series = family
            .series
            .iter()
            .find(|one| label(family, one) == format!("k={k}"));
        let Data::Distribution(distribution) = &series.unwrap().data else {
            panic!()
        };
        assert_eq!((distribution.count, distribution.sum), (count, run_time));
        // Up to 5, 10, 25, 50 … ms.
        let mut bounds = vec![0, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
        bounds.push(u64::MAX);
        let buckets: Vec<u64> = bounds
            .windows(2)
            .map(|pair| {
                let within = |n: &&u64| **n > pair[0] && **n <= pair[1];
                threads * numbers.iter().filter(within).count() as u64
            })
            .collect();
        assert_eq!(distribution.buckets, buckets);
    }
    let n = distribution_of(&snapshot, "threads.grow.n");
    assert_eq!(n.buckets, [10, 990, 1_000, 2_000].map(|n| n * threads));
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "threads.grow.odd"),
        threads * EVENTS / 2
    );
    assert_eq!(
        all_skipped(&snapshot, "threads.grow.never"),
        threads * EVENTS
    );
}

#[test]
fn plain_sums_are_exact_up_to_two_to_the_53() {
    const EVENTS: u64 = 4_000;
    const LIMIT: u64 = 1 << 53;
    let aggregator = start([sum("threads.exact.n"), summary("threads.exact.n")]);
    execute!("threads.exact", { n: LIMIT - THREADS as u64 * EVENTS });
    together(THREADS, |_| {
        for _ in 0..EVENTS {
            execute!("threads.exact", { n: 1 });
        }
    });
    let snapshot = aggregator.snapshot();
    assert_eq!(
        amount_of(snapshot.find("threads.exact.n", &[])),
        Some(Amount::Real(LIMIT as f64))
    );
    let summary = summary_of(&snapshot, "threads.exact.n");
    assert_eq!(summary.count, THREADS as u64 * EVENTS + 1);
    assert_eq!(summary.sum, Amount::Real(LIMIT as f64));
}

#[test]
fn integer_sums_are_exact_beyond_two_to_the_53() {
    let aggregator: Aggregator = start([sum("threads.large.bytes").bytes()]);
    let each = (1i64 << 55) + 1;
    together(THREADS, |_| {
        for _ in 0..20 {
            execute!("threads.large", { bytes: each });
        }
    });
    let total = amount_of(aggregator.snapshot().find("threads.large.bytes", &[]));
    assert_eq!(total, Some(Amount::Integer(each * 160)));
}

#[test]
fn skips_and_missing_tags_are_counted_exactly_too() {
    const EVENTS: u64 = 1_000;
    let aggregator = start([
        sum("threads.skip.n").tags(["k"]),
        counter("threads.skip.panics").keep(|event| {
            if event.metadata("k").is_none() {
                panic_quietly()
            }
            true
        }),
    ]);
    together(THREADS, |_| {
        for n in 0..EVENTS {
            let k = (n % 4 > 0).then_some(n % 4);
            execute!("threads.skip", { n: (n % 2 == 0).then_some(1) }, { k });
        }
    });
    let snapshot = aggregator.snapshot();
    let threads = THREADS as u64;
    assert_eq!(
        all_skipped(&snapshot, "threads.skip.n"),
        threads * EVENTS / 2
    );
    let tags = [("metric", "threads.skip.n")];
    assert_eq!(
        own(&snapshot, "telemetry.metric.tags_missing", &tags),
        threads * EVENTS / 4
    );
    assert_eq!(
        all_skipped(&snapshot, "threads.skip.panics"),
        threads * EVENTS / 4
    );
    assert_eq!(
        total_count(&snapshot, Kind::Counter, "threads.skip.panics"),
        threads * EVENTS * 3 / 4
    );
}
