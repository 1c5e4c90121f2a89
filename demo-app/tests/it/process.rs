//! The program as a process: its first line, and how it ends.

use std::io::Read;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::program::Program;
use crate::support::{DEADLINE, http, runtime};

#[test]
fn both_signals_end_it_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut program = Program::start(&[]);
        let runtime = runtime();
        let reply = runtime.block_on(http::get(program.address, "/users-slow"));
        assert_eq!(reply.status, 200);
        program.signal(signal);
        assert_eq!(program.wait().code(), Some(0), "{signal:?}");
        assert_eq!(program.said(), "");
        let mut rest = String::new();
        program.out.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "one line is all it prints");
    }
}

#[test]
fn the_environment_says_what_flags_say() {
    let folder = std::env::temp_dir().join(format!("demo-app-env-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("demo.db");
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut program = Program::start_with(&["--flush-ms", "20"], |command| {
        command
            .env("DATABASE_URL", format!("sqlite://{}", file.display()))
            .env("STATSD", daemon.local_addr().unwrap().to_string());
    });
    assert!(
        daemon.recv(&mut [0; 65_536]).is_ok(),
        "the poller's figures arrive"
    );
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    assert!(file.exists());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn with_a_dead_statsd_address_it_ends_in_time_and_says_so() {
    let dead = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut program = Program::start(&["--statsd", &dead.to_string(), "--flush-ms", "3600000"]);
    let started = Instant::now();
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5));
    let said = program.said();
    assert!(said.contains("StatsD") || said.contains("statsd"), "{said}");
}

#[test]
fn the_console_shows_each_event() {
    let mut program = Program::start(&["--console", "json"]);
    let runtime = runtime();
    let reply = runtime.block_on(http::get(program.address, "/users-fast"));
    assert_eq!(reply.status, 200);
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    let mut rest = String::new();
    program.out.read_to_string(&mut rest).unwrap();
    let events: Vec<serde_json::Value> = rest
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let request = events
        .iter()
        .find(|event| event["name"] == "demo.endpoint.stop");
    let request = request.unwrap_or_else(|| panic!("{rest}"));
    assert_eq!(request["metadata"]["route"], "/users-fast");
    assert!(request["trace_id"].is_string(), "{request}");
    assert!(
        events
            .iter()
            .any(|event| event["name"] == "demo.repo.query"),
        "{rest}"
    );
}

#[test]
fn who_asks_twice_does_not_wait_for_a_thread_that_is_stuck() {
    let mut program = Program::start(&[]);
    let runtime = runtime();
    // Each panic is told on standard error, which nobody reads, until it is full.
    runtime.block_on(async {
        let asked = || http::try_get(program.address, "/panic");
        let patience = Duration::from_secs(1);
        while tokio::time::timeout(patience, asked()).await.is_ok() {}
    });
    let started = Instant::now();
    while matches!(program.child.try_wait(), Ok(None)) {
        assert!(started.elapsed() < Duration::from_secs(8), "it waits");
        program.signal(Signal::TERM);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(program.wait().code(), Some(0));
}
