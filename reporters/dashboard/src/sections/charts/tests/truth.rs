//! Numbers against arithmetic, and against what a scrape would say.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{Data, Unit, counter, distribution, last_value, sum, summary};

use super::super::scale::rounded;
use super::*;

const BOUNDS: [f64; 4] = [0.005, 0.05, 0.5, 5.0];

/// Until the slots hold what was emitted: sixty of a second, of which the newest is not over.
fn watched(stage: &Stage, at: usize, stat: &str) -> Json {
    let key = ChartKey {
        stat: Some(stat.to_owned()),
        ..stage.key(at)
    };
    let mut shown = stage.open(&key);
    let end = stage.newest();
    shown.until(stage, |card| {
        let held = card["lines"][0]["values"].as_array().map_or(0, Vec::len);
        (held * 100) as u64 > end
    })
}

/// What all slots of a rate add up to.
fn added_up(card: &Json, key: &str) -> f64 {
    let step = card["step"].as_f64().unwrap() / 1_000.0;
    line(card, key).into_iter().flatten().sum::<f64>() * step
}

/// As Prometheus' `histogram_quantile` has it, from cumulative counts by upper bounds.
fn histogram_quantile(q: f64, cumulative: &[u64]) -> f64 {
    let rank = q * cumulative[cumulative.len() - 1] as f64;
    let at = cumulative.iter().position(|count| *count as f64 >= rank);
    let at = at.unwrap();
    if at == BOUNDS.len() {
        return BOUNDS[at - 1];
    }
    let (begin, before) = match at {
        0 => (0.0, 0),
        at => (BOUNDS[at - 1], cumulative[at - 1]),
    };
    let within = (rank - before as f64) / (cumulative[at] - before) as f64;
    begin + (BOUNDS[at] - begin) * within
}

/// The counts of a heat map by its rows.
fn rows(card: &Json) -> Vec<u64> {
    let edges = card["heat"]["edges"].as_array().unwrap().len();
    let mut rows = vec![0; edges - 1];
    let columns = card["heat"]["columns"].as_array().unwrap().iter();
    for column in columns.filter_map(Json::as_array) {
        assert_eq!(column.len(), rows.len());
        for (row, count) in rows.iter_mut().zip(column) {
            *row += count.as_u64().unwrap();
        }
    }
    rows
}

#[test]
fn counts_and_sums_are_those_of_arithmetic_and_of_a_scrape() {
    let stage = stage([
        counter("charts_truth.all.count").tags(["route"]),
        sum("charts_truth.all.bytes").bytes().tags(["route"]),
        sum("charts_truth.all.time").seconds().tags(["route"]),
        sum("charts_truth.all.balance").up_down(),
        sum("charts_truth.all.requests").unit(Unit::Other("requests")),
    ]);
    let (mut bytes, mut nanos, mut balance) = (0_u64, 0_u64, 0_i64);
    for n in 0..500_u64 {
        let (size, time) = (n * 1_000_003, Duration::from_nanos(n * 7_919 + 1));
        let change = if n % 3 == 0 { -5 } else { 2 };
        (bytes, nanos, balance) = (bytes + size, nanos + n * 7_919 + 1, balance + change);
        execute!(
            "charts_truth.all",
            { bytes: size, time, balance: change, requests: 2 },
            { route: n % 5 }
        );
    }
    stage.wait(1);
    let seconds = nanos as f64 / 1e9;
    let expected = [
        (500.0, "per second"),
        (bytes as f64, "bytes per second"),
        (seconds, "seconds per second"),
        (balance as f64, "per second"),
        (1_000.0, "requests per second"),
    ];
    for (at, (expected, unit)) in expected.into_iter().enumerate() {
        let near = |found: f64| (found - expected).abs() <= expected.abs() * 1e-5;
        let card = watched(&stage, at, "rate");
        assert_eq!(card["unit"], json!(unit), "{at}");
        let key = card["lines"][0]["key"].as_str().unwrap();
        assert!(near(added_up(&card, key)), "{at}: {card:#}");
        let of_series: f64 = (card["lines"].as_array().unwrap().iter())
            .filter(|line| line["role"] == json!("series"))
            .map(|line| added_up(&card, line["key"].as_str().unwrap()))
            .sum();
        assert!(of_series == 0.0 || near(of_series), "{at}: {of_series}");
        for label in ["since start", "in range"] {
            assert!(
                near(figure(&card, label).unwrap()),
                "{at}: {label} {card:#}"
            );
        }
        let card = watched(&stage, at, "total");
        let key = card["lines"][0]["key"].as_str().unwrap();
        assert!(near(newest(&card, key).unwrap()), "{at}: {card:#}");
        let scraped: f64 = (stage.aggregator.snapshot().families[at].series.iter())
            .map(|series| match series.data {
                Data::Counter(count) => count as f64,
                Data::Sum(sum) if at == 2 => sum.as_f64() / 1e9,
                Data::Sum(sum) => sum.as_f64(),
                _ => panic!("{series:?}"),
            })
            .sum();
        assert!(near(scraped), "{at}: {scraped}");
    }
}

#[test]
fn last_values_are_those_that_were_set_below_zero_too() {
    let stage = stage([
        last_value("charts_truth.level.depth").tags(["queue"]),
        last_value("charts_truth.level.celsius").unit(Unit::Other("°C")),
    ]);
    for (queue, depth, celsius) in [("a", -3.5, -40.25), ("b", 1e12, -1.0), ("c", 0.0, -7.5)] {
        execute!("charts_truth.level", { depth, celsius }, { queue });
    }
    stage.wait(1);
    let card = watched(&stage, 0, "value");
    let mut newest: Vec<_> = (card["lines"].as_array().unwrap().iter())
        .map(|line| {
            (
                line["label"].as_str().unwrap(),
                newest(&card, line["key"].as_str().unwrap()),
            )
        })
        .collect();
    newest.sort_by_key(|(label, _)| *label);
    assert_eq!(
        newest,
        [("a", Some(-3.5)), ("b", Some(1e12)), ("c", Some(0.0))]
    );
    assert_eq!(figure(&card, "lowest"), Some(-3.5));
    assert_eq!(figure(&card, "highest"), Some(1e12));
    let card = watched(&stage, 1, "value");
    assert_eq!(figure(&card, "now"), Some(-7.5));
    assert_eq!(card["unit"], json!("°C"));
}

#[test]
fn zeros_and_negative_numbers_have_a_row_below_the_others() {
    let stage = stage([
        summary("charts_truth.zeros.n"),
        summary("charts_truth.zeros.mixed"),
        summary("charts_truth.zeros.negative"),
    ]);
    for mixed in [0, 0, 1, 3] {
        execute!("charts_truth.zeros", { n: 0, mixed, negative: mixed - 2 });
    }
    let edges = |card: &Json| card["heat"]["edges"].clone();
    let card = watched(&stage, 0, "heat");
    assert_eq!((edges(&card), rows(&card)), (json!([null, 0]), vec![4]));
    let card = watched(&stage, 1, "heat");
    let root = rounded(std::f64::consts::SQRT_2);
    let expected = json!([0, 1, root, 2, 2.82843, 4]);
    assert_eq!((edges(&card), rows(&card)), (expected, vec![2, 1, 0, 0, 1]));
    let card = watched(&stage, 2, "heat");
    let expected = json!([null, 1, root]);
    assert_eq!((edges(&card), rows(&card)), (expected, vec![3, 1]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]
    #[test]
    fn heat_maps_count_what_a_scrape_counts_and_quantiles_are_those_of_prometheus(
        millis in prop::collection::vec(0_u64..20_000, 1..200),
    ) {
        let metric = distribution("charts_truth.heat.duration").tags(["route"]);
        let stage = stage([metric.buckets(BOUNDS), summary("charts_truth.heat.duration")]);
        for millis in &millis {
            let duration = Duration::from_millis(*millis);
            execute!("charts_truth.heat", { duration }, { route: millis % 3 });
        }
        stage.wait(1);
        let mut counts = [0_u64; 5];
        for millis in &millis {
            let seconds = *millis as f64 / 1e3;
            counts[BOUNDS.partition_point(|bound| *bound < seconds)] += 1;
        }
        let mut scraped = [0_u64; 5];
        for series in &stage.aggregator.snapshot().families[0].series {
            let Data::Distribution(distribution) = &series.data else { panic!("{series:?}") };
            for (all, count) in scraped.iter_mut().zip(&distribution.buckets) {
                *all += count;
            }
        }
        prop_assert_eq!(scraped, counts);
        let card = watched(&stage, 0, "heat");
        prop_assert_eq!(rows(&card), counts);
        let cumulative: Vec<u64> = counts
            .iter()
            .scan(0, |all, count| { *all += count; Some(*all) })
            .collect();
        for (label, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            let expected = histogram_quantile(q, &cumulative);
            let found = figure(&card, label).unwrap();
            prop_assert!((found - expected).abs() <= expected * 1e-5, "{label} {found} {expected}");
        }
        let mean = millis.iter().sum::<u64>() as f64 / millis.len() as f64 / 1e3;
        let found = figure(&card, "mean").unwrap();
        prop_assert!((found - mean).abs() <= mean * 1e-5, "{found} {mean}");
        // A summary's lines are within its error of the numbers themselves.
        let card = watched(&stage, 1, "heat");
        prop_assert_eq!(rows(&card).iter().sum::<u64>(), millis.len() as u64);
        let mut sorted = millis.clone();
        sorted.sort_unstable();
        for (label, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            let rank = ((q * sorted.len() as f64).ceil() as usize).clamp(1, sorted.len());
            let expected = sorted[rank - 1] as f64 / 1e3;
            let found = figure(&card, label).unwrap();
            prop_assert!((found - expected).abs() <= expected * 0.0109, "{label} {found} {expected}");
        }
    }
}
