//! Every link of every page leads somewhere.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use form_urlencoded::byte_serialize;
use serde_json::Value as Json;
use telemetry::{execute, span};
use telemetry_metrics::{Metric, counter, distribution, last_value, sum, summary};
use telemetry_traces::{NPlusOne, Traces};

use crate::program::{Program, find_card, notices, row};
use crate::support::get;

/// Of a page, what its links say.
fn links(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Array(all) => all.iter().for_each(|one| links(one, found)),
        Json::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(link) if key == "href" || key == "l" => {
                        found.insert(link.to_owned());
                    }
                    _ => links(value, found),
                }
            }
        }
        _ => {}
    }
}

/// The addresses that the browser makes of the index of charts.
fn charts(page: &Json, found: &mut BTreeSet<String>) {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let sections = page["sections"].as_array().unwrap();
    let Some(index) = sections.iter().find(|one| one["id"] == "index") else {
        return;
    };
    for group in index["cards"][0]["groups"].as_array().unwrap() {
        let name = encode(group["name"].as_str().unwrap());
        found.insert(format!("metrics?group={name}"));
        for chart in group["charts"].as_array().unwrap() {
            for stat in chart["stats"].as_array().unwrap() {
                let show = format!("{};stat={}", chart["id"], stat.as_str().unwrap());
                found.insert(format!("metrics?group={name}&show={}", encode(&show)));
            }
        }
    }
}

/// All sorts of definitions, with names that are hard on addresses.
fn definitions() -> Vec<Metric> {
    let long = "n".repeat(400);
    let metrics = [
        distribution("it_crawl.endpoint.duration")
            .events(["it_crawl.endpoint.stop", "it_crawl.endpoint.exception"])
            .tags(["route", "outcome"]),
        counter("it_crawl.endpoint.stop.count")
            .tags(["route", "method"])
            .max_series(3),
        last_value("it_crawl.endpoint.in_flight.count"),
        last_value("it_crawl.pool.in_use"),
        last_value("it_crawl.pool.max"),
        summary("it_crawl.size")
            .event("it_crawl.other")
            .bytes()
            .option("nav", "a&b=c?#/ %2f\"<é>"),
        sum("it_crawl.sum")
            .event("it_crawl.other")
            .up_down()
            .option("nav", long),
        last_value("it_crawl.level")
            .event("it_crawl.other")
            .option("nav", "  "),
        counter(format!("it_crawl{}.event.count", "x".repeat(230))),
        counter("it_crawl.panics")
            .event("telemetry.process.panic")
            .tags(["location"]),
    ];
    metrics.into_iter().map(Metric::unchecked).collect()
}

fn work() {
    let long = format!("/{}é", "long/".repeat(100));
    for route in [
        "/me",
        "/me/todos",
        "",
        "/a b?c=d&e;f=g#h",
        "/é/\u{1f980}",
        "=route=/x",
        &*long,
    ] {
        for n in 0..10_u64 {
            let duration = Duration::from_millis(n + 300);
            let outcome = if n < 5 { "error" } else { "ok" };
            execute!("it_crawl.endpoint.stop", { duration }, { route, outcome, method: "GET" });
        }
        let request = span!("it.crawl.request", { method: "GET", route: route.to_owned() });
        let failed = request.in_scope_result(|| {
            for _ in 0..12 {
                span!("it.crawl.query", { statement: "SELECT 1" }).finish();
            }
            Err::<(), _>("no")
        });
        failed.unwrap_err();
    }
    execute!("it_crawl.endpoint.in_flight", { count: 3 });
    execute!("it_crawl.pool", { in_use: 99, max: 100 });
    execute!("it_crawl.other", { size: 5, sum: -5, level: -1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_every_page_leads_somewhere() {
    let below = ["it.crawl.*"];
    let traces = Traces::builder().only(below).start().unwrap();
    let detector = NPlusOne::builder().spans(below).start().unwrap();
    let program = Program::with(definitions(), |builder| {
        builder
            .traces(Arc::new(traces))
            .n_plus_one(Arc::new(detector))
    });
    work();
    program.page("overview").await;
    let pages = [
        "overview", "metrics", "events", "traces", "runtime", "handlers", "health",
    ];
    let mut seen: BTreeSet<String> = pages.map(ToOwned::to_owned).into();
    seen.extend(["traces?list=slow", "traces?list=failed"].map(ToOwned::to_owned));
    let mut next: VecDeque<String> = seen.iter().cloned().collect();
    let mut most = 1_500;
    while let Some(link) = next.pop_front().filter(|_| most > 0) {
        most -= 1;
        let shell = get(program.app(), &format!("/dashboard/{link}")).await;
        assert_eq!(shell.status, StatusCode::OK, "{link}: {}", shell.text());
        let answer = get(program.app(), &format!("/dashboard/api/{link}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}: {}", answer.text());
        let page = answer.json();
        let mut found = BTreeSet::new();
        links(&page, &mut found);
        charts(&page, &mut found);
        // Other tests have made events of their own; one tail is as good as another.
        let mut tails = 0;
        for link in found {
            let is_tail = link.starts_with("events?");
            tails += usize::from(is_tail);
            let is_other = is_tail && tails > 3 && !link.contains("it_crawl");
            if !is_other && seen.insert(link.clone()) {
                next.push_back(link);
            }
        }
    }
    let all = |start: &str| seen.iter().filter(|link| link.starts_with(start)).count();
    assert!(all("traces?id=") >= 7, "{seen:#?}");
    assert!(all("traces?") > all("traces?id="), "{seen:#?}");
    assert!(all("metrics?group=") > 30, "{seen:#?}");
    assert!(
        seen.iter()
            .any(|link| link.contains("find%3D%3Droute%3D%2Fme")),
        "{seen:#?}"
    );
    // A route of the overview leads to its own series and to no other.
    let page = program.page("overview").await;
    let table = find_card(&page, "signals", "routes");
    for (route, series) in [("/me", 2), ("", 2), ("=route=/x", 2)] {
        let href = row(&table, route)["href"].as_str().unwrap().to_owned();
        let chart = program.card(&href, "chart-0", "chart").await;
        let lines = chart["lines"].as_array().unwrap().iter();
        assert_eq!(
            lines.filter(|line| line["role"] == "series").count(),
            series,
            "{route}: {chart:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_definitions_and_traces_has_all_pages() {
    let program = Program::start([]);
    for page in [
        "overview", "metrics", "events", "traces", "runtime", "handlers", "health",
    ] {
        let page = program.page(page).await;
        assert!(!page["sections"].as_array().unwrap().is_empty(), "{page:#}");
    }
    let groups = program.card("metrics", "index", "index").await;
    assert_eq!(
        groups["group"], "telemetry",
        "what the library says about itself"
    );
    let page = program.page("overview").await;
    let found = notices(&page, "");
    // Handlers are the whole process's, and other tests have some that fail.
    let is_own = |notice: &&Json| !notice["text"].as_str().unwrap().contains("handler");
    assert_eq!(found.iter().filter(is_own).count(), 0, "{found:#?}");
}
