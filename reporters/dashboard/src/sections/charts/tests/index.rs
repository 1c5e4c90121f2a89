//! The list of all charts.

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{counter, distribution, last_value, sum};

use super::super::super::group_or_first;
use super::*;

fn names(group: &Json) -> Vec<&str> {
    let charts = group["charts"].as_array().unwrap().iter();
    charts
        .map(|chart| chart["name"].as_str().unwrap())
        .collect()
}

fn group<'c>(card: &'c Json, name: &str) -> &'c Json {
    let groups = card["groups"].as_array().unwrap();
    let group = groups.iter().find(|group| group["name"] == json!(name));
    group.unwrap_or_else(|| panic!("no {name} in {groups:?}"))
}

#[test]
fn charts_stand_in_groups_by_their_option_or_first_segment() {
    let stage = stage([
        counter("charts_index.shop.count")
            .tags(["route"])
            .description("Orders"),
        sum("charts_index_other.bytes.size").bytes(),
        distribution("charts_index.shop.duration"),
        last_value("charts_index_third.queue.depth").option("nav", "charts_index"),
        counter("charts_index.empty.count").option("nav", "  "),
    ]);
    for route in ["/", "/users"] {
        execute!("charts_index.shop", {}, { route });
    }
    stage.wait(1);
    let mut shown = Shown::new(super::super::index(Some("charts_index_other"), Range(900)));
    let card = shown.advance(&stage);
    assert_eq!(
        (&card["id"], &card["kind"]),
        (&json!("index"), &json!("groups"))
    );
    assert_eq!(card["group"], json!("charts_index_other"));
    let note = "Charts begin with the start of the program.";
    assert_eq!(card["note"], json!(note), "a quarter of an hour is more");
    let first = &card["groups"][0];
    assert_eq!(first["name"], json!("charts_index"));
    assert_eq!(
        names(first),
        [
            "charts_index.shop.count",
            "charts_index.shop.duration",
            "charts_index_third.queue.depth",
            "charts_index.empty.count"
        ]
    );
    assert_eq!(
        first["charts"][0],
        json!({
            "id": 0,
            "section": "chart-0",
            "name": "charts_index.shop.count",
            "type": "counter",
            "tags": ["route"],
            "unit": "per second",
            "series": 2,
            "description": "Orders",
            "stats": ["rate", "total"],
        })
    );
    let duration = &first["charts"][1];
    assert_eq!(
        (&duration["unit"], &duration["series"]),
        (&json!("seconds"), &json!(1))
    );
    assert_eq!(duration["stats"][0], json!("heat"));
    assert_eq!(names(&card["groups"][1]), ["charts_index_other.bytes.size"]);
    let last = card["groups"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], json!("telemetry"));
}

#[test]
fn the_numbers_of_series_are_sent_when_they_change() {
    let stage = stage([counter("charts_index_more.count.count").tags(["route"])]);
    let mut shown = Shown::new(super::super::index(None, Range(60)));
    let count = |card: &Json| group(card, "charts_index_more")["charts"][0]["series"].as_u64();
    assert_eq!(count(shown.advance(&stage)), Some(0));
    execute!("charts_index_more.count", {}, { route: "/" });
    shown.until(&stage, |card| count(card) == Some(1));
    assert_eq!(shown.wholes, 1);
}

#[test]
fn what_is_added_while_the_program_runs_gets_a_chart_of_its_own() {
    let stage = stage([counter("charts_index_first.event.count")]);
    let late = stage.aggregator.late();
    let hits = late.add(counter("charts_index_late_hits")).unwrap();
    hits.series(&[("cache", "users")]).add(3);
    let level = late.add(last_value("charts_index_late.level")).unwrap();
    level.series(&[("queue", "a")]).record(1.into(), 1);
    stage.wait(1);
    let sources = &stage.sources;
    let hits_at = sources
        .charts
        .find(sources, "charts_index_late_hits")
        .unwrap();
    let level_at = sources
        .charts
        .find(sources, "charts_index_late.level")
        .unwrap();
    assert!(hits_at > 0 && level_at > 0 && hits_at != level_at);
    let mut shown = Shown::new(super::super::index(None, Range(60)));
    let card = shown.advance(&stage);
    assert_eq!(
        group(card, "charts_index_late_hits")["charts"][0]["id"],
        json!(hits_at)
    );
    assert_eq!(
        group(card, "charts_index_late")["charts"][0]["series"],
        json!(1)
    );
    let mut chart = stage.open(&stage.key(hits_at));
    let card = chart.until(&stage, |card| labels(card) == ["users"]);
    assert_eq!(figure(&card, "since start"), Some(3.0));
    assert_eq!(card["metric"]["tags"], json!(["cache"]));
    // Another tag is another definition of the same name, and the same chart.
    hits.series(&[("cache", "users"), ("tier", "2")]).add(4);
    stage.wait(1);
    chart.until(&stage, |card| figure(card, "since start") == Some(7.0));
    chart.until(&stage, |card| card["metric"]["tags"] == json!(["tier"]));
    assert_eq!(
        sources.charts.find(sources, "charts_index_late_hits"),
        Some(hits_at)
    );
}

#[test]
fn reporters_have_charts_in_the_last_group() {
    let stage = stage([counter("charts_index_own.event.count")]);
    let health = stage.aggregator.register_health("charts_index");
    health.sent(5);
    stage.wait(1);
    let sources = &stage.sources;
    let sent = sources
        .charts
        .find(sources, "telemetry.reporter.sent")
        .unwrap();
    let group = group_or_first(sources, Some("telemetry")).unwrap();
    assert_eq!(group.name, "telemetry");
    assert!(group.charts.iter().any(|(id, _)| *id == sent));
    let mut chart = stage.open(&stage.key(sent));
    let card = chart.until(&stage, |card| figure(card, "since start") == Some(5.0));
    assert!(
        labels(&card)
            .iter()
            .any(|label| label.contains("charts_index"))
    );
}

#[test]
fn an_unknown_group_is_the_first_one_and_without_any_there_is_none() {
    let stage = stage([counter("charts_index_one.event.count")]);
    let group = group_or_first(&stage.sources, Some("<nothing>")).unwrap();
    assert_eq!((&*group.name, group.charts.len()), ("charts_index_one", 1));
}
