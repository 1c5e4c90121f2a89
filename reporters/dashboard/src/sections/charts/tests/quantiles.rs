//! Quantiles and heat maps: from merged buckets.

use std::time::Duration;

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{distribution, summary};

use super::super::{Line, Number, Of, Role, Spec};
use super::*;

const FAST: Duration = Duration::from_millis(10);
const SLOW: Duration = Duration::from_secs(1);

fn is_about(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() <= expected * 0.011)
}

#[test]
fn quantiles_of_a_range_are_of_all_its_numbers_and_no_average() {
    let stage = stage([summary("charts_quantiles.range.duration").tags(["route"])]);
    // Many fast ones in one second and one route, a single slow one in the others.
    for _ in 0..99 {
        execute!("charts_quantiles.range", { duration: FAST }, { route: "/fast" });
    }
    stage.wait(110);
    execute!("charts_quantiles.range", { duration: SLOW }, { route: "/slow" });
    stage.wait(110);
    let mut shown = stage.open(&stage.key(0));
    let card = shown.until(&stage, |card| {
        line(card, "p50").iter().flatten().count() == 2
    });
    assert_eq!(card["stat"], json!("quantiles"));
    assert_eq!(card["unit"], json!("seconds"));
    // The mean of the two seconds' medians would be half a second.
    assert!(is_about(figure(&card, "p50"), 0.01), "{card:#}");
    assert!(is_about(figure(&card, "p95"), 0.01));
    assert_eq!(figure(&card, "mean"), Some((99.0 * 0.01 + 1.0) / 100.0));
    let p50: Vec<_> = line(&card, "p50").into_iter().flatten().collect();
    assert!(
        is_about(Some(p50[0]), 0.01) && is_about(Some(p50[1]), 1.0),
        "{p50:?}"
    );
    let largest = line(&card, "max").into_iter().flatten().fold(0.0, f64::max);
    assert!(is_about(Some(largest), 1.0));
    let roles = card["lines"].as_array().unwrap().iter();
    assert!(
        roles
            .map(|line| &line["role"])
            .all(|role| *role == json!("quantile"))
    );
}

#[test]
fn quantiles_of_all_series_are_of_all_their_numbers_too() {
    let stage = stage([summary("charts_quantiles.series.duration").tags(["route"])]);
    for _ in 0..97 {
        execute!("charts_quantiles.series", { duration: FAST }, { route: "/fast" });
    }
    for _ in 0..3 {
        execute!("charts_quantiles.series", { duration: SLOW }, { route: "/slow" });
    }
    stage.wait(1);
    let spec = Spec::new("one", "", Range(60));
    let of = Of::all(&stage.definition(0));
    let spec = spec.line(Line::new(
        "p95",
        "",
        Role::Total,
        of,
        Number::Quantile(0.95),
    ));
    let mut drawn = Drawn::new(short(spec, 600, 6_000));
    while stage.newest() < 600 {
        stage.wait(10);
    }
    drawn.advance(&stage.moment());
    // That of one route is 10 ms and of the other a second.
    let p95 = line(&drawn.card, "p95").into_iter().flatten().next();
    assert!(is_about(p95, 0.01), "{p95:?}");
}

#[test]
fn a_heat_map_counts_by_bucket_and_goes_on() {
    let metric = distribution("charts_quantiles.heat.duration").tags(["route"]);
    let stage = stage([metric.buckets([0.005, 0.05, 0.5])]);
    let mut shown = stage.open(&stage.key(0));
    shown.advance(&stage);
    for millis in [1, 5, 6, 400, 600, 700] {
        let duration = Duration::from_millis(millis);
        execute!("charts_quantiles.heat", { duration }, { route: millis });
    }
    stage.wait(1);
    let counted = |card: &Json| {
        let columns = card["heat"]["columns"].as_array().unwrap().iter();
        let mut all = [0_u64; 4];
        for column in columns.filter_map(Json::as_array) {
            assert_eq!(column.len(), 4);
            for (all, count) in all.iter_mut().zip(column) {
                *all += count.as_u64().unwrap();
            }
        }
        all
    };
    let card = shown.until(&stage, |card| counted(card).iter().sum::<u64>() == 6);
    assert_eq!(counted(&card), [2, 1, 1, 2]);
    assert_eq!(card["heat"]["edges"], json!([0, 0.005, 0.05, 0.5, null]));
    assert_eq!(card["stat"], json!("heat"));
    let columns = card["heat"]["columns"].as_array().unwrap().len();
    assert_eq!(line(&card, "p50").len(), columns, "on one grid");
    let deltas = shown.deltas;
    execute!("charts_quantiles.heat", { duration: FAST }, { route: "/" });
    let card = shown.until(&stage, |card| counted(card) == [2, 2, 1, 2]);
    assert!(shown.deltas > deltas);
    assert_eq!(card["lines"].as_array().unwrap().len(), 3);
}

#[test]
fn a_summary_has_a_heat_map_whose_rows_grow_with_its_numbers() {
    let stage = stage([summary("charts_quantiles.rows.size").bytes()]);
    let key = ChartKey {
        stat: Some("heat".to_owned()),
        ..stage.key(0)
    };
    let mut shown = stage.open(&key);
    for size in [1_000, 1_020] {
        execute!("charts_quantiles.rows", { size });
    }
    let counted = |card: &Json| -> u64 {
        let columns = card["heat"]["columns"].as_array().unwrap().iter();
        let cells = columns.filter_map(Json::as_array).flatten();
        cells.map(|count| count.as_u64().unwrap()).sum()
    };
    let card = shown.until(&stage, |card| counted(card) == 2);
    let edges = |card: &Json| -> Vec<f64> {
        let edges = card["heat"]["edges"].as_array().unwrap().iter();
        edges.map(|edge| edge.as_f64().unwrap()).collect()
    };
    assert_eq!(edges(&card), [724.077, 1_024.0]);
    for size in [5_000, 100] {
        execute!("charts_quantiles.rows", { size });
    }
    let card = shown.until(&stage, |card| counted(card) == 4);
    let edges = edges(&card);
    assert!(
        edges[0] <= 100.0 && edges[edges.len() - 1] >= 5_000.0,
        "{edges:?}"
    );
    assert!(edges.windows(2).all(|pair| pair[0] < pair[1]));
    let columns = card["heat"]["columns"].as_array().unwrap().iter();
    let rows: Vec<_> = columns.filter_map(Json::as_array).map(Vec::len).collect();
    assert!(
        rows.iter().all(|rows| rows + 1 == edges.len()),
        "{rows:?} {edges:?}"
    );
}
