//! The traces in the dashboard, and what is found in them, in a process that nobody else emits in.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::program::Program;
use crate::support::visitor::Visitor;
use crate::support::{eventually, http, runtime};

/// How often requests of a route were found to ask in a loop.
async fn found(program: &Program, route: &str) -> u64 {
    let text = http::get(program.address, "/metrics").await.body;
    let series = format!("demo_n_plus_one_count_total{{route=\"{route}\"");
    let line = text.lines().find(|line| line.starts_with(&series));
    let count = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    count.unwrap_or(0)
}

/// A page of the dashboard as JSON.
async fn dashboard(program: &Program, path: &str) -> Value {
    let reply = http::get_by_1_1(program.address, &format!("/dashboard/api/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.body);
    serde_json::from_str(&reply.body).expect("JSON")
}

/// The first card of this kind in a section.
fn card<'j>(page: &'j Value, section: &str, kind: &str) -> &'j Value {
    let sections = page["sections"].as_array().expect("sections");
    let section = sections.iter().find(|one| one["id"] == section);
    let cards = section.expect("the section")["cards"].as_array();
    let mut cards = cards.expect("cards").iter();
    cards.find(|card| card["kind"] == kind).expect("the card")
}

/// The rows of a table in which a cell has this text, or shows it as a link or as code.
fn rows<'j>(table: &'j Value, text: &str) -> Vec<&'j Value> {
    let rows = table["rows"].as_array().expect("rows").iter();
    rows.filter(|row| row["cells"].to_string().contains(&format!("\"{text}\"")))
        .collect()
}

#[test]
fn the_slow_page_is_named_once_for_each_request_and_the_fast_one_never() {
    let mut program = Program::start(&["--log", "text", "--password-cost", "low"]);
    let runtime = runtime();
    runtime.block_on(async {
        for path in [
            "/users-fast",
            "/users-slow",
            "/users-fast",
            "/users-slow",
            "/users-slow",
        ] {
            assert_eq!(http::get(program.address, path).await.status, 200);
        }
        // Whatever else a visitor does is no loop either.
        let mut visitor = Visitor::signed_up(program.address, "Olga").await;
        for title in ["one", "two", "three"] {
            visitor.submit("/me", "/todos", &[("title", title)]).await;
        }
        let fields = [("kind", "resize_image"), ("jobs", "20"), ("label", "")];
        visitor.submit("/jobs", "/jobs", &fields).await;
        eventually(|| found(&program, "/users-slow"), |count| *count >= 3).await;
        assert_eq!(found(&program, "/users-slow").await, 3);
        let text = http::get(program.address, "/metrics").await.body;
        let series = text
            .lines()
            .filter(|line| line.starts_with("demo_n_plus_one_count_total{"));
        assert_eq!(series.collect::<Vec<_>>().len(), 1, "{text}");

        let page = dashboard(&program, "traces").await;
        let found = rows(card(&page, "n-plus-one", "table"), "/users-slow");
        assert_eq!(found.len(), 1, "{page}");
        assert!(
            found[0].to_string().contains("user_id in (..)"),
            "{}",
            found[0]
        );
        let listed = rows(card(&page, "traces", "table"), "GET /users-slow");
        assert_eq!(listed.len(), 3, "{page}");
        let href = listed[0]["href"].as_str().expect("a link");
        let trace = dashboard(&program, href).await;
        let rows = card(&trace, "trace", "trace")["rows"]
            .as_array()
            .expect("rows")
            .clone();
        assert_eq!(rows.len(), 22, "{trace}");
        let again = rows.iter().filter(|row| row["n1"] == true).count();
        assert_eq!(again, 20, "{trace}");
    });
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    let said = program.said();
    let lines = said
        .lines()
        .filter(|line| line.contains("telemetry.n_plus_one"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 3, "{said}");
    for line in lines {
        assert!(
            line.contains("WARN") && line.contains("trace_id="),
            "{line}"
        );
    }
}

#[test]
fn without_memory_there_are_no_traces() {
    let mut program = Program::start(&["--traces-mib", "0"]);
    let runtime = runtime();
    runtime.block_on(http::get(program.address, "/users-slow"));
    let page = runtime.block_on(dashboard(&program, "traces"));
    card(&page, "traces", "text");
    assert_eq!(runtime.block_on(found(&program, "/users-slow")), 0);
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
}
