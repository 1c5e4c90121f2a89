//! The pages about the program itself: runtime, handlers and health.

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::{counter, last_value, summary};

use crate::program::{Program, find_card, row};

#[tokio::test]
async fn the_process_tells_who_it_is_and_not_where_it_lies() {
    let program = Program::start([]);
    let page = program.page("runtime").await;
    let process = find_card(&page, "process", "process");
    let fields = process["fields"].as_array().unwrap();
    let field =
        |label: &str| fields.iter().find(|one| one["label"] == label).unwrap()["value"].clone();
    assert_eq!(field("Process id"), json!(std::process::id()));
    let path = std::env::current_exe().unwrap();
    let folder = path.parent().unwrap().to_string_lossy().into_owned();
    assert!(!page.to_string().contains(&folder));
    let tokio = find_card(&page, "process", "tokio");
    assert_eq!(tokio["fields"][0]["value"], "one thread");
    let note = find_card(&page, "gauges", "note");
    assert!(note["text"].as_str().unwrap().contains("telemetry_poller"));
}

#[tokio::test]
async fn last_values_have_charts_with_their_limits() {
    let metrics = [
        last_value("dash_gauges.sockets.open").description("WebSockets open"),
        last_value("dash_gauges.sockets.limit"),
        last_value("dash_gauges.table.size").tags(["name"]),
    ];
    let program = Program::start(metrics);
    execute!("dash_gauges.sockets", { open: 3, limit: 10 });
    execute!("dash_gauges.table", { size: 7 }, { name: "sessions" });
    let page = program.page("runtime?range=60").await;
    let open = find_card(&page, "gauges", "gauge-0");
    assert_eq!(
        (&open["title"], &open["hint"]),
        (
            &json!("dash_gauges.sockets.open"),
            &json!("WebSockets open")
        )
    );
    let roles = open["lines"].as_array().unwrap().iter();
    let roles: Vec<_> = roles.map(|line| line["role"].clone()).collect();
    assert_eq!(roles, ["total", "limit"]);
    assert_eq!(
        find_card(&page, "gauges", "gauge-1"),
        json!(null),
        "no chart of its own"
    );
    let table = find_card(&page, "gauges", "gauge-2");
    assert_eq!(table["lines"][0]["label"], "sessions");
}

#[tokio::test]
async fn handlers_are_listed_with_what_they_listen_to() {
    let events = ["dash_inside.one", "dash_inside.two"];
    let _guard = telemetry::attach_many("dash-inside", events, |_| {})
        .unwrap()
        .guard();
    let program = Program::start([]);
    let table = program.card("handlers", "handlers", "handlers").await;
    let cells = &row(&table, "dash-inside")["cells"];
    assert_eq!(cells[1], json!({ "c": "dash_inside.one, dash_inside.two" }));
    assert_eq!((&cells[2], &cells[4]), (&json!(2), &json!(0)));
    assert_eq!(table["search"], true);
}

#[tokio::test]
async fn health_tells_how_reporters_and_metrics_fare() {
    let metrics = [
        counter("dash_health.visit.count")
            .tags(["who"])
            .max_series(2),
        counter("dash_health.quiet.count").tags(["who"]).unchecked(),
        summary("dash_health.visit.bytes").bytes().unchecked(),
        counter("dash_health.vsit.count"),
    ];
    let program = Program::start(metrics);
    for who in ["a", "b", "c"] {
        execute!("dash_health.visit", {}, { who });
    }
    let reporter = program.aggregator.register_health("dash-health");
    reporter.sent(5);
    reporter.failed(2);
    reporter.dropped(7);
    let _waits = program.aggregator.register_health("prometheus");
    let page = program.page("health").await;

    let reporters = find_card(&page, "reporters", "reporters");
    let cells = row(&reporters, "dash-health")["cells"].clone();
    assert_eq!((&cells[2], &cells[4]), (&json!(5), &json!(2)));
    assert!(
        cells[1]["t"].is_u64() && cells[3]["n"].as_f64().unwrap() > 0.0,
        "{cells}"
    );
    assert_eq!(row(&reporters, "dash-health")["status"], "warn");
    let asked = &row(&reporters, "prometheus")["cells"][1];
    assert_eq!(asked, "not asked yet");

    let lost = find_card(&page, "reporters", "lost");
    let notices = lost["notices"].as_array().unwrap().iter();
    let texts: Vec<_> = notices
        .map(|notice| notice["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "`dash-health` dropped 7 since the start.",
            "1 event overflowed: a metric had no room for another series.",
            "Metrics skipped an event 3 times.",
        ]
    );

    let series = find_card(&page, "series", "series");
    let full = row(&series, "0 dash_health.visit.count");
    assert_eq!(full["status"], "bad");
    assert_eq!(
        full["cells"].as_array().unwrap()[1..5],
        [
            json!(2),
            json!(2),
            json!({ "n": 1.0, "u": "ratio" }),
            json!(1)
        ]
    );
    let quiet = row(&series, "1 dash_health.quiet.count");
    assert_eq!((&quiet["cells"][1], quiet.get("status")), (&json!(0), None));

    let skipped = find_card(&page, "skipped", "skipped");
    let cells = row(&skipped, "dash_health.visit.bytes missing")["cells"].clone();
    assert_eq!((&cells[2], &cells[3]), (&json!(3), &json!(3)));

    let definitions = find_card(&page, "definitions", "definitions");
    assert_eq!(
        definitions["rows"][0]["cells"][0]["c"],
        "dash_health.vsit.count"
    );

    let memory = find_card(&page, "history", "memory");
    assert_eq!(memory["usages"][0]["label"], "History");
    assert_eq!(memory["usages"][0]["limit"], json!(f64::from(16 << 20)));
    let viewers = find_card(&page, "viewers", "viewers");
    assert_eq!(viewers["figures"][0]["value"], "0 of 256");
}

#[tokio::test]
async fn where_nothing_was_lost_health_says_so_first() {
    let program = Program::start([counter("dash_lost.visit.count").unchecked()]);
    let page = program.page("health").await;
    let first = &page["sections"][0]["cards"][0];
    assert_eq!(first["notices"], json!([]));
    assert_eq!(
        first["good"],
        "Nothing was dropped, skipped or overflowed since the start."
    );
}

#[tokio::test]
async fn of_hundreds_of_metrics_the_fullest_are_shown() {
    let metric = |n: usize| {
        let name = format!("dash_many.event.n{n}");
        let metric = counter(name).event("dash_many.event").tags(["who"]);
        metric.max_series(if n == 249 { 4 } else { 2_000 })
    };
    let program = Program::start((0..250).map(metric));
    for who in ["a", "b", "c"] {
        execute!("dash_many.event", {}, { who });
    }
    let series = program.card("health", "series", "series").await;
    assert_eq!(series["rows"].as_array().unwrap().len(), 200);
    assert_eq!(series["rows"][0]["key"], "249 dash_many.event.n249");
    let hint = series["hint"].as_str().unwrap();
    assert!(
        hint.starts_with("750 series of 250 metrics with tags."),
        "{hint}"
    );
    assert!(
        hint.ends_with("The 200 that are fullest are shown."),
        "{hint}"
    );
}
