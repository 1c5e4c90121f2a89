//! The metrics page: charts and the list of them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use telemetry::execute;
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Data, Metric, counter, distribution, sum};

use crate::program::{Program, figure, find_card};
use crate::support::get;
use crate::watch::Watch;

fn app(aggregator: &Aggregator) -> Router {
    let history = History::builder(aggregator).interval(Duration::from_millis(20));
    let dashboard = Dashboard::builder(aggregator)
        .access(Access::host_decides())
        .history(Arc::new(history.start().unwrap()))
        .start()
        .unwrap();
    Router::new().nest("/dashboard", dashboard.router())
}

fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

fn line<'c>(card: &'c Json, key: &str) -> &'c [Json] {
    let lines = card["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["key"] == key);
    let line = line.unwrap_or_else(|| panic!("no {key} in {card:#}"));
    line["values"].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn charts_show_the_numbers_that_a_scrape_shows() {
    let program = Program::start([
        counter("it_metrics.agree.count")
            .tags(["route"])
            .max_series(3),
        sum("it_metrics.agree.bytes").bytes(),
        distribution("it_metrics.agree.duration").tags(["route"]),
    ]);
    for n in 0..50_u64 {
        let duration = Duration::from_millis(n);
        execute!("it_metrics.agree", { bytes: n, duration }, { route: n % 5 });
    }
    let page = program.page("metrics?range=60&show=0&show=1&show=2").await;
    assert_eq!(
        (&page["page"], &page["title"]),
        (&json!("metrics"), &json!("Metrics"))
    );
    let snapshot = program.aggregator.snapshot();
    let events: u64 = snapshot.families[0]
        .series
        .iter()
        .map(|series| match series.data {
            Data::Counter(count) => count,
            _ => panic!("{series:?}"),
        })
        .sum();
    let count = find_card(&page, "chart-0", "chart");
    assert_eq!(figure(&count, "since start"), events as f64);
    assert_eq!((events, figure(&count, "in range")), (50, 50.0));
    let labels: Vec<_> = count["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["label"])
        .collect();
    assert!(labels.contains(&&json!("overflow")), "{labels:?}");
    let bytes = find_card(&page, "chart-1", "chart");
    assert_eq!(
        snapshot.find("it_metrics.agree.bytes", &[]),
        Some(&Data::Sum(telemetry_metrics::Amount::Integer(1_225)))
    );
    assert_eq!(figure(&bytes, "since start"), 1_225.0);
    assert_eq!(bytes["unit"], "bytes per second");
    let duration = find_card(&page, "chart-2", "chart");
    assert_eq!(duration["stat"], "heat");
    assert!((figure(&duration, "mean") - 0.0245).abs() < 1e-9);
    let index = find_card(&page, "index", "index");
    assert_eq!(index["groups"][0]["name"], "it_metrics");
    let series: Vec<_> = (0..3)
        .map(|at| &index["groups"][0]["charts"][at]["series"])
        .collect();
    // With the one for what is too much.
    assert_eq!(series, [&json!(4), &json!(1), &json!(5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_that_is_watched_goes_on() {
    let aggregator = start([counter("it_metrics.watch.count").tags(["route"])]);
    let app = app(&aggregator);
    execute!("it_metrics.watch", {}, { route: "/" });
    let mut watch = Watch::open(&app, "page=metrics&range=60&show=0;stat=total;by=total").await;
    let first = watch
        .section("chart-0", |part| part.get("cards").is_some())
        .await;
    let card = &first["cards"][0];
    assert_eq!(
        (&card["stat"], &card["by"], &card["step"]),
        (&json!("total"), &json!("total"), &json!(1_000))
    );
    // Where there is no slot yet, the range ends where the first will begin.
    let held = match line(card, "total").len() as u64 {
        0 => card["slots"].as_u64().unwrap(),
        held => held,
    };
    let mut start = card["start"].as_u64().unwrap() + 1_000 * held;
    for route in ["/a", "/b", "/c"] {
        execute!("it_metrics.watch", {}, { route });
    }
    // Three slots that follow on each other.
    for _ in 0..3 {
        let part = watch
            .section("chart-0", |part| {
                !part["delta"]["cards"]["chart"]["delta"]["append"].is_null()
            })
            .await;
        let append = &part["delta"]["cards"]["chart"]["delta"]["append"];
        let values = append["lines"]["total"].as_array().unwrap();
        assert_eq!(append["start"].as_u64(), Some(start));
        start += 1_000 * values.len() as u64;
    }
    let page = get(
        &app,
        "/dashboard/api/metrics?range=60&show=0;stat=total;by=total",
    )
    .await;
    let card = find_card(&page.json(), "chart-0", "chart");
    let newest = line(&card, "total")
        .iter()
        .filter_map(Json::as_f64)
        .next_back();
    assert_eq!(newest, Some(4.0));
    assert_eq!(figure(&card, "since start"), 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_refused_in_words() {
    let aggregator = start([counter("it_metrics.refuse.count")]);
    let app = app(&aggregator);
    for (query, why) in [
        (
            "show=9999",
            "`show` begins with the number of a chart that there is",
        ),
        (
            "show=0%3Bstat%3Dp95",
            "`stat` of a counter is one of rate, total",
        ),
        (
            "show=0&range=61",
            "The address says range=61; it may be 60, 300, ",
        ),
        ("shwo=0", "`shwo` is no parameter of this page"),
        (
            "show=%3Cscript%3E",
            "`show` begins with the number of a chart",
        ),
    ] {
        let answer = get(&app, &format!("/dashboard/api/metrics?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with(why), "{query}: {error}");
    }
    let shows = vec!["show=0"; 61].join("&");
    let answer = get(&app, &format!("/dashboard/api/metrics?{shows}")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}
