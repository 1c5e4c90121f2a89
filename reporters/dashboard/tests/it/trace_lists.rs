//! Which traces are listed.

use std::time::Duration;

use serde_json::json;
use telemetry::span;

use crate::support::get;
use crate::traces::{firsts, listed, rows, traced, traced_with};

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_the_latest_the_slowest_and_those_that_failed() {
    let (app, _traces) = traced("it.traces.list");
    assert_eq!(rows(&listed(&app, "").await).len(), 0);
    span!("it.traces.list.request", { method: "GET", route: "/long" })
        .in_scope(|| std::thread::sleep(Duration::from_millis(30)));
    span!("it.traces.list.request", { method: "GET", route: "/fails", status: 504 })
        .in_scope_result(|| Err::<(), _>("secret of Ada"))
        .unwrap_err();
    span!("it.traces.list.job", { worker: "Mail" }).finish();

    let recent = listed(&app, "").await;
    assert_eq!(
        firsts(&recent),
        ["it.traces.list.job Mail", "GET /fails", "GET /long"]
    );
    assert!(!recent.to_string().contains("Ada"));
    let failed = listed(&app, "?list=failed").await;
    assert_eq!(firsts(&failed), ["GET /fails"]);
    let failed = &rows(&failed)[0];
    assert_eq!(
        (&failed["status"], &failed["cells"][4]),
        (&json!("bad"), &json!("error 504"))
    );
    assert_eq!(firsts(&listed(&app, "?list=slow").await)[0], "GET /long");
    assert_eq!(firsts(&listed(&app, "?route=ong").await), ["GET /long"]);
    let none = listed(&app, "?route=nowhere").await;
    assert_eq!(rows(&none).len(), 0);
    assert!(none["empty"].as_str().unwrap().contains("route"));
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_fifty_on_a_page_and_a_link_to_older_ones() {
    let (app, _traces) = traced("it.traces.pages");
    for n in 0..120 {
        span!("it.traces.pages.request", { route: format!("/{n}") }).finish();
    }
    for list in ["recent", "slow"] {
        let mut seen = std::collections::BTreeSet::new();
        let mut query = format!("?list={list}&route=%2F");
        for page in 0..3 {
            let table = listed(&app, &query).await;
            assert_eq!(rows(&table).len(), if page < 2 { 50 } else { 20 });
            seen.extend(firsts(&table).into_iter().map(ToOwned::to_owned));
            match table.get("older") {
                Some(older) => query = older.as_str().unwrap().replace("traces?", "?"),
                None => assert_eq!(page, 2),
            }
        }
        assert_eq!(seen.len(), 120, "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_nothing_asked_for_are_left_out_and_counted_unless_they_are_asked_for() {
    let (app, _traces) = traced_with("it.traces.steps", |builder| {
        builder.slow(Duration::from_millis(50))
    });
    let poll = || span!("it.traces.steps.query", { source: "orders" });
    poll().in_scope(|| std::thread::sleep(Duration::from_millis(60)));
    span!("it.traces.steps.job", { worker: "Mail" }).finish();
    poll().in_scope_result(|| Err::<(), _>("no")).unwrap_err();
    poll().in_scope(|| poll().finish());
    span!("it.traces.steps.request", { route: "/" }).finish();
    // More than are looked at for one page at first.
    for _ in 0..600 {
        poll().finish();
    }
    let query = "it.traces.steps.query";
    let kept = ["/", query, query, "it.traces.steps.job Mail", query];
    let recent = listed(&app, "").await;
    assert_eq!(firsts(&recent), kept);
    assert_eq!(
        recent["hint"],
        "600 single spans outside of requests and jobs are left out."
    );
    let link = json!({ "href": "traces?list=recent&all=1", "text": "Show them" });
    assert_eq!(recent["hint_link"], link);
    assert_eq!(recent.get("older"), None);

    let all = listed(&app, "?all=1").await;
    assert_eq!(firsts(&all), [query; 50]);
    assert_eq!(all["hint_link"]["href"], "traces?list=recent");
    let older = all["older"].as_str().unwrap();
    assert!(
        older.starts_with("traces?list=recent&all=1&before="),
        "{older}"
    );

    let slow = listed(&app, "?list=slow").await;
    assert_eq!((rows(&slow).len(), firsts(&slow)[0]), (5, query));
    assert!(slow["hint"].as_str().unwrap().starts_with("600 "));
    let failed = listed(&app, "?list=failed").await;
    assert_eq!((firsts(&failed), failed.get("hint")), (vec![query], None));
    assert_eq!(firsts(&listed(&app, "?route=/").await), ["/"]);
    let refused = get(&app, "/dashboard/api/traces?all=yes").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_most_are_left_out_older_ones_can_still_be_reached() {
    let (app, _traces) = traced("it.traces.deep");
    span!("it.traces.deep.request", { route: "/first" }).finish();
    for _ in 0..4_500 {
        span!("it.traces.deep.query").finish();
    }
    let recent = listed(&app, "").await;
    assert_eq!(rows(&recent).len(), 0);
    assert!(recent["empty"].as_str().unwrap().contains("left out"));
    let older = recent["older"].as_str().unwrap().replace("traces?", "?");
    assert_eq!(firsts(&listed(&app, &older).await), ["/first"]);
}
