//! The page of traces, and what is found in them, in a process that nobody else emits in.

use rustix::process::Signal;

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

/// The path of the first trace that a page links to under this name.
fn linked(page: &str, name: &str) -> Option<String> {
    let before = page.split(&format!("\">{name}</a>")).next()?;
    let (_, path) = before.rsplit_once("href=\"")?;
    path.starts_with("/traces/").then(|| path.to_owned())
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

        let page = http::get(program.address, "/traces").await.body;
        assert_eq!(page.matches("/users-slow, 20 times").count(), 1, "{page}");
        assert!(page.contains("user_id in (..)"), "{page}");
        let path = linked(&page, "GET /users-slow").expect("a link to a trace");
        let trace = http::get(program.address, &path).await;
        assert_eq!(trace.status, 200);
        assert!(trace.body.contains(" 22 spans"), "{}", trace.body);
        assert_eq!(
            trace.body.matches("source=todo_items").count(),
            20,
            "{}",
            trace.body
        );
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
fn a_trace_that_is_not_there_is_a_page_that_says_so() {
    let mut program = Program::start(&[]);
    let runtime = runtime();
    let unknown = "/traces/0af7651916cd43dd8448eb211c80319c";
    for path in [unknown, "/traces/x", "/traces/%3Cscript%3E", "/traces/%00"] {
        let reply = runtime.block_on(http::get(program.address, path));
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.body.contains("script"), "{}", reply.body);
    }
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
}

#[test]
fn without_memory_there_are_no_traces() {
    let mut program = Program::start(&["--traces-mib", "0"]);
    let runtime = runtime();
    runtime.block_on(http::get(program.address, "/users-slow"));
    let page = runtime.block_on(http::get(program.address, "/traces"));
    assert_eq!(page.status, 404);
    assert!(page.body.contains("--traces-mib"), "{}", page.body);
    assert_eq!(runtime.block_on(found(&program, "/users-slow")), 0);
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
}
