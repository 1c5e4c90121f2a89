//! Two hundred clients at once, of a real load tool, for half a minute; and others that hang up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::postgres::Postgres;
use crate::support::program::Program;
use crate::support::{HEAVY, eventually, http};

const SECONDS: u64 = 30;

/// So many for each route, two hundred together.
const CLIENTS: usize = 50;

/// Route, and the status that it answers.
const ROUTES: [(&str, u16); 4] = [
    ("/", 200),
    ("/users-fast", 200),
    ("/users-slow", 200),
    ("/fail", 500),
];

/// Connections at a time that hang up before they are answered.
const QUITTERS: usize = 8;

/// How many more files, and tasks, there may be at the end than at the beginning: a connection or two of the
/// database and of this test.
const MORE: usize = 8;

/// The same of threads: fewer than there would be of one for each look of the poller.
const MORE_THREADS: u64 = 3;

/// How much more memory may be held at the end than after a third of the time.
const GROWTH_KIB: u64 = 24 * 1024;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs hey, a load tool, and half a minute; .ci/run installs it and runs this"]
async fn two_hundred_clients_lose_no_event_and_leak_nothing_on_sqlite() {
    let _turn = HEAVY.lock().await;
    two_hundred_clients("sqlite::memory:").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs hey, PostgreSQL, and half a minute; .ci/run installs them and runs this"]
async fn two_hundred_clients_lose_no_event_and_leak_nothing_on_postgresql() {
    let _turn = HEAVY.lock().await;
    let server = Postgres::start("load-tool").await;
    two_hundred_clients(&server.url()).await;
}

async fn two_hundred_clients(database: &str) {
    // The landing page takes long enough to hang up on.
    let program = Program::start(&["--landing-delay-ms", "50-100", "--database", database]);
    let address = program.address;
    http::get(address, "/users-fast").await;
    let gauge = async |name: &str| gauge(&http::get(address, "/metrics").await.body, name);
    // The poller looks every five seconds, the first time when not everything has started, and nobody has asked.
    let peak = || gauge("demo_endpoint_in_flight_peak");
    eventually(peak, |n| *n >= Some(1.0)).await;
    let tasks = || gauge("vm_system_counts_tasks");
    let idle = tasks().await;
    let before = held(program.child.id());

    let tools: Vec<_> = ROUTES
        .iter()
        .map(|(route, status)| (*route, *status, start_hey(address, route)))
        .collect();
    let end = Instant::now() + Duration::from_secs(SECONDS);
    let warm = Duration::from_secs(SECONDS / 3);
    let quitters: Vec<_> = (0..QUITTERS)
        .map(|_| tokio::spawn(hang_up_until(address, end)))
        .collect();
    tokio::time::sleep(warm).await;
    let warm = held(program.child.id());
    // That there is nothing at the end says nothing of a gauge that never saw anything.
    eventually(peak, |n| *n >= Some(CLIENTS as f64)).await;
    let mut expected = BTreeMap::new();
    for (route, status, hey) in tools {
        let done = tokio::task::spawn_blocking(move || hey.wait_with_output());
        let output = done.await.expect("no panic").expect("an output");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = said.split("Error distribution:").nth(1);
        assert_eq!(errors, None, "{route}: {said}");
        let answered = responses(&said);
        assert!(answered.get(&status) > Some(&100), "{route}: {said}");
        for (status, times) in answered {
            // 500 is also what a machine that is too slow for so many makes of a full pool.
            assert!(matches!(status, 200 | 500), "{route}: {said}");
            let outcome = if status == 500 { "error" } else { "ok" };
            expected.insert(format!("{route} {status} {outcome}"), times);
        }
    }
    let mut quits = 0;
    for quitter in quitters {
        quits += quitter.await.expect("no panic");
    }
    // The one before.
    *expected.get_mut("/users-fast 200 ok").expect("there") += 1;

    let counted = || async { requests(&http::get(address, "/metrics").await.body) };
    eventually(counted, |counted| {
        expected.iter().all(|(key, n)| counted.get(key) >= Some(n))
    })
    .await;
    let mut counted = counted().await;
    counted.retain(|key, _| !key.starts_with("/metrics"));
    // A server that reads a request and the end of its connection at once does not begin with it. Those
    // that did begin are told apart by what is in flight, below.
    let cancelled = counted.remove("/  cancelled").unwrap_or_default();
    assert!((1..=quits).contains(&cancelled), "{cancelled} of {quits}");
    assert_eq!(counted, expected);

    // When the poller looks, nothing is in flight, and nobody has a connection of the pool or waits for one.
    for name in [
        "demo_endpoint_in_flight",
        "demo_repo_pool_in_use",
        "demo_repo_pool_waiting",
    ] {
        eventually(|| gauge(name), |n| *n == Some(0.0)).await;
    }
    // What was started has ended, and what was opened is closed.
    let most = idle.map(|idle| idle + MORE as f64);
    eventually(tasks, |tasks| *tasks <= most).await;
    let after = || async { held(program.child.id()) };
    // tokio has threads for work that blocks, for as long as ten seconds after, and the poller one more if the
    // machine is so busy that a look takes long.
    let after = eventually(after, |after| {
        after.files <= before.files + MORE && after.threads <= before.threads + MORE_THREADS
    })
    .await;
    assert!(
        after.memory_kib <= warm.memory_kib + GROWTH_KIB,
        "{before:?} {warm:?} {after:?}"
    );
}

fn start_hey(address: SocketAddr, route: &str) -> std::process::Child {
    Command::new("hey")
        .args(["-z", &format!("{SECONDS}s"), "-c", &CLIENTS.to_string()])
        .arg(format!("http://{address}{route}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("hey does not start ({error}): run .ci/setup"))
}

/// How often it was answered with which status, by lines such as `[200] 1234 responses`.
fn responses(said: &str) -> BTreeMap<u16, u64> {
    let lines = said
        .lines()
        .filter_map(|line| line.trim().strip_suffix(" responses"));
    lines
        .map(|line| {
            let (status, count) = line.split_once(']').expect("a status");
            let status = status.trim_start_matches('[').parse().expect("a status");
            (status, count.trim().parse().expect("a count"))
        })
        .collect()
}

/// Asks and hangs up, over and over; returns how often.
async fn hang_up_until(address: SocketAddr, end: Instant) -> u64 {
    let mut times = 0;
    while Instant::now() < end {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        drop(stream);
        times += 1;
        // A person does not reload a page more often.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    times
}

/// Requests by route, status and outcome.
fn requests(metrics: &str) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    let series = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("demo_endpoint_stop_count_total{"));
    for line in series {
        let (labels, count) = line.rsplit_once("} ").expect("a series");
        let label = |name: &str| {
            let start = labels.split(&format!("{name}=\"")).nth(1).unwrap_or("\"");
            start.split('"').next().unwrap_or_default().to_owned()
        };
        let key = format!(
            "{} {} {}",
            label("route"),
            label("status"),
            label("outcome")
        );
        *all.entry(key).or_default() += count.parse::<u64>().expect("a count");
    }
    all
}

fn gauge(metrics: &str, name: &str) -> Option<f64> {
    let mut lines = metrics.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    files: usize,
    threads: u64,
    memory_kib: u64,
}

fn held(process: u32) -> Held {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let figure = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_else(|| panic!("no {name} in {status}"))
    };
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    Held {
        files: files.count(),
        threads: figure("Threads:"),
        memory_kib: figure("VmRSS:"),
    }
}
