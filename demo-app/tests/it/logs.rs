//! Log lines, and the trace that each of them belongs to.

use std::io::Read;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sqlx::{Connection, Executor, SqliteConnection};

use crate::support::http;
use crate::support::program::Program;
use crate::support::runtime;
use crate::support::visitor::{PASSWORD, Visitor, csrf};

/// Reads standard error from now on, as whoever collects logs does.
fn collect(program: &mut Program) -> JoinHandle<String> {
    let mut stderr = program.child.stderr.take().expect("piped");
    std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("text");
        text
    })
}

/// Somebody whose requests belong to a trace.
fn tracing(address: SocketAddr, trace: &str) -> Visitor {
    let mut visitor = Visitor::new(address);
    let header = format!("00-{trace}-b7ad6b7169203331-01");
    visitor.headers.push(("traceparent", header));
    visitor
}

/// What is asked for, and what is logged of it: route, status, statements.
const PAGES: [(&str, &str, u16, usize); 5] = [
    ("/users-slow", "/users-slow", 200, 21),
    ("/users-fast", "/users-fast", 200, 1),
    ("/panic", "/panic", 500, 0),
    ("/fail", "/fail", 500, 0),
    ("/nowhere%0a%22trace_id%22", "unmatched", 404, 0),
];

#[test]
fn each_line_of_a_request_has_the_trace_of_the_request() {
    let mut program = Program::start(&["--log", "json", "--log-filter", "info,sqlx::query=debug"]);
    let log = collect(&mut program);
    let address = program.address;
    let trace = |n: usize| format!("{:032x}", 0xabc_0000 + n);
    runtime().block_on(async {
        let requests: Vec<_> = (0..20)
            .map(|n| {
                tokio::spawn(async move { tracing(address, &trace(n)).get(PAGES[n % 5].0).await })
            })
            .collect();
        for (n, request) in requests.into_iter().enumerate() {
            let reply = request.await.unwrap();
            let (path, _, status, _) = PAGES[n % 5];
            assert_eq!(reply.status, status, "{path}");
            let header = format!("traceparent: 00-{}-", trace(n));
            assert!(reply.head.contains(&header), "{}", reply.head);
            // Whoever tells of a failure can say which one it was.
            assert_eq!(reply.body.contains(&trace(n)), status == 500, "{path}");
        }
    });
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    let log = log.join().unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    for n in 0..20 {
        let (path, route, status, statements) = PAGES[n % 5];
        let of_it: Vec<&Value> = lines
            .iter()
            .filter(|line| line["trace_id"] == trace(n))
            .collect();
        let with = |key: &str, value: &str| of_it.iter().filter(|line| line[key] == value).count();
        assert_eq!(with("target", "sqlx::query"), statements, "{path}");
        let is_panic = path == "/panic";
        assert_eq!(with("message", "process.panic"), usize::from(is_panic));
        let end = match is_panic {
            true => "demo.endpoint.exception",
            false => "demo.endpoint.stop",
        };
        let ends: Vec<_> = of_it.iter().filter(|line| line["message"] == end).collect();
        assert_eq!(ends.len(), 1, "{path}: {of_it:?}");
        assert_eq!(ends[0]["route"], route);
        assert_eq!(ends[0]["method"], "GET");
        assert!(ends[0]["duration_ns"].is_u64(), "{}", ends[0]);
        assert_eq!(ends[0]["level"], if is_panic { "ERROR" } else { "INFO" });
        if !is_panic {
            assert_eq!(ends[0]["status"], status);
        }
        let is_a_loop = path.starts_with("/users-slow");
        assert_eq!(
            with("message", "telemetry.n_plus_one"),
            usize::from(is_a_loop)
        );
        let others = usize::from(is_panic) + usize::from(is_a_loop);
        assert_eq!(of_it.len(), statements + 1 + others, "{of_it:?}");
    }
    // Nor is there a line of a request without.
    for line in &lines {
        let text = line.to_string();
        if text.contains("demo.endpoint") || text.contains("process.panic") {
            assert!(line["trace_id"].is_string(), "{line}");
        }
    }
}

#[test]
fn what_another_task_does_for_a_request_and_takes_too_long_has_its_trace() {
    let folder = std::env::temp_dir().join(format!("demo-app-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite://{}", folder.join("demo.db").display());
    let mut program = Program::start(&[
        "--log",
        "json",
        "--password-cost",
        "low",
        "--database",
        &url,
    ]);
    let log = collect(&mut program);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    runtime().block_on(async {
        let mut visitor = tracing(program.address, trace);
        let csrf = csrf(&visitor.get("/sign-up").await);
        // Another process writes, for longer than sqlx thinks a statement should take.
        let mut other = SqliteConnection::connect(&url).await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let release = async {
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            other.execute("ROLLBACK").await.unwrap();
        };
        let form = [("csrf", &*csrf), ("name", "Marie"), ("password", PASSWORD)];
        let (reply, ()) = tokio::join!(visitor.post("/sign-up", &form), release);
        assert_eq!(reply.status, 303, "{}", reply.body);
    });
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    let log = log.join().unwrap();
    let slow: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .filter(|line: &Value| line["target"] == "sqlx::query")
        .collect();
    assert!(!slow.is_empty(), "{log}");
    for line in slow {
        assert_eq!(line["level"], "WARN", "{line}");
        assert_eq!(line["trace_id"], trace, "{line}");
        assert!(!line.to_string().contains("Marie"), "{line}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn as_text_each_event_is_a_line_too() {
    let mut program = Program::start(&["--log", "text"]);
    let log = collect(&mut program);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    runtime().block_on(async {
        for path in ["/panic", "/users-fast"] {
            tracing(program.address, trace).get(path).await;
        }
    });
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    let log = log.join().unwrap();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 3, "the panic, and two requests: {log}");
    for line in &lines {
        assert!(line.starts_with("20"), "it begins with the time: {line}");
        assert!(line.contains(trace), "{line}");
    }
    assert!(lines[2].contains("route=\"/users-fast\""), "{log}");
    assert!(!log.contains('\u{1b}'), "no colours in a file");
}

#[test]
fn a_log_that_nobody_reads_holds_up_no_request() {
    let mut program = Program::start(&["--log", "json", "--log-filter", "info,sqlx=debug"]);
    runtime().block_on(async {
        // Several times what a pipe holds.
        for _ in 0..60 {
            let reply = http::get(program.address, "/users-slow").await;
            assert_eq!(reply.status, 200);
        }
    });
    let began = Instant::now();
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_filter_that_is_none_is_refused() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .args(["--log", "text", "--log-filter", "sqlx=loud"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("info,sqlx=debug"), "{said}");
}
