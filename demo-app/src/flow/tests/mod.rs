//! The whole of it, on databases of its own.

mod commands;
mod durable;
mod poison;
mod trace;

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{Flow, Settings, Tasks};
use crate::store::Store;

const DEADLINE: Duration = Duration::from_secs(20);

/// A database in memory, and the tasks on it.
struct Running {
    flow: Flow,
    tasks: Tasks,
    store: Store,
}

impl Running {
    async fn start() -> Self {
        Self::on("sqlite::memory:", Settings::suiting("sqlite::memory:")).await
    }

    async fn on(url: &str, settings: Settings) -> Self {
        let store = Store::open(url).await.expect("a database");
        let (flow, tasks) = Flow::start(store.pool(), settings)
            .await
            .expect("the tasks");
        Self { flow, tasks, store }
    }

    /// What a statement that asks for one number answers.
    async fn number(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement)
            .fetch_one(self.store.pool().inner())
            .await
            .expect("a number")
    }

    async fn execute(&self, statement: &'static str) {
        let done = sqlx::query(statement)
            .execute(self.store.pool().inner())
            .await;
        done.expect("a statement");
    }

    /// Waits until all readers have read everything.
    async fn caught_up(&self) {
        let behind = || async {
            self.number(
                "SELECT count(*) FROM event_readers \
                 WHERE position < (SELECT last FROM event_position)",
            )
            .await
        };
        eventually(behind, |behind| *behind == 0).await;
    }

    async fn stop(self) {
        assert!(self.tasks.stop(DEADLINE).await, "the tasks end");
        self.store.close().await;
    }
}

/// Asks again until the answer is good, and returns it.
async fn eventually<T: std::fmt::Debug, F: Future<Output = T>>(
    mut ask: impl FnMut() -> F,
    good: impl Fn(&T) -> bool,
) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let answer = ask().await;
        if good(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "still {answer:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A database file that is gone after the test.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("demo-flow-{}-{number}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.0.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
    }
}
