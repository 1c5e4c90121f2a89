//! Lines by series: which, and what they are called.

use std::time::Duration;

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{counter, last_value, summary};

use super::*;

fn has_values(card: &Json) -> bool {
    card["lines"].as_array().unwrap().iter().any(|line| {
        line["values"]
            .as_array()
            .unwrap()
            .iter()
            .any(|value| !value.is_null())
    })
}

fn roles(card: &Json, role: &str) -> usize {
    let lines = card["lines"].as_array().unwrap().iter();
    lines.filter(|line| line["role"] == json!(role)).count()
}

#[test]
fn the_busiest_series_are_shown_with_their_total() {
    let stage = stage([counter("charts_series.busy.count").tags(["route", "method"])]);
    for route in 0..20_u64 {
        for _ in 0..=route {
            execute!("charts_series.busy", {}, { route, method: "GET" });
        }
    }
    stage.wait(1);
    let mut shown = stage.open(&stage.key(0));
    let card = shown.advance(&stage).clone();
    assert_eq!(
        labels(&card),
        ["total", "19", "18", "17", "16", "15", "14", "13", "12"]
    );
    assert_eq!((roles(&card, "total"), roles(&card, "series")), (1, 8));
    assert_eq!(card["all"], json!(20));
    assert_eq!(card["more"], json!("All have method=GET"));
    assert_eq!(card["by"], json!("series"));
    assert_eq!(card["unit"], json!("per second"));
    let card = shown.until(&stage, |card| {
        line(card, "total").iter().flatten().any(|rate| *rate > 0.0)
    });
    assert_eq!(figure(&card, "in range"), Some(210.0));
    assert_eq!(figure(&card, "since start"), Some(210.0));
    assert_eq!(shown.wholes, 1, "what follows is appended");
}

#[test]
fn a_chart_does_not_reshuffle_when_another_series_gets_busy() {
    let stage = stage([counter("charts_series.calm.count").tags(["route"])]);
    for route in 0..10_u64 {
        for _ in 0..=route {
            execute!("charts_series.calm", {}, { route });
        }
    }
    stage.wait(1);
    let mut shown = stage.open(&stage.key(0));
    let before = labels(shown.advance(&stage));
    for _ in 0..100 {
        execute!("charts_series.calm", {}, { route: 0 });
    }
    stage.wait(10);
    assert_eq!(labels(shown.advance(&stage)), before);
    // Whoever comes now sees it at once.
    assert_eq!(labels(stage.open(&stage.key(0)).advance(&stage))[1], "0");
}

#[test]
fn a_series_that_is_new_joins_soon_where_there_is_room() {
    let stage = stage([counter("charts_series.join.count").tags(["route"])]);
    let mut shown = stage.open(&stage.key(0));
    let card = shown.advance(&stage);
    assert!(!has_values(card));
    execute!("charts_series.join", {}, { route: "/" });
    let card = shown.until(&stage, |card| labels(card) == ["/"]);
    assert_eq!(card["all"], json!(1), "one alone needs no total");
    execute!("charts_series.join", {}, { route: "/users" });
    shown.until(&stage, |card| {
        let mut found = labels(card);
        found.sort();
        found == ["/", "/users", "total"]
    });
}

#[test]
fn find_shows_those_whose_label_has_it_and_the_total_is_theirs() {
    let stage = stage([
        counter("charts_series.find.count").tags(["route", "status"]),
        summary("charts_series.find.duration").tags(["route"]),
    ]);
    for (route, status, millis) in [
        ("/users", 200, 10),
        ("/Users/new", 500, 20),
        ("/", 200, 4_000),
    ] {
        let duration = Duration::from_millis(millis);
        execute!("charts_series.find", { duration }, { route, status });
    }
    stage.wait(1);
    let find = |definition: usize, find: &str| ChartKey {
        find: find.to_owned(),
        ..stage.key(definition)
    };
    let mut shown = stage.open(&find(0, "uSERS"));
    let card = shown.until(&stage, has_values);
    let mut found = labels(&card);
    found[1..].sort();
    assert_eq!(found, ["total", "/Users/new 500", "/users 200"]);
    assert_eq!(card["all"], json!(3));
    assert_eq!(figure(&card, "in range"), Some(2.0));
    let mut shown = stage.open(&find(1, "users"));
    let card = shown.until(&stage, has_values);
    let largest = line(&card, "max").into_iter().flatten().fold(0.0, f64::max);
    assert!((0.0195..0.0205).contains(&largest), "{largest}");
    let mut shown = stage.open(&find(0, "status=200, nothing"));
    let card = shown.advance(&stage);
    assert!(!has_values(card));
    assert_eq!(figure(card, "in range"), Some(0.0));
}

#[test]
fn what_exceeds_the_limit_is_labelled_overflow() {
    let metric = counter("charts_series.over.count")
        .tags(["route"])
        .max_series(1);
    let stage = stage([metric]);
    for route in ["/a", "/b", "/c"] {
        execute!("charts_series.over", {}, { route });
    }
    stage.wait(1);
    let mut shown = stage.open(&stage.key(0));
    let mut found = labels(shown.advance(&stage));
    found.sort();
    assert_eq!(found, ["/a", "overflow", "total"]);
}

#[test]
fn a_series_that_expired_stays_while_it_is_in_the_range() {
    let metric = counter("charts_series.gone.count").tags(["job"]);
    let builder = Aggregator::builder().metrics([metric]);
    let stage = stage_of(builder.expire_after(Duration::from_millis(50)));
    execute!("charts_series.gone", {}, { job: "a" });
    stage.wait(1);
    let gone = || {
        let series = stage.sources.history.series_of("charts_series.gone.count");
        series.iter().any(|series| series.gone.is_some())
    };
    while !gone() {
        stage.wait(1);
    }
    let mut shown = stage.open(&stage.key(0));
    let card = shown.until(&stage, has_values);
    assert_eq!(labels(&card), ["a"]);
    assert_eq!(
        figure(&card, "since start"),
        Some(1.0),
        "the total knows those that were"
    );
}

#[test]
fn last_values_have_no_total_but_may_be_added_up() {
    let stage = stage([last_value("charts_series.value.depth").tags(["queue"])]);
    for (queue, depth) in [("a", 3), ("b", 4)] {
        execute!("charts_series.value", { depth }, { queue });
    }
    stage.wait(1);
    let mut shown = stage.open(&stage.key(0));
    let card = shown.until(&stage, has_values);
    assert_eq!((roles(&card, "total"), roles(&card, "series")), (0, 2));
    assert_eq!(
        (figure(&card, "lowest"), figure(&card, "highest")),
        (Some(3.0), Some(4.0))
    );
    let key = ChartKey {
        by: Some("total".to_owned()),
        ..stage.key(0)
    };
    let mut shown = stage.open(&key);
    let card = shown.until(&stage, has_values);
    assert_eq!(figure(&card, "now"), Some(7.0));
    execute!("charts_series.value", { depth: 10 }, { queue: "c" });
    shown.until(&stage, |card| figure(card, "now") == Some(17.0));
}

#[test]
fn tags_of_any_content_are_short_text() {
    let stage = stage([counter("charts_series.hostile.count").tags(["a", "b"])]);
    let long = "x".repeat(200);
    let hostile = [
        "<script>alert(1)</script>",
        "a\u{202e}b\nc\0",
        &*long,
        "'\"&;=,",
    ];
    for a in hostile {
        execute!("charts_series.hostile", {}, { a });
    }
    stage.wait(1);
    let mut shown = stage.open(&stage.key(0));
    let mut found = labels(shown.advance(&stage));
    found.sort();
    let long = format!("{}…", "x".repeat(60));
    let expected = [
        "'\"&;=,",
        "<script>alert(1)</script>",
        "a\u{fffd}b\u{fffd}c\u{fffd}",
        "total",
        &*long,
    ];
    assert_eq!(found, expected);
}

#[test]
fn among_thousands_of_series_those_that_are_looked_for_are_found() {
    let metric = counter("charts_series.many.count").tags(["route", "n"]);
    let stage = stage([metric.max_series(3_000)]);
    for n in 0..2_000_u64 {
        let route = if n % 100 == 7 { "/rare" } else { "/often" };
        for _ in 0..n % 3 + 1 {
            execute!("charts_series.many", {}, { route, n });
        }
    }
    stage.wait(1);
    let find = |find: &str| ChartKey {
        find: find.to_owned(),
        ..stage.key(0)
    };
    let counted = |key: &ChartKey| {
        let mut shown = stage.open(key);
        let card = shown.until(&stage, has_values);
        assert_eq!(card["all"], json!(2_000));
        let begin = std::time::Instant::now();
        for _ in 0..20 {
            shown.advance(&stage);
        }
        // Nobody waits for a chart that others watch.
        assert!(
            begin.elapsed() < Duration::from_secs(2),
            "{:?}",
            begin.elapsed()
        );
        figure(&card, "in range").unwrap() as u64
    };
    let expected = |of: &dyn Fn(u64) -> bool| -> u64 {
        (0..2_000).filter(|n| of(*n)).map(|n| n % 3 + 1).sum()
    };
    assert_eq!(counted(&find("")), expected(&|_| true));
    assert_eq!(counted(&find("=route=/rare")), expected(&|n| n % 100 == 7));
    assert_eq!(counted(&find("/often 1999")), expected(&|n| n == 1_999));
    assert_eq!(
        counted(&find("n=7")),
        expected(&|n| n.to_string().starts_with('7'))
    );
}

#[test]
fn definitions_of_one_name_have_charts_of_their_own() {
    let stage = stage([
        counter("charts_series.twin.n")
            .event("charts_series.twin")
            .tags(["a"]),
        last_value("charts_series.twin.n").tags(["a"]),
        summary("charts_series.twin.n").tags(["a"]),
    ]);
    for n in [3, 5] {
        execute!("charts_series.twin", { n }, { a: "x" });
    }
    stage.wait(1);
    let types = ["counter", "last_value", "summary"];
    for (at, kind) in types.into_iter().enumerate() {
        let mut shown = stage.open(&stage.key(at));
        let card = shown.until(&stage, has_values);
        assert_eq!(card["metric"]["type"], json!(kind));
        let expected = [("in range", 2.0), ("highest", 5.0), ("mean", 4.0)][at];
        assert_eq!(figure(&card, expected.0), Some(expected.1), "{card:#}");
        assert_eq!(card["all"].as_u64().unwrap_or(1), 1);
    }
}

#[test]
fn a_series_that_comes_back_goes_on_in_its_line() {
    let metric = counter("charts_series.back.count").tags(["job"]);
    let builder = Aggregator::builder().metrics([metric]);
    let stage = stage_of(builder.expire_after(Duration::from_millis(50)));
    let gone = || {
        let series = stage.sources.history.series_of("charts_series.back.count");
        !series.is_empty() && series.iter().all(|series| series.gone.is_some())
    };
    execute!("charts_series.back", {}, { job: "a" });
    let mut shown = stage.open(&ChartKey {
        stat: Some("total".to_owned()),
        ..stage.key(0)
    });
    shown.until(&stage, |card| labels(card) == ["a"]);
    for round in 2..=4 {
        while !gone() {
            stage.wait(1);
        }
        execute!("charts_series.back", {}, { job: "a" });
        let expected = Some(f64::from(round));
        let card = shown.until(&stage, |card| figure(card, "since start") == expected);
        assert_eq!(labels(&card), ["a"], "one line");
        let key = card["lines"][0]["key"].as_str().unwrap().to_owned();
        shown.until(&stage, |card| newest(card, &key) == expected);
    }
}
