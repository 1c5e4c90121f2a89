//! The traces page: lists, one trace, and queries that are run again and again.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use serde_json::{Value as Json, json};
use telemetry::{SpanContext, completion_span, span};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_traces::{NPlusOne, Traces, TracesBuilder};

use crate::support::{aggregator, get};
use crate::watch::{Watch, card};

/// A dashboard with the traces of spans below this prefix.
pub(crate) fn traced(prefix: &str) -> (Router, Arc<Traces>) {
    traced_with(prefix, |builder| builder)
}

pub(crate) fn traced_with(
    prefix: &str,
    change: impl FnOnce(TracesBuilder) -> TracesBuilder,
) -> (Router, Arc<Traces>) {
    let below = [format!("{prefix}.*")];
    let slow = Duration::from_secs(60);
    let traces = Traces::builder().only(below.clone()).slow(slow);
    let traces = Arc::new(change(traces).start().unwrap());
    let n_plus_one = NPlusOne::builder().spans(below).start().unwrap();
    let dashboard = Dashboard::builder(&aggregator())
        .history_memory(1 << 20)
        .access(Access::host_decides())
        .traces(traces.clone())
        .n_plus_one(Arc::new(n_plus_one))
        .start()
        .unwrap();
    (Router::new().nest("/dashboard", dashboard.router()), traces)
}

pub(crate) fn rows(table: &Json) -> &Vec<Json> {
    table["rows"].as_array().unwrap()
}

/// What stands in the first column.
pub(crate) fn firsts(table: &Json) -> Vec<&str> {
    let rows = rows(table).iter();
    rows.map(|row| row["cells"][0].as_str().unwrap()).collect()
}

pub(crate) async fn listed(app: &Router, query: &str) -> Json {
    let page = get(app, &format!("/dashboard/api/traces{query}")).await;
    card(&page.json(), "traces", "traces").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_a_waterfall_that_shows_what_it_may() {
    let (app, _traces) = traced("it.traces.one");
    let request =
        span!("it.traces.one.request", { method: "GET", route: "/cart", email: "ada@shop.test" });
    let id = request.context().unwrap().trace_id();
    let job = request.in_scope(|| {
        completion_span!("it.traces.one.query", {
            system: "sqlite", source: "carts",
            statement: "SELECT * FROM carts WHERE owner = 'Ada'",
        })
        .finish();
        SpanContext::current().unwrap().traceparent().to_string()
    });
    let page = get(&app, &format!("/dashboard/api/traces?id={id}")).await;
    let page = page.json();
    let trace = card(&page, "trace", "trace");
    assert_eq!(
        (&trace["kind"], &trace["title"]),
        (&json!("trace"), &json!("GET /cart"))
    );
    assert_eq!(trace["outcome"], "ok");
    let rows = rows(trace);
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["depth"], &rows[1]["depth"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(rows[1]["label"], "carts");
    let metadata = |row: &Json, key: &str| {
        let all = row["metadata"].as_array().unwrap();
        all.iter().find(|pair| pair[0] == key).unwrap()[1].clone()
    };
    assert_eq!(metadata(&rows[0], "email"), json!({ "h": true }));
    assert_eq!(
        metadata(&rows[1], "statement"),
        json!({ "c": "select * from carts where owner = ?" })
    );
    assert!(!page.to_string().contains("Ada") && !page.to_string().contains("ada@"));

    // The job that it left.
    span!("it.traces.one.job", { link: job, worker: "Mail" }).finish();
    let page = get(&app, &format!("/dashboard/api/traces?id={id}")).await;
    assert_eq!(
        firsts(card(&page.json(), "trace", "following")),
        ["it.traces.one.job Mail"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_whose_root_still_runs_has_a_gap_and_says_so() {
    let (app, _traces) = traced("it.traces.gap");
    let request = span!("it.traces.gap.request", { route: "/slow" });
    let id = request.context().unwrap().trace_id();
    request
        .context()
        .unwrap()
        .in_scope(|| span!("it.traces.gap.step").finish());
    let path = format!("/dashboard/api/traces?id={id}");
    let page = get(&app, &path).await.json();
    let trace = card(&page, "trace", "trace");
    assert_eq!(trace["in_progress"], true);
    assert!(rows(trace)[0]["gap"].is_string());
    assert_eq!(rows(trace)[1]["depth"], 1);
    request.finish();
    let page = get(&app, &path).await.json();
    assert_eq!(rows(card(&page, "trace", "trace"))[0]["label"], "/slow");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_words() {
    let (app, _traces) = traced("it.traces.none");
    for (id, says) in [
        ("0af7651916cd43dd8448eb211c80319c", "No span of this trace"),
        ("nonsense", "is not the id of a trace"),
        ("%3Cb%3E%60", "is not the id of a trace"),
        (
            "00000000000000000000000000000000",
            "is not the id of a trace",
        ),
    ] {
        let page = get(&app, &format!("/dashboard/api/traces?id={id}")).await;
        let page = page.json();
        let text = card(&page, "trace", "trace")["text"].as_str().unwrap();
        assert!(text.contains(says), "{text}");
    }
    let without = Dashboard::builder(&aggregator())
        .history_memory(1 << 20)
        .access(Access::host_decides())
        .start()
        .unwrap();
    let app = Router::new().nest("/dashboard", without.router());
    let text = listed(&app, "").await["text"].to_string();
    assert!(text.contains(".traces("), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_are_run_again_and_again_are_flagged_everywhere() {
    let (app, _traces) = traced("it.traces.again");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let request = span!("it.traces.again.request", { method: "GET", route: "/users" });
        ids.push(request.context().unwrap().trace_id());
        request.in_scope(|| {
            for n in 0..20 {
                let statement = format!("SELECT title FROM items WHERE user_id = {n}");
                completion_span!("it.traces.again.query", { system: "sqlite", statement }).finish();
            }
        });
    }
    let page = get(&app, "/dashboard/api/traces").await.json();
    let found = card(&page, "n-plus-one", "n-plus-one");
    assert_eq!(rows(found).len(), 1, "once per route and statement");
    let cells = &rows(found)[0]["cells"];
    assert_eq!(cells[0], "/users");
    assert_eq!(
        cells[1],
        json!({ "c": "select title from items where user_id = ?" })
    );
    assert_eq!(cells[2], 20);
    assert_eq!(cells[5]["l"], format!("traces?id={}", ids[1]), "the newest");
    let advice = cells[6]["p"].as_str().unwrap();
    assert!(
        advice.starts_with("Each time for another `user_id`. Ask for all"),
        "{advice}"
    );
    assert!(advice.contains("user_id in (..)"), "{advice}");

    let listed = rows(card(&page, "traces", "traces"));
    assert!(listed.iter().all(|row| row["cells"][5] == "20 times"));

    let page = get(&app, &format!("/dashboard/api/traces?id={}", ids[0])).await;
    let page = page.json();
    let notices = &card(&page, "trace", "n-plus-one")["notices"];
    assert!(
        notices[0]["text"]
            .as_str()
            .unwrap()
            .contains("ran 20 times")
    );
    let rows = rows(card(&page, "trace", "trace"));
    assert_eq!(rows[0].get("n1"), None);
    assert!(
        rows[1..]
            .iter()
            .all(|row| row["n1"] == true && row["note"].is_string())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_statement_that_is_hidden_it_is_said_why_and_how_to_show_it() {
    let (app, _traces) = traced("it.traces.veiled");
    // Of statements that are hidden, one is named per request.
    span!("it.traces.veiled.request", { method: "GET", route: "/veiled" }).in_scope(|| {
        for n in 0..20 {
            let statement = format!("SELECT title FROM veiled WHERE user_id = {n}");
            completion_span!("it.traces.veiled.query", { statement }).finish();
        }
    });
    span!("it.traces.veiled.request", { method: "GET", route: "/veiled" }).in_scope(|| {
        for n in 0..20 {
            let statement = format!("SELECT title FROM other WHERE user_id = {n}");
            completion_span!("it.traces.veiled.query", { system: "mysql", statement }).finish();
        }
    });
    let page = get(&app, "/dashboard/api/traces").await.json();
    let found = rows(card(&page, "n-plus-one", "n-plus-one"));
    let advice: Vec<_> = found
        .iter()
        .map(|row| {
            assert_eq!(row["cells"][1], json!({ "h": true }));
            row["cells"][6]["p"].as_str().unwrap()
        })
        .collect();
    let why = "because its span has no `system` (`sqlite`, `postgresql`): values in it could not be told apart";
    assert_eq!(advice.len(), 2, "{advice:?}");
    assert!(advice.iter().any(|text| text.contains(why)), "{advice:?}");
    for text in advice {
        assert!(
            text.ends_with("`show_metadata([\"statement\"])` shows it."),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_the_dashboard_itself_are_no_traces_to_look_at() {
    let (app, traces) = traced("it.traces.own");
    let trace = async |request: Request, next: Next| {
        let span = span!("it.traces.own.request", { method: "GET", route: "/dashboard" });
        span.wrap(next.run(request)).await
    };
    let app = app.layer(from_fn(trace));
    span!("it.traces.own.request", { method: "GET", route: "/shop" }).finish();
    for path in ["overview", "api/events", "nowhere"] {
        get(&app, &format!("/dashboard/{path}")).await;
    }
    assert_eq!(traces.stats().traces(), 4);
    assert_eq!(firsts(&listed(&app, "").await), ["GET /shop"]);
    assert_eq!(firsts(&listed(&app, "?list=slow").await), ["GET /shop"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_watched_grows_at_its_top() {
    let (app, _traces) = traced("it.traces.live");
    let mut watch = Watch::open(&app, "page=traces").await;
    watch
        .section("traces", |part| part.get("cards").is_some())
        .await;
    span!("it.traces.live.request", { method: "GET", route: "/new" }).finish();
    let part = watch
        .section("traces", |part| part.get("delta").is_some())
        .await;
    let delta = &part["delta"]["cards"]["traces"]["delta"];
    let rows = delta["rows"].as_object().unwrap();
    let (key, row) = rows.iter().next().unwrap();
    assert_eq!((rows.len(), &row["cells"][0]), (1, &json!("GET /new")));
    assert_eq!(delta["order"][0], **key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_is_watched_stays_when_the_store_lets_it_go() {
    let (app, traces) = traced("it.traces.gone");
    let span = span!("it.traces.gone.request", { route: "/gone" });
    let id = span.context().unwrap().trace_id();
    span.finish();
    let mut watch = Watch::open(&app, &format!("page=traces&id={id}")).await;
    let whole = watch
        .section("trace", |part| part.get("cards").is_some())
        .await;
    assert_eq!(whole["cards"][0]["kind"], "trace");
    traces.clear();
    let part = watch
        .section("trace", |part| part.get("delta").is_some())
        .await;
    let cards = &part["delta"]["cards"];
    assert!(
        cards["gone"]["text"]
            .as_str()
            .unwrap()
            .contains("no longer")
    );
    assert_eq!(cards.get("trace"), None, "it is left as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_trace_there_are_a_thousand_rows_and_the_rest_is_counted() {
    // Statements are cut where they are kept, and not where they are looked for.
    let (app, _traces) = traced_with("it.traces.long", |builder| {
        builder.max_text(64).max_spans(5_000)
    });
    let request = span!("it.traces.long.request", { route: "/long" });
    let id = request.context().unwrap().trace_id();
    request.in_scope(|| {
        for n in 0..1_200 {
            let columns = "a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v";
            let statement = format!("SELECT {columns} FROM items WHERE user_id = {n}");
            completion_span!("it.traces.long.query", { statement }).finish();
        }
    });
    let page = get(&app, &format!("/dashboard/api/traces?id={id}")).await;
    let page = page.json();
    let rows = rows(card(&page, "trace", "trace"));
    assert_eq!(rows.len(), 1_001);
    assert_eq!(rows[1_000]["gap"], "201 more rows are not shown");
    assert!(rows[1..1_000].iter().all(|row| row["n1"] == true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_carries_too_much_is_shown_without_what_comes_last() {
    let (app, _traces) = traced_with("it.traces.much", |builder| builder.max_text(4_096));
    let request = span!("it.traces.much.request", { route: "/much" });
    let id = request.context().unwrap().trace_id();
    request.in_scope(|| {
        let much = "\u{1}".repeat(1_000);
        for _ in 0..900 {
            completion_span!("it.traces.much.step", { queue: &*much, worker: &*much }).finish();
        }
    });
    let answer = get(&app, &format!("/dashboard/api/traces?id={id}")).await;
    assert!(answer.body.len() < 4 << 20, "{}", answer.body.len());
    let page = answer.json();
    let rows = rows(card(&page, "trace", "trace"));
    assert_eq!(rows.len(), 901);
    assert!(rows[1]["metadata"].is_array() && rows[900].get("metadata").is_none());
    assert!(rows[900]["note"].as_str().unwrap().contains("too much"));
}
