//! A tokio runtime's own figures.

use std::time::{Duration, Instant};

use telemetry::execute;
use tokio::runtime::{Handle, RuntimeMetrics};

use super::{process, share};
use crate::measurement::Measurement;

pub(crate) fn run_queue(handle: Handle) -> Measurement {
    Measurement::new("vm.total_run_queue_lengths", move || {
        let total = handle.metrics().global_queue_depth();
        execute!("vm.total_run_queue_lengths", { total });
    })
}

pub(crate) fn system_counts(handle: Handle) -> Measurement {
    Measurement::new("vm.system_counts", move || {
        let metrics = handle.metrics();
        let (tasks, workers) = (metrics.num_alive_tasks(), metrics.num_workers());
        let (threads, open_files) = (process::threads(), process::open_files());
        let open_files_limit = process::open_files_limit();
        execute!("vm.system_counts", { threads, tasks, workers, open_files, open_files_limit });
    })
}

pub(crate) fn tokio(handle: Handle) -> Measurement {
    let mut last = (Instant::now(), Totals::read(&handle.metrics()));
    Measurement::new("vm.tokio", move || {
        let metrics = handle.metrics();
        let now = Instant::now();
        let totals = Totals::read(&metrics);
        let busy_time = since(totals.busy, last.1.busy, Duration::saturating_sub);
        let parks = since(totals.parks, last.1.parks, u64::saturating_sub);
        let utilization =
            busy_time.and_then(|busy| share(busy, now - last.0, metrics.num_workers()));
        #[cfg(not(tokio_unstable))]
        execute!("vm.tokio", { busy_time, utilization, parks });
        #[cfg(tokio_unstable)]
        {
            let counts = totals.counts.since(&last.1.counts);
            execute!("vm.tokio", {
                busy_time,
                utilization,
                parks,
                blocking_threads: metrics.num_blocking_threads(),
                idle_blocking_threads: metrics.num_idle_blocking_threads(),
                blocking_queue: metrics.blocking_queue_depth(),
                local_queue: unstable::local_queue(&metrics),
                mean_poll_time: unstable::mean_poll_time(&metrics),
                spawned: counts.spawned,
                polls: counts.polls,
                steals: counts.steals,
                overflows: counts.overflows,
                remote_schedules: counts.remote_schedules,
                forced_yields: counts.forced_yields,
            });
        }
        last = (now, totals);
    })
}

/// What only grows, over all workers; `None` where tokio does not know, for want of atomics of 64
/// bits.
struct Totals {
    busy: Option<Duration>,
    parks: Option<u64>,
    #[cfg(tokio_unstable)]
    counts: unstable::Counts,
}

impl Totals {
    #[cfg(target_has_atomic = "64")]
    fn read(metrics: &RuntimeMetrics) -> Self {
        let busy = |worker| metrics.worker_total_busy_duration(worker);
        let parks = |worker| metrics.worker_park_count(worker);
        Self {
            busy: Some(workers(metrics).map(busy).sum()),
            parks: Some(workers(metrics).map(parks).sum()),
            #[cfg(tokio_unstable)]
            counts: unstable::Counts::read(metrics),
        }
    }

    #[cfg(not(target_has_atomic = "64"))]
    fn read(_metrics: &RuntimeMetrics) -> Self {
        Self {
            busy: None,
            parks: None,
            #[cfg(tokio_unstable)]
            counts: unstable::Counts::default(),
        }
    }
}

#[cfg(any(target_has_atomic = "64", tokio_unstable))]
fn workers(metrics: &RuntimeMetrics) -> std::ops::Range<usize> {
    0..metrics.num_workers()
}

fn since<T>(now: Option<T>, before: Option<T>, minus: fn(T, T) -> T) -> Option<T> {
    Some(minus(now?, before?))
}

/// What tokio tells with `--cfg tokio_unstable` only, and may tell otherwise tomorrow.
#[cfg(tokio_unstable)]
mod unstable {
    use super::{Duration, RuntimeMetrics, workers};

    /// What only grows, over all workers.
    #[derive(Default)]
    pub(super) struct Counts {
        pub(super) spawned: u64,
        pub(super) polls: u64,
        pub(super) steals: u64,
        pub(super) overflows: u64,
        pub(super) remote_schedules: u64,
        pub(super) forced_yields: u64,
    }

    impl Counts {
        #[cfg(target_has_atomic = "64")]
        pub(super) fn read(metrics: &RuntimeMetrics) -> Self {
            let sum = |of: fn(&RuntimeMetrics, usize) -> u64| -> u64 {
                workers(metrics).map(|worker| of(metrics, worker)).sum()
            };
            Self {
                spawned: metrics.spawned_tasks_count(),
                polls: sum(RuntimeMetrics::worker_poll_count),
                steals: sum(RuntimeMetrics::worker_steal_count),
                overflows: sum(RuntimeMetrics::worker_overflow_count),
                remote_schedules: metrics.remote_schedule_count(),
                forced_yields: metrics.budget_forced_yield_count(),
            }
        }

        pub(super) fn since(&self, before: &Self) -> Self {
            Self {
                spawned: self.spawned.saturating_sub(before.spawned),
                polls: self.polls.saturating_sub(before.polls),
                steals: self.steals.saturating_sub(before.steals),
                overflows: self.overflows.saturating_sub(before.overflows),
                remote_schedules: self
                    .remote_schedules
                    .saturating_sub(before.remote_schedules),
                forced_yields: self.forced_yields.saturating_sub(before.forced_yields),
            }
        }
    }

    /// Tasks in the workers' own queues.
    pub(super) fn local_queue(metrics: &RuntimeMetrics) -> usize {
        let depth = |worker| metrics.worker_local_queue_depth(worker);
        workers(metrics).map(depth).sum()
    }

    /// Of the worker whose polls take longest: tokio's own moving average.
    #[cfg(target_has_atomic = "64")]
    pub(super) fn mean_poll_time(metrics: &RuntimeMetrics) -> Option<Duration> {
        workers(metrics)
            .map(|worker| metrics.worker_mean_poll_time(worker))
            .max()
    }

    #[cfg(not(target_has_atomic = "64"))]
    pub(super) fn mean_poll_time(_metrics: &RuntimeMetrics) -> Option<Duration> {
        None
    }
}
