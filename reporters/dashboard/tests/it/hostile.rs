//! What events and traces may do to whoever shows them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value as Json, json};
use telemetry::{SpanContext, TraceId, debug, execute, list_handlers, span};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::history::History;
use telemetry_traces::Traces;

use crate::support::{aggregator, get};
use crate::watch::{Watch, card};

/// A dashboard that looks ten times a second, with the traces of spans below this prefix.
fn site(prefix: &str) -> Router {
    let aggregator = aggregator();
    let history = History::builder(&aggregator).interval(Duration::from_millis(100));
    let traces = Traces::builder()
        .only([format!("{prefix}.*")])
        .max_spans(10_000);
    let dashboard = Dashboard::builder(&aggregator)
        .history(Arc::new(history.start().unwrap()))
        .access(Access::host_decides())
        .traces(Arc::new(traces.start().unwrap()))
        .start()
        .unwrap();
    Router::new().nest("/dashboard", dashboard.router())
}

/// The rows of a trace.
async fn waterfall(app: &Router, id: TraceId) -> Vec<Json> {
    let address = format!("/dashboard/api/traces?id={id}");
    let page = get(app, &address).await.json();
    let rows = &card(&page, "trace", "trace")["rows"];
    rows.as_array().unwrap().clone()
}

fn is_whole(part: &Json) -> bool {
    part.get("cards").is_some()
}

fn is_delta(part: &Json) -> bool {
    part.get("delta").is_some()
}

async fn until_nobody_listens(name: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !list_handlers(name).is_empty() {
        assert!(Instant::now() < deadline, "it stays attached");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_to_be_watched_is_answered_in_words() {
    let app = site("it.hostile.none");
    let (long, longer) = ("a".repeat(400), "a".repeat(10_000));
    for (pattern, status) in [
        ("**", 200),
        ("a.*.b", 200),
        (".*", 200),
        ("%20", 200),
        ("%00%1b%5B31m", 200),
        ("%F0%9F%92%A5", 200),
        ("%E2%80%AE", 200),
        (&*long, 400),
        (&*longer, 414),
        // None at all.
        ("", 200),
    ] {
        let answer = get(&app, &format!("/dashboard/api/events?tail={pattern}")).await;
        assert_eq!(answer.status, status, "{pattern:.20}");
        if status == 200 && !pattern.is_empty() {
            let page = answer.json();
            let tail = card(&page, "tail", "tail");
            assert!(tail["problem"].is_string(), "{tail}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tails_that_open_and_close_leave_nobody_attached() {
    let app = site("it.hostile.none");
    for turn in 0..200 {
        let mut watch = Watch::open(&app, "page=events&tail=it.hostile.turns.*").await;
        // Some are gone before they were begun, others in the middle of a flood.
        if turn % 4 == 0 {
            watch.section("tail", is_whole).await;
            for n in 0..200 {
                execute!("it.hostile.turns.flood", { n });
            }
        }
    }
    until_nobody_listens("it.hostile.turns").await;
    // There is still room.
    let mut watch = Watch::open(&app, "page=events&tail=it.hostile.turns.*").await;
    let tail = watch.section("tail", is_whole).await;
    assert_eq!(tail["cards"][0].get("problem"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dashboards_watch_the_same_without_each_other() {
    let (one, other) = (site("it.hostile.none"), site("it.hostile.none"));
    let query = "page=events&tail=it.hostile.two";
    let mut first = Watch::open(&one, query).await;
    let mut second = Watch::open(&other, query).await;
    first.section("tail", is_whole).await;
    second.section("tail", is_whole).await;
    assert_eq!(list_handlers("it.hostile.two").len(), 2);
    execute!("it.hostile.two");
    first.section("tail", is_delta).await;
    drop(first);
    second.section("tail", is_delta).await;
    execute!("it.hostile.two");
    let part = second.section("tail", is_delta).await;
    let events = &part["delta"]["cards"]["tail"]["delta"]["events"];
    assert_eq!(events[0]["n"], 2);
}

/// It panics while it is printed.
struct Panics;

impl fmt::Debug for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("while printed"))
    }
}

/// It emits when it is dropped.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        execute!("it.hostile.unwinding", {}, { queue: debug(&Panics), route: "/" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_thread_that_unwinds_and_of_handlers_are_shown() {
    let app = site("it.hostile.none");
    let mut watch = Watch::open(&app, "page=events&tail=it.hostile.unwinding.*").await;
    let mut other = Watch::open(&app, "page=events&tail=it.hostile.unwinding").await;
    watch.section("tail", is_whole).await;
    other.section("tail", is_whole).await;
    let echoes = telemetry::attach("it-hostile-echo", "it.hostile.unwinding", |_| {
        execute!("it.hostile.unwinding.echo", { x: f64::NAN, y: f64::NEG_INFINITY });
    });
    let _echoes = echoes.unwrap().guard();
    let thread = std::thread::spawn(|| {
        let _last = Last;
        std::panic::resume_unwind(Box::new("on purpose"))
    });
    assert!(thread.join().is_err());
    let part = other.section("tail", is_delta).await;
    let event = &part["delta"]["cards"]["tail"]["delta"]["events"][0];
    assert_eq!(event["metadata"], json!([["queue", ""], ["route", "/"]]));
    let part = watch.section("tail", is_delta).await;
    let event = &part["delta"]["cards"]["tail"]["delta"]["events"][0];
    assert_eq!(event["measurements"], json!([["x", "NaN"], ["y", "-inf"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_found_by_its_id_in_any_form() {
    let app = site("it.hostile.id");
    let span = span!("it.hostile.id.request", { route: "/" });
    let context = span.context().unwrap();
    span.finish();
    let id = context.trace_id().to_string();
    let dashed = format!(
        "{}-{}-{}-{}-{}",
        &id[..8],
        &id[8..12],
        &id[12..16],
        &id[16..20],
        &id[20..]
    );
    let header = context.traceparent().to_string();
    for form in [
        &id,
        &id.to_uppercase(),
        &format!("%20{id}%20"),
        &dashed,
        &header,
    ] {
        let page = get(&app, &format!("/dashboard/api/traces?id={form}")).await;
        let page = page.json();
        assert_eq!(card(&page, "trace", "trace")["trace"], *id, "{form}");
    }
    for form in [
        &id[1..],
        &format!("{id}0"),
        &format!("-{}", &id[1..]),
        "0",
        "-",
    ] {
        let page = get(&app, &format!("/dashboard/api/traces?id={form}")).await;
        let page = page.json();
        let text = card(&page, "trace", "trace")["text"].as_str().unwrap();
        assert!(text.contains("is not the id"), "{form}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_take_any_cursor_and_any_text() {
    let app = site("it.hostile.list");
    for route in ["/a", "/.*", "/[", "/%"] {
        span!("it.hostile.list.request", { route }).finish();
    }
    let routes = async |query: &str| {
        let page = get(&app, &format!("/dashboard/api/traces?{query}")).await;
        let page = page.json();
        let rows = card(&page, "traces", "traces")["rows"].clone();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["cells"][0].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(routes("route=.*").await, ["/.*"]);
    assert_eq!(routes("route=%5B").await, ["/["]);
    assert_eq!(routes("route=%25").await, ["/%"]);
    assert_eq!(routes("route=%2F").await.len(), 4);
    for list in ["recent", "failed", "slow"] {
        let last = u64::MAX;
        assert!(
            get(
                &app,
                &format!("/dashboard/api/traces?list={list}&before={last}")
            )
            .await
            .status
                == 200
        );
    }
    assert_eq!(routes("before=0").await.len(), 0);
    assert_eq!(
        routes("list=slow&before=18446744073709551615").await.len(),
        0
    );
    let beyond = get(&app, "/dashboard/api/traces?before=18446744073709551616").await;
    assert_eq!(beyond.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deep_trace_and_a_long_one_are_shown() {
    let app = site("it.hostile.deep");
    let spans: Vec<_> = (0..600)
        .map(|_| {
            let span = span!("it.hostile.deep.step", { route: "/" });
            let entered = span.enter();
            (entered, span)
        })
        .collect();
    let id = spans[0].1.context().unwrap().trace_id();
    for (entered, span) in spans.into_iter().rev() {
        drop(entered);
        span.finish();
    }
    let rows = waterfall(&app, id).await;
    assert_eq!((rows.len(), &rows[599]["depth"]), (600, &json!(599)));

    let request = span!("it.hostile.deep.request", { route: "/" });
    let id = request.context().unwrap().trace_id();
    request.in_scope(|| {
        for _ in 0..5_000 {
            span!("it.hostile.deep.step").finish();
        }
    });
    let rows = waterfall(&app, id).await;
    assert_eq!(rows.len(), 1_001);
    assert_eq!(rows[1_000]["gap"], "4,001 more rows are not shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_grows_while_it_is_watched_is_in_the_end_what_it_is() {
    let app = site("it.hostile.grows");
    let request = span!("it.hostile.grows.request", { route: "/" });
    let context = request.context().unwrap();
    let id = context.trace_id();
    let step = || context.in_scope(|| span!("it.hostile.grows.step").finish());
    step();
    let mut watch = Watch::open(&app, &format!("page=traces&id={id}")).await;
    let whole = watch.section("trace", is_whole).await;
    let by_key = |row: &Json| (row["key"].as_str().unwrap().to_owned(), row.clone());
    let rows = whole["cards"][0]["rows"].as_array().unwrap();
    let mut rows: std::collections::BTreeMap<_, _> = rows.iter().map(by_key).collect();
    let mut in_progress = whole["cards"][0]["in_progress"].clone();
    assert_eq!((rows.len(), &in_progress), (2, &json!(true)));
    let parent = span!(parent: context, "it.hostile.grows.late");
    // As their sender's clock has it, this one begins before the request does.
    let remote = SpanContext::from_traceparent(context.traceparent()).unwrap();
    span!(parent: remote, "it.hostile.grows.remote").finish();
    step();
    request.finish();
    step();
    drop(parent);
    while rows.len() < 6 || in_progress == true {
        let part = watch.section("trace", is_delta).await;
        let delta = &part["delta"]["cards"]["trace"]["delta"];
        for (key, row) in delta["rows"].as_object().into_iter().flatten() {
            match row {
                Json::Null => rows.remove(key),
                row => rows.insert(key.clone(), row.clone()),
            };
        }
        if let Some(set) = delta["set"].get("in_progress") {
            in_progress = set.clone();
        }
    }
    let now = waterfall(&app, id).await;
    assert_eq!(rows, now.iter().map(by_key).collect());
    assert!(
        now.iter()
            .all(|row| row["offset"].as_f64().is_some_and(|offset| offset >= 0.0))
    );
}
