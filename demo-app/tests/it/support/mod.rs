//! What the tests share.

#[allow(dead_code, reason = "the tests in `tests/alerts` use all of it")]
pub(crate) mod alerting;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod query_log;
pub(crate) mod servers;
pub(crate) mod socket;
pub(crate) mod visitor;

use std::fmt::Debug;
use std::future::Future;
use std::ops::Deref;
use std::time::{Duration, Instant};

use demo_app::{Config, Demo};
use telemetry_metrics::Data;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Mutex, MutexGuard};

/// How long anything may take before a test gives up on it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The event bus is global, so two applications in one process would count each other's requests.
/// Tests that run one take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// Tests that keep all processors busy for half a minute take turns, so that what they measure is not
/// each other.
pub(crate) static HEAVY: Mutex<()> = Mutex::const_new(());

/// An application in the test's own process.
pub(crate) struct TestDemo {
    pub(crate) demo: Demo,
    pub(crate) _turn: MutexGuard<'static, ()>,
}

impl TestDemo {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let turn = TURN.lock().await;
        // Before the start, so that it sees the first statement.
        query_log::install();
        let demo = Demo::start(config).await.expect("the demo starts");
        Self { demo, _turn: turn }
    }

    pub(crate) async fn get(&self, path: &str) -> http::Reply {
        http::get(self.demo.address(), path).await
    }

    /// How many events the counter `name` has counted in the series with these tags.
    pub(crate) fn counted(&self, name: &str, tags: &[(&str, &str)]) -> u64 {
        match self.demo.aggregator().snapshot().find(name, tags) {
            Some(Data::Counter(count)) => *count,
            Some(other) => panic!("{name} is {other:?}"),
            None => 0,
        }
    }

    /// How many requests to a route were answered so, once it is as many as expected.
    pub(crate) async fn requests(&self, route: &str, status: &str, outcome: &str, expected: u64) {
        let tags = [
            ("method", "GET"),
            ("route", route),
            ("status", status),
            ("outcome", outcome),
        ];
        let count = || async { self.counted("demo.endpoint.stop.count", &tags) };
        eventually(count, |count| *count >= expected).await;
        assert_eq!(count().await, expected, "{tags:?}");
    }
}

impl Deref for TestDemo {
    type Target = Demo;

    fn deref(&self) -> &Demo {
        &self.demo
    }
}

/// For tests that have no runtime, because what they test is a process.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Asks again until the answer is good, and returns it.
pub(crate) async fn eventually<T: Debug, F: Future<Output = T>>(
    mut ask: impl FnMut() -> F,
    good: impl Fn(&T) -> bool,
) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = ask().await;
        if good(&answer) {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "still {answer:?} after {DEADLINE:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What the datagrams that arrive now say that a counter has grown by.
pub(crate) fn received(socket: &std::net::UdpSocket, prefix: &str) -> u64 {
    let mut buffer = [0; 65_536];
    let Ok(length) = socket.recv(&mut buffer) else {
        return 0;
    };
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    text.lines()
        .filter_map(|line| {
            line.strip_prefix(prefix)?
                .strip_suffix("|c")?
                .parse::<u64>()
                .ok()
        })
        .sum()
}
