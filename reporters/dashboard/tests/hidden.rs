//! Values that nobody allowed to be shown are nowhere in what the dashboard sends. It watches all events
//! and has panics reported, and so has a binary of its own.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value as Json;
use telemetry::{completion_span, debug, display, execute, span};
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::{Aggregator, counter};
use telemetry_traces::{NPlusOne, Traces};

#[allow(dead_code, reason = "other tests need the rest of it")]
#[path = "it/support.rs"]
mod support;
#[allow(dead_code, reason = "other tests need the rest of it")]
#[path = "it/watch.rs"]
mod watch;

use support::{Answer, get};
use watch::Watch;

/// Whatever else is around it.
const SECRET: &str = "hunter2ada";

/// As many queries of one request are an N+1.
const MANY: usize = 10;

/// Texts that the two databases take for a statement with a value in it.
fn statements() -> Vec<String> {
    [
        "select * from users where name = 'SECRET'",
        "select * from users where name = 'it''s SECRET'",
        r"select 'a\', 'SECRET'",
        r"select E'it\'s SECRET'",
        "select $$SECRET$$, $tag$it's SECRET$tag$",
        "select 1 -- SECRET\n + 2 /* SECRET /* SECRET */ SECRET */",
        "select U&'SECRET', N'SECRET', x'SECRET'",
        "select 'begun and not ended SECRET",
        "select $tag$SECRET",
        "insert into users values ('SECRET', 1), ('SECRET', 2)",
    ]
    .map(|text| text.replace("SECRET", SECRET))
    .into()
}

/// Under every way that there is for a value to be carried.
fn say_it_everywhere() {
    let text = format!("a {SECRET} b");
    let error = format!("reason: {SECRET}");
    let traceparent = format!("00-{SECRET}-b7ad6b7169203331-01");
    execute!(
        "hidden.event",
        { n: 1 },
        {
            email: &*text, reason: &*text, message: &*text, url: &*text, path: &*text, peer: &*text,
            user_agent: &*text, name: &*text, code: &*text, state: &*text, statement: &*text,
            link: &*traceparent, traceparent: &*traceparent, location: &*text,
            shown: display(&text), seen: debug(&text), user: &*text,
        }
    );
    let request = span!("hidden.request", { method: "GET", route: "/", email: &*text });
    request.set("added", &*text);
    request.set("link", &*traceparent);
    request
        .in_scope_result(|| {
            for statement in statements() {
                completion_span!("hidden.query", { system: "sqlite", statement: &*statement })
                    .finish();
                completion_span!("hidden.query", { system: "postgresql", statement: &*statement })
                    .finish();
            }
            // Whose strings nobody knows.
            completion_span!("hidden.query", { statement: &*statements()[0] }).finish();
            execute!("hidden.event", {}, { system: "sqlite", statement: &*statements()[0] });
            let mysql =
                format!(r#"select * from names where a = 'it\'s {SECRET}' and b = "{SECRET}""#);
            for n in 0..MANY {
                let statement = format!("select * from carts where owner = '{SECRET}{n}'");
                completion_span!("hidden.query", { system: "sqlite", statement: &*statement })
                    .finish();
            }
            for _ in 0..MANY {
                completion_span!("hidden.query", { system: "mysql", statement: &*mysql }).finish();
            }
            span!("hidden.step", { user: &*text })
                .in_scope_result(|| Err::<(), _>(&*error))
                .unwrap_err();
            let panicked = std::panic::catch_unwind(|| {
                span!("hidden.panic", { user: SECRET }).in_scope(|| panic!("message: {SECRET}"));
            });
            drop(panicked);
            Err::<(), _>(&*error)
        })
        .unwrap_err();
    // One that nothing is above of.
    span!("hidden.alone", { user: &*text }).finish();
}

fn ids(page: &Json) -> Vec<String> {
    let sections = page["sections"].as_array().unwrap().iter();
    let cards = sections.flat_map(|section| section["cards"].as_array().unwrap());
    let rows = cards.filter(|card| card["id"] == "traces");
    let rows = rows.flat_map(|card| card["rows"].as_array().unwrap());
    rows.map(|row| row["key"].as_str().unwrap().to_owned())
        .collect()
}

fn check(what: &str, text: &str) {
    let Some(at) = text.find(SECRET) else { return };
    let from = text[..at]
        .char_indices()
        .rev()
        .nth(300)
        .map_or(0, |(at, _)| at);
    panic!("{what}: ..{}", &text[from..at + SECRET.len()]);
}

async fn look(app: &Router, path: &str) -> Answer {
    let answer = get(app, &format!("/dashboard/{path}")).await;
    assert_eq!(answer.status, 200, "{path}");
    check(path, answer.text());
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_hidden_is_in_no_answer_and_no_stream() {
    telemetry::report_panics().unwrap();
    let aggregator = Aggregator::builder()
        .metrics([
            counter("hidden.request.stop.count").tags(["route"]),
            counter("hidden.request.exception.count").tags(["route"]),
        ])
        .start()
        .unwrap();
    let traces = Arc::new(Traces::builder().max_text(96).start().unwrap());
    let n_plus_one = Arc::new(NPlusOne::builder().start().unwrap());
    let failing = telemetry::attach("hidden-failing", "hidden.event", |_| {
        panic!("in a handler: {SECRET}")
    });
    let _failing = failing.unwrap().guard();
    let dashboard = Dashboard::builder(&aggregator)
        .access(Access::host_decides())
        .history_memory(1 << 20)
        .requests("hidden.request")
        .traces(traces)
        .n_plus_one(n_plus_one.clone())
        .start()
        .unwrap();
    let app = Router::new().nest("/dashboard", dashboard.router());

    let mut tail = Watch::open(&app, "page=events&tail=*").await;
    let mut list = Watch::open(&app, "page=traces&all=1").await;
    let mut overview = Watch::open(&app, "page=overview").await;
    let is_whole = |part: &Json| part.get("cards").is_some();
    tail.section("tail", is_whole).await;
    list.section("traces", is_whole).await;
    overview.section("wrong", is_whole).await;
    tokio::task::spawn_blocking(say_it_everywhere)
        .await
        .unwrap();

    // What is there is there: the tail has seen the last of it, and the finding was made.
    let mut seen = String::new();
    for word in ["hidden.alone", "process.panic"] {
        while !seen.contains(word) {
            let (_, part) = tail.event().await;
            let text = part.to_string();
            check("tail", &text);
            seen.push_str(&text);
        }
    }
    let shown = ["select * from users where name = ?", r#"{"h":true}"#];
    for word in shown {
        assert!(seen.contains(word), "{word}");
    }
    list.section("traces", |part| {
        let text = part.to_string();
        check("list", &text);
        text.contains("hidden.alone")
    })
    .await;
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while n_plus_one.findings().is_empty() {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    for page in ["overview", "metrics", "runtime", "handlers", "health"] {
        look(&app, page).await;
        look(&app, &format!("api/{page}")).await;
        look(&app, &format!("api/{page}?range=60")).await;
    }
    look(&app, "api/events").await;
    let answer = look(&app, "api/events?tail=*").await;
    assert!(answer.text().contains("hidden.query"));
    let mut all = Vec::new();
    for list in ["recent", "slow", "failed"] {
        for more in ["", "&all=1", "&route=/"] {
            let answer = look(&app, &format!("api/traces?list={list}{more}")).await;
            let is_usual = list == "recent" && more != "&route=/";
            let has_finding = answer.text().contains("from carts where owner = ?");
            assert_eq!(has_finding, is_usual, "{list}{more}");
            all.extend(ids(&answer.json()));
        }
    }
    all.sort();
    all.dedup();
    assert!(all.len() >= 2, "{all:?}");
    let mut traces = String::new();
    for id in all {
        traces.push_str(look(&app, &format!("api/traces?id={id}")).await.text());
    }
    for word in [
        "hidden.step",
        "hidden.panic",
        "a statement ran 10 times",
        "insert into users values (?)",
    ] {
        assert!(traces.contains(word), "{word}");
    }
    // Another tick, for what the overview has to say.
    let (_, part) = overview.event().await;
    check("overview", &part.to_string());
}
