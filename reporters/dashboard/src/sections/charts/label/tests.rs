//! Labels, and what is found, of series of all sorts.

use std::time::Duration;

use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, counter};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// Series of a counter with these tags.
fn series<const N: usize>(keys: [&str; N], rows: &[[&str; N]]) -> Vec<PastSeries> {
    let metric = counter("charts_label.any.count").tags(keys).unchecked();
    let aggregator = Aggregator::builder().metrics([metric]).start().unwrap();
    let history = History::builder(&aggregator).interval(Duration::from_millis(10));
    let history = history.start().unwrap();
    telemetry::execute!("charts_label.any");
    let begin = std::time::Instant::now();
    let one = loop {
        let found = history.series_of("charts_label.any.count");
        if let Some(one) = found.into_iter().next() {
            break one;
        }
        assert!(begin.elapsed() < PATIENCE);
        let _ = history.wait_for(history.newest(), PATIENCE);
    };
    let with = |row: &[&str; N]| {
        let mut one = one.clone();
        one.tags = row.map(Into::into).into_iter().collect();
        one
    };
    rows.iter().map(with).collect()
}

fn labels(series: &[PastSeries]) -> Labels {
    Labels::of(&series.iter().collect::<Vec<_>>())
}

#[test]
fn labels_are_values_and_what_all_have_is_left_out() {
    let keys = ["method", "route", "status", "outcome"];
    let all = series(
        keys,
        &[
            ["GET", "/me", "200", "ok"],
            ["POST", "/me", "", "ok"],
            ["GET", "/", "404", "ok"],
        ],
    );
    let Labels {
        labels,
        keys,
        shared,
        left_out,
    } = labels(&all);
    assert_eq!(labels, ["GET /me 200", "POST /me –", "GET / 404"]);
    assert_eq!(keys, ["method", "route", "status"]);
    assert_eq!((&*shared, &left_out[..]), ("outcome=ok", &[3][..]));
}

#[test]
fn one_series_has_all_its_values_and_one_tag_needs_no_dash() {
    let told = labels(&series(["a", "b", "c"], &[["x", "", "7"]]));
    assert_eq!(told.labels, ["x – 7"]);
    assert_eq!(told.keys, ["a", "b", "c"]);
    let told = labels(&series(["route"], &[["/"], [""]]));
    assert_eq!(told.labels, ["/", "no route"]);
    assert!(labels(&[]).labels.is_empty());
}

#[test]
fn values_that_could_be_anothers_have_their_keys() {
    let of = |rows: &[[&str; 2]]| labels(&series(["shard", "attempt"], rows)).labels;
    let numbers = of(&[["3", "7"], ["4", ""]]);
    assert_eq!(numbers, ["shard=3 attempt=7", "shard=4 attempt=–"]);
    let truths = of(&[["true", "1.5"], ["false", "2"]]);
    assert_eq!(truths, ["shard=true attempt=1.5", "shard=false attempt=2"]);
    let same = of(&[["eu", "us"], ["us", "eu"]]);
    assert_eq!(same, ["shard=eu attempt=us", "shard=us attempt=eu"]);
    let blanks = of(&[["a b", "c"], ["a", "b c"]]);
    assert_eq!(blanks, ["shard=a b attempt=c", "shard=a attempt=b c"]);
    let clear = of(&[["eu", "3"], ["us", "3"]]);
    assert_eq!(clear, ["eu", "us"], "one of them is the same everywhere");
}

#[test]
fn the_overflow_is_told_from_a_series_of_that_name() {
    let mut all = series(["route"], &[["overflow"], ["/"], [""]]);
    all[2].is_overflow = true;
    assert_eq!(labels(&all).labels, ["overflow", "/", "overflow (2)"]);
    all.truncate(1);
    all[0].is_overflow = true;
    assert_eq!(labels(&all).labels, ["overflow"]);
}

#[test]
fn labels_that_are_cut_where_they_differ_are_numbered() {
    let long = ["a", "b", "c"].map(|end| format!("{}{end}", "x".repeat(300)));
    let rows = [0, 1, 2].map(|at| [&*long[at], "GET"]);
    let found = labels(&series(["route", "method"], &rows)).labels;
    let cut = format!("{}…", "x".repeat(60));
    assert_eq!(
        found,
        [cut.clone(), format!("{cut} (2)"), format!("{cut} (3)")]
    );
}

#[test]
fn what_is_looked_for_is_in_the_label_in_either_form() {
    let all = series(
        ["method", "route", "why"],
        &[
            ["GET", "/me", "connection refused"],
            ["POST", "/me/Todos", ""],
        ],
    );
    let found = |text: &str| -> Vec<usize> {
        let find = Find::of(text);
        (0..all.len()).filter(|at| find.is_in(&all[*at])).collect()
    };
    for both in ["", " ", "/me", "ROUTE=/me", "route=", ","] {
        assert_eq!(found(both), [0, 1], "{both}");
    }
    for first in [
        "get /me",
        "GET connection refused",
        "method=GET, route=/me",
        "refused",
    ] {
        assert_eq!(found(first), [0], "{first}");
    }
    assert_eq!(found("todos"), [1]);
    for key in ["method", "rout", "oute=/me", "why"] {
        assert_eq!(found(key), [0_usize; 0], "{key}: a key alone is no value");
    }
    assert_eq!(found("why=conn"), [0], "a value may go on");
    assert_eq!(found("why="), [0], "only where it is there");
    assert_eq!(found("=route=/me"), [0], "exactly this one");
    assert_eq!(found("=why="), [1], "and without");
    for none in [
        "=route=/ME",
        "=nothing=",
        "=route=/m",
        "get todos",
        "overflow",
    ] {
        assert_eq!(found(none), [0_usize; 0], "{none}");
    }
    let mut overflow = all[0].clone();
    overflow.is_overflow = true;
    assert!(Find::of("overflow").is_in(&overflow));
    assert!(!Find::of("=route=/me").is_in(&overflow));
}
