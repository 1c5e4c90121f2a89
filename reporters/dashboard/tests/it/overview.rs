//! The overview: what is wrong, the golden signals, how full everything is.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{Metric, counter, distribution, last_value, summary};

use crate::program::{Program, figure, find_card, notices, row};

const TEN_MILLIS: Duration = Duration::from_millis(10);

fn signals_of(span: &str) -> Vec<Metric> {
    let ends = [format!("{span}.stop"), format!("{span}.exception")];
    let metrics = vec![
        distribution(format!("{span}.duration"))
            .events(ends)
            .tags(["route", "outcome"]),
        last_value(format!("{span}.in_flight.count")),
    ];
    metrics.into_iter().map(Metric::unchecked).collect()
}

/// The texts of the sentences that contain a text.
fn about(page: &serde_json::Value, what: &str) -> Vec<String> {
    let notices = notices(page, what).into_iter();
    notices.map(|notice| notice["text"].to_string()).collect()
}

#[tokio::test]
async fn errors_are_told_of_at_the_top_until_they_are_few() {
    let program = Program::start(signals_of("dash_errors.endpoint"));
    let answer = |times: usize, route: &'static str, outcome: &'static str| {
        for _ in 0..times {
            let duration = TEN_MILLIS;
            execute!("dash_errors.endpoint.stop", { duration }, { route, outcome });
        }
    };
    answer(60, "/cart", "ok");
    assert_eq!(about(&program.page("overview").await, "failed"), [""; 0]);
    answer(30, "/cart", "error");
    answer(10, "/pay", "panic");
    let page = program.page("overview").await;
    let found = notices(&page, "failed");
    assert_eq!(
        found,
        [json!({
            "status": "bad",
            "text": "40 % of all requests since the start failed: 40 of 100, most of them at /cart (30) and /pay \
                     (10).",
            "href": "metrics?group=dash_errors&show=0",
        })]
    );
    let now = find_card(&page, "signals", "now");
    assert_eq!(figure(&now, "Errors"), 0.4, "the figure says the same");
    assert_eq!(now["figures"][1]["hint"], "40 since the start");
    // 40 of 2,000 are 2 %, and of 4,100 less than one.
    answer(1_900, "/cart", "ok");
    let page = program.page("overview").await;
    assert_eq!(notices(&page, "failed")[0]["status"], "warn");
    answer(2_100, "/cart", "ok");
    let page = program.page("overview").await;
    assert_eq!(about(&page, "failed"), [""; 0]);
    let good = find_card(&page, "wrong", "wrong")["good"].to_string();
    assert!(good.contains("things were checked"), "{good}");
}

#[tokio::test]
async fn the_signals_are_those_of_what_was_emitted() {
    let program = Program::start(signals_of("dash_signals.endpoint"));
    for n in 0..200_u64 {
        let duration = Duration::from_millis(n);
        let outcome = if n < 20 { "error" } else { "ok" };
        let route = if n % 4 == 0 { "/b" } else { "/a" };
        execute!("dash_signals.endpoint.stop", { duration }, { route, outcome });
    }
    execute!("dash_signals.endpoint.in_flight", { count: 3 });
    let page = program.page("overview").await;
    let now = find_card(&page, "signals", "now");
    assert_eq!(now["hint"], "Of `dash_signals.endpoint`.");
    assert!(figure(&now, "Requests") > 0.0);
    assert!((figure(&now, "Errors") - 0.1).abs() < 1e-9);
    assert_eq!(now["figures"][1]["status"], "bad");
    assert!((0.09..0.11).contains(&figure(&now, "p50")));
    assert!((0.15..=0.25).contains(&figure(&now, "p99")));
    assert_eq!(figure(&now, "In flight"), 3.0);
    let routes = find_card(&page, "signals", "routes");
    let (a, b) = (row(&routes, "/a"), row(&routes, "/b"));
    assert_eq!(routes["rows"][0], a, "the busiest first");
    assert_eq!(a["cells"][2], json!({ "n": 0.1, "u": "ratio" }));
    assert_eq!(b["cells"][2], json!({ "n": 0.1, "u": "ratio" }));
    assert_eq!(b["status"], "bad");
    assert_eq!(
        b["href"],
        "metrics?group=dash_signals&range=3600&show=0%3Bstat%3Dp95%3Bby%3Dseries%3Bfind%3D%3Droute%3D%2Fb#filter=dash_signals.endpoint.duration"
    );
    for chart in ["rate", "errors", "times", "in-flight"] {
        let card = find_card(&page, "signals", chart);
        assert_eq!(card["compact"], true, "{chart}");
    }
}

#[tokio::test]
async fn counters_alone_give_what_they_can() {
    let stop = counter("dash_counters.endpoint.stop.count").tags(["route", "status"]);
    let panics = counter("dash_counters.endpoint.exception.count");
    let program = Program::start([stop, panics]);
    for status in [200, 200, 200, 404, 500, 503] {
        let route = "/";
        execute!("dash_counters.endpoint.stop", {}, { route, status });
    }
    execute!("dash_counters.endpoint.exception");
    execute!("dash_counters.endpoint.exception");
    let page = program.page("overview").await;
    let now = find_card(&page, "signals", "now");
    assert_eq!(
        figure(&now, "Errors"),
        0.5,
        "two statuses and two panics of eight"
    );
    assert_eq!(now["figures"].as_array().unwrap().len(), 2, "no times");
    let errors = find_card(&page, "signals", "errors");
    assert_eq!(errors["lines"].as_array().unwrap().len(), 2);
    assert_eq!(find_card(&page, "signals", "times"), json!(null));
    let routes = find_card(&page, "signals", "routes");
    assert_eq!(row(&routes, "/")["cells"][3], json!(null), "no p95");
}

#[tokio::test]
async fn a_summary_without_tags_gives_rate_and_times() {
    let program = Program::start([summary("dash_summary.import.stop.duration")]);
    for n in 1..=100_u64 {
        let duration = Duration::from_millis(n);
        execute!("dash_summary.import.stop", { duration });
    }
    let page = program.page("overview").await;
    let now = find_card(&page, "signals", "now");
    let p95 = figure(&now, "p95");
    assert!((0.094..=0.097).contains(&p95), "{p95}");
    let labels = now["figures"].as_array().unwrap().iter();
    let labels: Vec<_> = labels.map(|one| one["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["Requests", "p50", "p95", "p99"]);
    assert_eq!(find_card(&page, "signals", "routes"), json!(null));
}

#[tokio::test]
async fn the_host_may_say_which_span_it_is_about() {
    let mut metrics = signals_of("dash_named.endpoint");
    metrics.push(counter("dash_named.import.stop.count").unchecked());
    let program = Program::with(metrics.clone(), |builder| {
        builder.requests("dash_named.import")
    });
    let now = program.card("overview", "signals", "now").await;
    assert_eq!(now["hint"], "Of `dash_named.import`.");
    let program = Program::with(metrics, |builder| builder.requests("dash_named.nobody"));
    let missing = program.card("overview", "signals", "missing").await;
    let text = missing["text"].as_str().unwrap();
    assert!(
        text.contains("telemetry_http::metrics(\"dash_named.nobody\")"),
        "{text}"
    );
}

#[tokio::test]
async fn without_definitions_it_says_what_to_add() {
    let program = Program::start([]);
    let page = program.page("overview").await;
    let missing = find_card(&page, "signals", "missing");
    let text = missing["text"].as_str().unwrap();
    assert!(text.contains("telemetry_http::metrics"), "{text}");
    let usage = find_card(&page, "saturation", "usage");
    let hint = usage["hint"].as_str().unwrap();
    assert!(hint.contains("telemetry_poller::metrics()"), "{hint}");
    assert!(hint.contains("telemetry_sqlx::metrics(prefix)"), "{hint}");
}

#[tokio::test]
async fn how_full_things_are_stands_beside_their_limits() {
    let metrics = [
        last_value("dash_full.mailbox.depth").tags(["name"]),
        last_value("dash_full.mailbox.capacity").tags(["name"]),
        last_value("dash_full.repo.pool.in_use"),
        last_value("dash_full.repo.pool.max"),
        last_value("dash_full.repo.pool.waiting"),
    ];
    let program = Program::start(metrics);
    execute!("dash_full.mailbox", { depth: 97, capacity: 100 }, { name: "emails" });
    execute!("dash_full.mailbox", { depth: 1, capacity: 10 }, { name: "events" });
    execute!("dash_full.repo.pool", { in_use: 4, max: 5, waiting: 2 });
    let usage = program.card("overview", "saturation", "usage").await;
    let bars = usage["usages"].as_array().unwrap();
    let bar = |label: &str| {
        bars.iter()
            .find(|bar| bar["label"] == label)
            .unwrap()
            .clone()
    };
    let emails = bar("Channel emails");
    assert_eq!(
        (&emails["value"], &emails["limit"]),
        (&json!(97.0), &json!(100.0))
    );
    assert_eq!(emails["status"], "bad");
    assert_eq!(bar("Channel events")["status"], "good");
    assert_eq!(bar("Pool dash_full.repo")["status"], "warn");
    let waiting = bar("Waiting for a connection of dash_full.repo");
    assert_eq!(
        (&waiting["value"], &waiting["limit"]),
        (&json!(2.0), &json!(null))
    );
}

#[tokio::test]
async fn panics_overflows_and_skips_are_told_of() {
    let metrics = [
        counter("dash_told.panic.count")
            .event(telemetry::PROCESS_PANIC)
            .tags(["location"]),
        counter("dash_told.visit.count").tags(["who"]).max_series(2),
        summary("dash_told.visit.bytes").bytes().unchecked(),
    ];
    let program = Program::start(metrics);
    let page = program.page("overview").await;
    for what in ["src/dash_told.rs", "dash_told.visit"] {
        assert_eq!(about(&page, what), [""; 0]);
    }
    execute!("process.panic", {}, { location: "src/dash_told.rs:1:2" });
    for who in ["a", "b", "c", "d"] {
        execute!("dash_told.visit", {}, { who });
    }
    let page = program.page("overview").await;
    assert_eq!(notices(&page, "src/dash_told.rs:1:2")[0]["status"], "bad");
    let overflow = &notices(&page, "has met its limit")[0];
    assert_eq!(
        overflow["text"],
        "dash_told.visit.count has met its limit of 2 series: 2 events of the last 10 minutes lost their tags."
    );
    let skipped = &notices(&page, "dash_told.visit.bytes")[0]["text"];
    let skipped = skipped.as_str().unwrap();
    assert!(skipped.contains("has not counted 4 events"), "{skipped}");
}

#[tokio::test]
async fn a_reporter_that_cannot_deliver_is_told_of_until_it_can() {
    let program = Program::start([]);
    let health = program.aggregator.register_health("dash-statsd");
    health.failed(3);
    let page = program.page("overview").await;
    assert_eq!(
        notices(&page, "dash-statsd")[0]["text"],
        "The reporter dash-statsd cannot deliver: 3 failures within 1 minute, and nothing was ever delivered."
    );
    health.sent(1);
    health.dropped(2);
    let page = program.page("overview").await;
    let found = notices(&page, "dash-statsd");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0]["text"].as_str().unwrap().contains("has dropped 2"));
}

#[tokio::test]
async fn a_handler_that_fails_is_told_of() {
    let _guard = telemetry::attach("dash-over-failing", "dash_over.failing", |_| {
        panic!("on purpose")
    })
    .unwrap()
    .guard();
    let program = Program::start([]);
    assert_eq!(
        about(&program.page("overview").await, "dash-over-failing"),
        [""; 0]
    );
    for _ in 0..5 {
        execute!("dash_over.failing");
    }
    let page = program.page("overview").await;
    let found = notices(&page, "dash-over-failing");
    assert_eq!((found.len(), &found[0]["href"]), (1, &json!("handlers")));
}

#[tokio::test]
async fn routes_that_ask_again_and_again_are_told_of() {
    let detector = telemetry_traces::NPlusOne::builder()
        .threshold(3)
        .unsampled(true);
    let detector = Arc::new(detector.start().unwrap());
    let program = Program::with([], |builder| builder.n_plus_one(detector));
    let page = program.page("overview").await;
    assert_eq!(about(&page, "/dash-again"), [""; 0]);
    telemetry::span!("dash_again.endpoint", { route: "/dash-again" }).in_scope(|| {
        for _ in 0..7 {
            let statement = "SELECT a FROM dash_again WHERE id = ?";
            telemetry::completion_span!("dash_again.repo.query", { statement }).finish();
        }
    });
    let page = program.page("overview").await;
    let found = about(&page, "/dash-again");
    assert!(
        found.len() == 1 && found[0].contains("7 queries"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_young_program_says_since_when_and_what_tells_its_lines_apart() {
    let mut metrics = signals_of("dash_young.endpoint");
    metrics.push(last_value("dash_young.mailbox.depth").tags(["name", "node"]));
    let program = Program::start(metrics);
    for (name, depth) in [("mail", 3), ("pay", 4)] {
        execute!("dash_young.mailbox", { depth }, { name, node: "a" });
        let duration = TEN_MILLIS;
        execute!("dash_young.endpoint.stop", { duration }, { route: name, outcome: "ok" });
    }
    let page = program.page("overview?range=86400").await;
    let rate = find_card(&page, "signals", "rate");
    assert_eq!((&rate["step"], &rate["slots"]), (&json!(1_000), &json!(60)));
    assert_eq!(rate["more"], json!(null), "the figures say it");
    let now = find_card(&page, "signals", "now");
    assert_eq!(now["figures"][1]["hint"], "0 since the start");
    let routes = find_card(&page, "signals", "routes");
    assert_eq!(routes["hint"], "Counted since the start.");
    let page = program.page("runtime").await;
    let depth = find_card(&page, "gauges", "gauge-2");
    assert_eq!(depth["more"], "By name");
    let labels = depth["lines"].as_array().unwrap().iter();
    let labels: Vec<_> = labels.map(|line| &line["label"]).collect();
    assert_eq!(labels, ["mail", "pay"]);
}

#[tokio::test]
async fn of_many_routes_the_slowest_and_the_failing_are_shown_too() {
    let program = Program::start(signals_of("dash_many.endpoint"));
    let answer = |route: &str, times: usize, millis: u64, outcome: &'static str| {
        for _ in 0..times {
            let duration = Duration::from_millis(millis);
            execute!("dash_many.endpoint.stop", { duration }, { route: route.to_owned(), outcome });
        }
    };
    for n in 0..8 {
        answer(&format!("/busy/{n}"), 20, 1, "ok");
    }
    let few = program.page("overview").await;
    let few = find_card(&few, "signals", "routes");
    assert_eq!(few["hint"], "Counted since the start.");
    assert_eq!(few["title"], "Routes");
    for n in 0..40 {
        answer(&format!("/other/{n}"), 10, 1, "ok");
    }
    answer("/slow", 6, 500, "ok");
    answer("/fails", 1, 1, "error");
    let page = program.page("overview").await;
    let routes = find_card(&page, "signals", "routes");
    assert_eq!(
        routes["hint"],
        "The busiest, the slowest and the failing routes of 50. Counted since the start."
    );
    assert_eq!(routes["rows"].as_array().unwrap().len(), 10);
    assert_eq!(row(&routes, "/fails")["status"], "bad");
    assert_eq!(row(&routes, "/slow")["cells"][2]["n"], 0.0);
    assert_ne!(row(&routes, "/busy/0"), json!(null));
}
