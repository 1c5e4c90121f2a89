//! What makes the queries of a dashboard answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use telemetry::{EventName, execute};
use telemetry_metrics::{Metric, counter, distribution, last_value, sum};

/// Emits until it is dropped: rates need numbers that grow between scrapes.
pub(super) struct Traffic {
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Traffic {
    pub(super) fn start(mut emit: impl FnMut(u64) + Send + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let run = move || {
            let mut n = 0;
            while !stopped.load(Ordering::Relaxed) {
                emit(n);
                n += 1;
                thread::sleep(Duration::from_millis(5));
            }
        };
        Self {
            stop,
            thread: Some(thread::spawn(run)),
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(thread::JoinHandle::join);
        // A second panic would end the process, and hide the first.
        assert!(
            thread::panicking() || !matches!(ended, Some(Err(_))),
            "the traffic panicked"
        );
    }
}

/// Emits what makes every definition of the application speak, under a prefix, and the library's own
/// families, too.
pub(super) fn traffic(prefix: &str) -> Traffic {
    let event = |name: &str| EventName::new(&format!("{prefix}.{name}")).unwrap();
    let [stop, exception, query] = ["endpoint.stop", "endpoint.exception", "repo.query"].map(event);
    let [memory, cpu, queue] = ["memory", "cpu", "total_run_queue_lengths"].map(event);
    let [counts, endpoint, limited] = ["system_counts", "endpoint", "limited"].map(event);
    let [pool, tokio, transaction] = ["repo.pool", "tokio", "repo.transaction"].map(event);
    let [job, jobs] = ["jobs.attempt.stop", "jobs.queue"].map(event);
    let passing = event("passing");
    Traffic::start(move |n| {
        let duration = Duration::from_millis(n % 50);
        let outcome = if n % 4 == 0 { "error" } else { "ok" };
        execute!(
            stop,
            { duration, bytes: n },
            { method: "GET", route: "/", status: 200, outcome }
        );
        execute!(exception, { duration }, { route: "/", outcome: "panic" });
        execute!(
            query,
            { total_time: duration, queue_time: duration, rows: n % 7 },
            { source: "users", command: "select", outcome: "ok" }
        );
        execute!(pool, { in_use: n % 5, max: 5, waiting: 0 });
        execute!(transaction, { duration }, { ended: "committed" });
        execute!(tokio, { utilization: 0.5 });
        execute!(job, { duration }, { outcome: "ok" });
        execute!(jobs, { depth: n % 3, capacity: 3 });
        execute!(memory, { total: 17 + n });
        execute!(cpu, { cumulative: duration });
        execute!(queue, { total: 3 });
        execute!(counts, { threads: 3, tasks: 7, open_files: 17, open_files_limit: 1024 });
        execute!(endpoint, { change: 1 });
        execute!(limited, {}, { n: n % 3 });
        // A series that is left after some scrapes, and expires.
        execute!(passing, {}, { job_id: n / 500 });
    })
}

/// What else there may be to rows for.
pub(super) fn more(prefix: &str) -> Vec<Metric> {
    let name = |rest: &str| format!("{prefix}.{rest}");
    vec![
        counter(name("repo.query.count")).tags(["source", "command", "outcome"]),
        sum(name("repo.query.rows")).tags(["source"]),
        counter(name("repo.transaction.count")).tags(["ended"]),
        last_value(name("repo.pool.in_use")),
        last_value(name("repo.pool.max")),
        last_value(name("repo.pool.waiting")),
        last_value(name("tokio.utilization")),
        last_value(name("system_counts.tasks")),
        last_value(name("system_counts.open_files")),
        last_value(name("system_counts.open_files_limit")),
        distribution(name("jobs.attempt.stop.duration")).tags(["outcome"]),
        last_value(name("jobs.queue.depth")),
        last_value(name("jobs.queue.capacity")),
    ]
}
