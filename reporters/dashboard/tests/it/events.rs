//! The events page: the catalogue, and the live tail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value as Json, json};
use telemetry::{execute, list_handlers, span};
use telemetry_dashboard::{Access, Dashboard, DashboardBuilder};
use telemetry_metrics::history::History;

use crate::support::{aggregator, get};
use crate::watch::{Watch, card};

/// A dashboard that looks ten times a second.
fn quick(change: impl FnOnce(DashboardBuilder<'_>) -> DashboardBuilder<'_>) -> Router {
    let aggregator = aggregator();
    let history = History::builder(&aggregator)
        .interval(Duration::from_millis(100))
        .start()
        .unwrap();
    let builder = Dashboard::builder(&aggregator)
        .history(Arc::new(history))
        .access(Access::host_decides());
    let dashboard = change(builder).start().unwrap();
    Router::new().nest("/dashboard", dashboard.router())
}

fn row<'j>(table: &'j Json, key: &str) -> &'j Json {
    let rows = table["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["key"] == key);
    row.unwrap_or_else(|| panic!("no row {key}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalogue_lists_what_this_program_can_emit_and_who_listens() {
    #[allow(dead_code, reason = "what is never called is in the catalogue as well")]
    fn emits() {
        span!("it.events.catalogue.work", { route: "/" }).finish();
        execute!("it.events.catalogue.done", { count: 1 }, { email: "" });
    }
    let app = quick(|builder| builder);
    let listener = telemetry::attach("it-events-listener", "it.events.catalogue.*", |_| {});
    let _listener = listener.unwrap().guard();

    let page = get(&app, "/dashboard/api/events").await.json();
    let table = card(&page, "catalogue", "catalogue");
    assert_eq!(table["search"], true);
    let done = row(table, "it.events.catalogue.done");
    let cells = &done["cells"];
    assert_eq!(cells[0], json!({ "c": "it.events.catalogue.done" }));
    assert_eq!(
        [&cells[1], &cells[2], &cells[3]],
        ["event", "count", "email"]
    );
    let place = cells[4].as_str().unwrap();
    assert!(place.contains("tests/it/events.rs:"), "{place}");
    assert_eq!(cells[5], "it-events-listener");
    assert_eq!(done["href"], "events?tail=it.events.catalogue.done");
    let work = row(table, "it.events.catalogue.work.*");
    let named = "span: `it.events.catalogue.work.exception`, `it.events.catalogue.work.start`, \
                 `it.events.catalogue.work.stop`";
    assert_eq!(work["cells"][1], json!({ "p": named }));
    // What `telemetry-metrics` has attached for each event is named once.
    let name = "it.events.catalogue.work.stop";
    let _owned = telemetry::attach(format!("it-events-owner:{name}"), name, |_| {})
        .unwrap()
        .guard();
    let page = get(&app, "/dashboard/api/events").await.json();
    let table = card(&page, "catalogue", "catalogue");
    let work = row(table, "it.events.catalogue.work.*");
    assert_eq!(work["cells"][5], "it-events-listener, it-events-owner");
    // Of our own instrumentation, whose names are chosen by who uses it, and no path of a machine.
    let all = table.to_string();
    assert!(!all.contains("/home/") && !all.contains(".cargo"), "{all}");
    // Nothing was asked for, so there is no tail.
    assert!(!page.to_string().contains("Live tail"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_shows_events_as_they_come_and_is_attached_once_and_only_while_watched() {
    let app = quick(|builder| builder.show_metadata(["basket"]));
    let handlers = || list_handlers("it.events.tail").len();
    assert_eq!(handlers(), 0);
    let query = "page=events&tail=it.events.tail.*";
    let mut one = Watch::open(&app, query).await;
    let mut other = Watch::open(&app, query).await;
    for watch in [&mut one, &mut other] {
        let tail = watch
            .section("tail", |part| part.get("cards").is_some())
            .await;
        assert_eq!(tail["cards"][0]["pattern"], "it.events.tail.*");
        assert_eq!(tail["cards"][0]["events"], json!([]));
    }
    assert_eq!(handlers(), 1, "both share it");

    execute!(
        "it.events.tail.placed",
        { total: 3, took: Duration::from_millis(20) },
        { route: "/cart", email: "ada@shop.test", basket: "b-1" }
    );
    for watch in [&mut one, &mut other] {
        let part = watch
            .section("tail", |part| part.get("delta").is_some())
            .await;
        let events = &part["delta"]["cards"]["tail"]["delta"]["events"];
        let event = &events[0];
        assert_eq!(event["name"], "it.events.tail.placed");
        let took = json!({ "n": 0.02, "u": "seconds" });
        assert_eq!(event["measurements"], json!([["total", 3], ["took", took]]));
        let hidden = json!({ "h": true });
        assert_eq!(
            event["metadata"],
            json!([["route", "/cart"], ["email", hidden], ["basket", "b-1"]])
        );
        assert!(!part.to_string().contains("ada@"));
    }
    // Whoever comes later sees what was seen.
    let page = get(&app, &format!("/dashboard/api/events?{}", &query[12..])).await;
    let tail = card(&page.json(), "tail", "tail").clone();
    assert_eq!(tail["events"][0]["name"], "it.events.tail.placed");

    drop((one, other));
    let deadline = Instant::now() + Duration::from_secs(30);
    while handlers() > 0 {
        assert!(Instant::now() < deadline, "it stays attached");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callsite_that_nobody_watches_stays_idle_whatever_else_is_watched() {
    let made = AtomicU64::new(0);
    // What an event carries is only made for those who listen.
    let emit = || execute!("it.events.idle", { n: made.fetch_add(1, Ordering::Relaxed) });
    let app = quick(|builder| builder);
    let mut other = Watch::open(&app, "page=events&tail=it.events.idle.*").await;
    let is_whole = |part: &Json| part.get("cards").is_some();
    other.section("tail", is_whole).await;
    emit();
    assert_eq!(made.load(Ordering::Relaxed), 0);

    let mut watch = Watch::open(&app, "page=events&tail=it.events.idle").await;
    watch.section("tail", is_whole).await;
    emit();
    assert_eq!(made.load(Ordering::Relaxed), 1);
    drop(watch);
    let deadline = Instant::now() + Duration::from_secs(30);
    while !list_handlers("it.events.idle")
        .iter()
        .all(|row| row.pattern != "it.events.idle")
    {
        assert!(Instant::now() < deadline, "it stays attached");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    emit();
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_held_back_and_counted() {
    let app = quick(|builder| builder);
    let mut watch = Watch::open(&app, "page=events&tail=it.events.flood").await;
    watch
        .section("tail", |part| part.get("cards").is_some())
        .await;
    for n in 0..10_000 {
        execute!("it.events.flood", { n });
    }
    let mut shown = 0;
    let mut held_back = 0;
    while shown + held_back < 10_000 {
        let part = watch
            .section("tail", |part| part.get("delta").is_some())
            .await;
        let delta = &part["delta"]["cards"]["tail"]["delta"];
        shown += delta["events"].as_array().map_or(0, Vec::len) as u64;
        held_back = delta["set"]["held_back"].as_u64().unwrap_or(held_back);
    }
    assert_eq!(shown + held_back, 10_000);
    assert!((100..1_000).contains(&shown), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_watched_is_told_why() {
    let app = quick(|builder| builder);
    for (pattern, says) in [
        ("*.stop", "is not a pattern"),
        ("a%20b", "not an event name"),
        ("%3Cscript%3E", "not an event name"),
    ] {
        let path = format!("/dashboard/api/events?tail={pattern}");
        let page = get(&app, &path).await.json();
        let problem = card(&page, "tail", "tail")["problem"].as_str().unwrap();
        assert!(problem.contains(says), "{problem}");
    }
    let page = get(&app, "/dashboard/api/events?tail=it.events.slip").await;
    let page = page.json();
    let tail = card(&page, "tail", "tail");
    assert_eq!(tail.get("problem"), None);
    let hint = tail["hint"].as_str().unwrap();
    assert!(hint.contains("emits `it.events.slip`"), "{hint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hint_of_a_tail_goes_when_something_has_that_name_after_all() {
    let app = quick(|builder| builder);
    let query = "page=events&tail=it.events.late.*";
    let mut watch = Watch::open(&app, query).await;
    let tail = watch
        .section("tail", |part| part.get("cards").is_some())
        .await;
    let hint = tail["cards"][0]["hint"].as_str().unwrap();
    assert!(hint.starts_with("No code of this program emits"), "{hint}");
    let name = telemetry::EventName::new("it.events.late.born").unwrap();
    telemetry::emit(name, &[], &[]);
    let part = watch
        .section("tail", |part| part.get("delta").is_some())
        .await;
    let delta = &part["delta"]["cards"]["tail"]["delta"];
    assert_eq!(delta["events"][0]["name"], "it.events.late.born");
    assert_eq!(delta["set"].get("hint"), Some(&Json::Null));
    let page = get(&app, &format!("/dashboard/api/events?{}", &query[12..])).await;
    assert_eq!(card(&page.json(), "tail", "tail").get("hint"), None);
}
