//! Standard output that is a pipe, with a real child process: whoever reads it may go away.
//!
//! The child is this very binary, told by a variable to be one. It ends by itself before the test
//! harness could say anything more.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_console::Console;

const MODE: &str = "TELEMETRY_CONSOLE_CHILD";
const SOON: Duration = Duration::from_secs(20);

/// Ends the child if the test fails.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn child(mode: &str) -> Ends {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_child", "--nocapture", "--include-ignored"])
        .env(MODE, mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Ends(child)
}

fn status(child: &mut Ends) -> i32 {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(Instant::now() < deadline, "the child ends");
        std::thread::yield_now();
    }
}

/// What the child says, on standard output but for the harness's own, and on standard error.
fn run_with_reader_that_leaves(mode: &str) -> (String, i32) {
    let mut child = child(mode);
    let mut stdout = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("pipe.first") {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0, "a first line");
    }
    drop(stdout);
    child.0.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let status = status(&mut child);
    let mut stderr = String::new();
    child
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    (stderr, status)
}

#[test]
fn a_reader_that_leaves_costs_lines_and_nothing_else() {
    for mode in ["lines", "json", "background", "table"] {
        let (stderr, status) = run_with_reader_that_leaves(mode);
        // By the child's own account of what was written and what failed.
        assert_eq!(status, 0, "{mode}: {stderr}");
        assert!(!stderr.contains("panicked"), "{mode}: {stderr}");
    }
}

#[test]
fn a_reader_that_does_not_read_makes_nobody_wait_for_a_queue() {
    let mut child = child("unread");
    // By the child's own account; the pipe is full long before.
    assert_eq!(status(&mut child), 0);
}

#[test]
fn a_child_that_exits_at_once_has_written_every_line() {
    let mut child = child("exit");
    let mut stdout = String::new();
    child
        .0
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    assert_eq!(status(&mut child), 7);
    assert_eq!(stdout.matches("pipe.last n=").count(), 100, "{stdout}");
}

#[test]
#[ignore = "run by the others"]
fn the_child() {
    let Ok(mode) = std::env::var(MODE) else {
        return;
    };
    if mode == "exit" {
        let _console = Console::events().only(["pipe.*"]).start().unwrap();
        (0..100).for_each(|n| execute!("pipe.last", { n }));
        std::process::exit(7);
    }
    if mode == "unread" {
        let console = Console::events().only(["pipe.*"]).background(1 << 16);
        let console = console.start().unwrap();
        (0..50_000).for_each(|n| execute!("pipe.unread", { n }));
        std::process::exit(i32::from(console.stats().dropped == 0));
    }
    let aggregator = telemetry_metrics::Aggregator::builder()
        .metrics([telemetry_metrics::counter("pipe.first.count")])
        .start()
        .unwrap();
    let events = Console::events().only(["pipe.*"]);
    let console = match &*mode {
        "table" => Console::metrics(&aggregator).interval(SOON).start(),
        "json" => events.json().start(),
        "background" => events.background(1 << 20).start(),
        _ => events.start(),
    };
    let console = console.unwrap();
    execute!("pipe.first");
    console.flush(SOON).unwrap();
    let written = console.stats().written;
    let mut go = String::new();
    std::io::stdin().read_line(&mut go).unwrap();
    // The parent has closed its end.
    for _ in 0..50 {
        execute!("pipe.first");
    }
    let _ = console.flush(SOON);
    let stats = console.stats();
    let expected = if mode == "table" { 4 } else { 50 };
    let as_expected = stats.written == written && stats.failed == expected && stats.dropped == 0;
    let _ = writeln!(std::io::stderr(), "{stats:?}");
    drop(console);
    std::process::exit(i32::from(!as_expected));
}
