//! Quantiles over a recent window, from the snapshots of scrapers.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use telemetry::execute;
use telemetry_metrics::history::{Window, Windows};
use telemetry_metrics::{Aggregator, Amount, Snapshot, last_value, summary};

use crate::support::start;

const WINDOW: Duration = Duration::from_secs(60);
const PLENTY: usize = 1 << 20;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The window of the only series of the first family.
fn only(windows: &Windows, snapshot: &Snapshot) -> Window {
    windows
        .get(0, &snapshot.families[0].series[0])
        .expect("a summary")
}

/// Shows a snapshot of now, said to be of `at`, and answers with the only series' window.
fn look(windows: &mut Windows, aggregator: &Aggregator, at: Instant) -> Window {
    let snapshot = aggregator.snapshot();
    windows.observe(at, &snapshot);
    only(windows, &snapshot)
}

#[test]
fn what_is_older_than_the_window_is_left_behind() {
    let aggregator = start([summary("win.left.bytes").bytes()]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    for second in 0..200 {
        execute!("win.left", { bytes: 1_000 + second });
        let window = look(&mut windows, &aggregator, begin + secs(second));
        if second > 70 {
            assert!((55..=68).contains(&window.count()), "{}", window.count());
            let oldest = window.quantile(0.0).unwrap();
            assert!(oldest > (1_000 + second - 68) as f64 * 0.98, "{oldest}");
            assert!(!window.is_since_start());
        }
    }
}

#[test]
fn a_young_series_counts_from_its_beginning() {
    let aggregator = start([summary("win.young.bytes").bytes().tags(["kind"])]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    execute!("win.young", { bytes: 1 }, { kind: "old" });
    windows.observe(begin, &aggregator.snapshot());
    windows.observe(begin + secs(60), &aggregator.snapshot());
    execute!("win.young", { bytes: 5 }, { kind: "young" });
    let snapshot = aggregator.snapshot();
    windows.observe(begin + secs(75), &snapshot);
    let [old, young] = &snapshot.families[0].series[..] else {
        panic!("two series");
    };
    assert_eq!(windows.get(0, old).unwrap().count(), 0);
    assert_eq!(windows.get(0, old).unwrap().quantile(0.5), None);
    let young = windows.get(0, young).unwrap();
    assert_eq!((young.count(), young.quantile(0.5)), (1, Some(5.0)));
    assert!(young.is_since_start());
}

#[test]
fn one_number_alone_is_exact_whatever_came_before() {
    let aggregator = start([summary("win.alone.bytes").bytes()]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    for bytes in [3, 1_000_000, 77_777] {
        execute!("win.alone", { bytes });
    }
    look(&mut windows, &aggregator, begin);
    execute!("win.alone", { bytes: 1_234_567 });
    let window = look(&mut windows, &aggregator, begin + WINDOW);
    assert_eq!(
        (window.count(), window.sum()),
        (1, Amount::Integer(1_234_567))
    );
    for q in [0.0, 0.5, 1.0] {
        assert_eq!(window.quantile(q), Some(1_234_567.0));
    }
}

#[test]
fn many_scrapers_get_what_one_would() {
    let aggregator = start([summary("win.many.bytes").bytes()]);
    let mut one = Windows::new(WINDOW, PLENTY);
    let mut many = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    for tick in 0..100u32 {
        let now = begin + secs(15) * tick;
        execute!("win.many", { bytes: 100 + tick });
        let alone = look(&mut one, &aggregator, now);
        for late in 0..20 {
            let shared = look(&mut many, &aggregator, now + Duration::from_millis(late));
            assert_eq!(shared.count(), alone.count());
            assert_eq!(shared.quantile(0.5), alone.quantile(0.5));
        }
    }
}

#[test]
fn a_late_scraper_changes_nothing_and_gets_its_answer() {
    let aggregator = start([summary("win.late.bytes").bytes().tags(["kind"])]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    execute!("win.late", { bytes: 5 }, { kind: "a" });
    let old = aggregator.snapshot();
    execute!("win.late", { bytes: 5 }, { kind: "a" });
    execute!("win.late", { bytes: 5 }, { kind: "b" });
    let new = aggregator.snapshot();
    windows.observe(begin + secs(1), &new);
    windows.observe(begin, &old);
    assert_eq!(only(&windows, &old).count(), 1);
    assert_eq!(only(&windows, &new).count(), 2);
    windows.observe(begin + secs(70), &new);
    let covered = windows.covered();
    assert_eq!(covered, Some(secs(69)));
    windows.observe(begin, &old);
    assert_eq!(windows.covered(), covered);
    // The late snapshot was taken before the window; nothing of it is in the window.
    assert_eq!(only(&windows, &old).count(), 0);
    let b = &new.families[0].series[1];
    assert!(
        !windows.get(0, b).unwrap().is_since_start(),
        "it was not forgotten"
    );
}

#[test]
fn after_an_hour_without_scrapes_the_window_is_that_hour() {
    let aggregator = start([summary("win.rare.bytes").bytes()]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    execute!("win.rare", { bytes: 1 });
    look(&mut windows, &aggregator, begin);
    assert_eq!(windows.covered(), None);
    execute!("win.rare", { bytes: 2 });
    let window = look(&mut windows, &aggregator, begin + secs(3_600));
    assert_eq!((window.count(), window.quantile(0.5)), (1, Some(2.0)));
    assert_eq!(windows.covered(), Some(secs(3_600)));
}

#[test]
fn a_series_that_is_gone_is_forgotten_and_one_that_is_back_begins_anew() {
    let aggregator = start([summary("win.back.bytes").bytes()]);
    let mut windows = Windows::new(WINDOW, PLENTY);
    let begin = Instant::now();
    execute!("win.back", { bytes: 2 });
    look(&mut windows, &aggregator, begin);
    let mut without = aggregator.snapshot();
    without.families[0].series.clear();
    windows.observe(begin + secs(100), &without);
    assert_eq!(windows.bytes(), 0);

    let mut back = aggregator.snapshot();
    back.families[0].series[0].started += secs(100);
    windows.observe(begin + secs(200), &back);
    assert!(only(&windows, &back).is_since_start());
    assert_eq!(only(&windows, &back).count(), 1);
    // Back without having been missed.
    back.families[0].series[0].started += secs(100);
    assert_eq!(only(&windows, &back).count(), 1);
    windows.observe(begin + secs(300), &back);
    assert_eq!(only(&windows, &back).count(), 1);
    windows.observe(begin + secs(400), &back);
    assert_eq!(only(&windows, &back).count(), 0);
    // Back again, and the windows have not been told.
    back.families[0].series[0].started += secs(100);
    assert_eq!(only(&windows, &back).count(), 1);
}

#[test]
fn what_does_not_fit_is_since_its_start_and_is_said() {
    let aggregator = start([summary("win.budget.bytes").bytes().tags(["n"])]);
    let budget = 20_000;
    let mut windows = Windows::new(WINDOW, budget);
    let begin = Instant::now();
    for round in 0..30u32 {
        for n in 0..100 {
            execute!("win.budget", { bytes: 1 << (n % 20 + round % 7) }, { n });
        }
        windows.observe(begin + secs(10) * round, &aggregator.snapshot());
        assert!(windows.bytes() <= budget, "{}", windows.bytes());
    }
    let left_out = windows.left_out();
    assert!((1..100).contains(&left_out), "{left_out}");
    let snapshot = aggregator.snapshot();
    let whole = snapshot.families[0].series.iter().filter(|series| {
        let window = windows.get(0, series).unwrap();
        assert_eq!(window.count() == 30, window.is_since_start());
        window.is_since_start()
    });
    assert!(whole.count() >= left_out);
}

#[test]
fn what_is_not_a_summary_has_no_window() {
    let aggregator = start([last_value("win.none.bytes").bytes()]);
    execute!("win.none", { bytes: 1 });
    let snapshot = aggregator.snapshot();
    let windows = Windows::new(Duration::ZERO, 0);
    assert!(windows.get(0, &snapshot.families[0].series[0]).is_none());
}

/// The truth: nearest rank over the numbers themselves.
fn nearest_rank(values: &mut [i64], q: f64) -> Option<f64> {
    values.sort_unstable();
    let rank = (q * values.len() as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil() as usize;
    values.get(rank.max(1) - 1).map(|value| *value as f64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_answer_as_if_every_number_had_been_kept(
        rounds in proptest::collection::vec(
            (100u64..20_000, proptest::collection::vec(-1_000_000i64..1_000_000_000, 0..12)),
            1..60,
        ),
    ) {
        let aggregator = start([summary("win.model.bytes").bytes()]);
        let mut windows = Windows::new(WINDOW, PLENTY);
        let mut now = Instant::now();
        let mut all: Vec<(Instant, i64)> = Vec::new();
        let mut longest_gap = Duration::ZERO;
        for (millis, values) in rounds {
            let gap = Duration::from_millis(millis);
            longest_gap = longest_gap.max(gap);
            now += gap;
            for bytes in values {
                execute!("win.model", { bytes });
                // Between this snapshot and the one before.
                all.push((now - gap / 2, bytes));
            }
            let snapshot = aggregator.snapshot();
            windows.observe(now, &snapshot);
            let Some(series) = snapshot.families[0].series.first() else { continue };
            let window = windows.get(0, series).unwrap();
            let begin = windows.covered().map(|covered| now - covered);
            if let Some(covered) = windows.covered() {
                prop_assert!(covered >= WINDOW * 11 / 12);
                prop_assert!(covered <= WINDOW * 25 / 24 + longest_gap);
            }
            let within = all.iter().filter(|(at, _)| begin.is_none_or(|begin| *at > begin));
            let mut within: Vec<i64> = within.map(|(_, value)| *value).collect();
            prop_assert_eq!(window.count(), within.len() as u64);
            prop_assert_eq!(window.sum(), Amount::Integer(within.iter().sum()));
            for q in [0.0, 0.01, 0.5, 0.9, 0.99, 1.0] {
                let truth = nearest_rank(&mut within, q);
                let answer = window.quantile(q);
                prop_assert_eq!(truth.is_some(), answer.is_some());
                let (truth, answer) = (truth.unwrap_or(0.0), answer.unwrap_or(0.0));
                prop_assert!((answer - truth).abs() <= truth.abs() * 0.010831, "{q}: {truth} {answer}");
            }
        }
    }

    #[test]
    fn plain_numbers_are_near_whatever_the_total_was(
        before in proptest::collection::vec(-1e18f64..1e18, 0..4),
        within in proptest::collection::vec(prop_oneof![-1e3f64..1e3, 0.001f64..0.01], 1..4),
    ) {
        let aggregator = start([summary("win.plain.n")]);
        let mut windows = Windows::new(WINDOW, PLENTY);
        let now = Instant::now();
        for n in before {
            execute!("win.plain", { n });
        }
        windows.observe(now, &aggregator.snapshot());
        for n in &within {
            execute!("win.plain", { n: *n });
        }
        let window = look(&mut windows, &aggregator, now + WINDOW);
        prop_assert_eq!(window.count(), within.len() as u64);
        let mut sorted = within;
        sorted.sort_by(f64::total_cmp);
        for (q, truth) in [(0.0, sorted[0]), (1.0, sorted[sorted.len() - 1])] {
            let answer = window.quantile(q).unwrap();
            prop_assert!((answer - truth).abs() <= truth.abs() * 0.010831, "{truth} {answer}");
        }
    }
}
