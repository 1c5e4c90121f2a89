//! The definitions that most people want.

use telemetry_metrics::{Metric, last_value};

/// Metrics of the built-in `vm.*` events: memory, processor time, threads and files, and with the
/// feature `tokio` the figures of its runtime.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder().metrics(telemetry_poller::metrics()).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics() -> Vec<Metric> {
    let metrics = process().into_iter();
    #[cfg(feature = "tokio")]
    let metrics = metrics.chain(runtime());
    #[cfg(all(feature = "tokio", tokio_unstable))]
    let metrics = metrics.chain(unstable());
    metrics.collect()
}

fn process() -> [Metric; 8] {
    [
        last_value("vm.memory.total")
            .bytes()
            .option("otel_name", "process.memory.usage")
            .description("Resident memory"),
        last_value("vm.memory.virtual")
            .bytes()
            .option("otel_name", "process.memory.virtual")
            .description("Virtual memory"),
        last_value("vm.cpu.time")
            .seconds()
            .description("Processor time since the poll before"),
        last_value("vm.cpu.cumulative")
            .seconds()
            .option("otel_name", "process.cpu.time")
            .description("Processor time since the start"),
        last_value("vm.cpu.utilization")
            .option("otel_name", "process.cpu.utilization")
            .description("Part of the available processor time that was used, from 0 to 1"),
        last_value("vm.system_counts.threads")
            .option("otel_name", "process.thread.count")
            .description("Threads of the process"),
        last_value("vm.system_counts.open_files")
            .option("otel_name", "process.unix.file_descriptor.count")
            .description("Open files and sockets"),
        last_value("vm.system_counts.open_files_limit")
            .description("Files and sockets that the process may open"),
    ]
}

#[cfg(feature = "tokio")]
fn runtime() -> [Metric; 6] {
    [
        last_value("vm.total_run_queue_lengths.total")
            .description("Tasks that wait in tokio's global queue"),
        last_value("vm.system_counts.tasks").description("Tasks alive in tokio"),
        last_value("vm.system_counts.workers").description("Worker threads of tokio"),
        last_value("vm.tokio.busy_time")
            .description("Time that tokio's workers were busy since the poll before"),
        last_value("vm.tokio.utilization")
            .description("Part of the time of tokio's workers that they were busy, from 0 to 1"),
        last_value("vm.tokio.parks")
            .description("How often tokio's workers went to sleep since the poll before"),
    ]
}

#[cfg(all(feature = "tokio", tokio_unstable))]
fn unstable() -> [Metric; 11] {
    [
        last_value("vm.tokio.blocking_threads").description("Threads of tokio for blocking work"),
        last_value("vm.tokio.idle_blocking_threads")
            .description("Threads of tokio for blocking work that have none"),
        last_value("vm.tokio.blocking_queue")
            .description("Blocking work that waits for one of tokio's threads"),
        last_value("vm.tokio.local_queue")
            .description("Tasks that wait in the queues of tokio's workers"),
        last_value("vm.tokio.mean_poll_time")
            .description("Time of a poll, of the worker of tokio where it is longest"),
        last_value("vm.tokio.spawned").description("Tasks spawned since the poll before"),
        last_value("vm.tokio.polls").description("Tasks polled since the poll before"),
        last_value("vm.tokio.steals")
            .description("Tasks that tokio's workers took from each other since the poll before"),
        last_value("vm.tokio.overflows")
            .description("Full queues of tokio's workers since the poll before"),
        last_value("vm.tokio.remote_schedules")
            .description("Tasks woken from outside of tokio since the poll before"),
        last_value("vm.tokio.forced_yields")
            .description("Tasks sent back for using up their budget since the poll before"),
    ]
}

/// Metrics of `{prefix}.mailbox`: how deep each queue is, and how deep it may become.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder()
///     .metrics(telemetry_poller::mailbox_metrics("shop"))
///     .metrics(telemetry_poller::table_metrics("shop"))
///     .start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn mailbox_metrics(prefix: &str) -> Vec<Metric> {
    vec![
        last_value(format!("{prefix}.mailbox.depth"))
            .tags(["name"])
            .description("What waits in the queue"),
        last_value(format!("{prefix}.mailbox.capacity"))
            .tags(["name"])
            .description("What can wait in the queue at most")
            // A queue without a limit says none.
            .drop_when(|event| event.measurement("capacity").is_none()),
    ]
}

/// Metrics of `{prefix}.table`: how large each map is.
#[must_use]
pub fn table_metrics(prefix: &str) -> Vec<Metric> {
    vec![
        last_value(format!("{prefix}.table.size"))
            .tags(["name"])
            .description("What is in the table"),
    ]
}
