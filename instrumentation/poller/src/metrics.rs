//! The definitions that most people want.

use telemetry_metrics::{Metric, last_value};

/// Metrics of the built-in `vm.*` events: memory, processor time, and tokio's figures.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// let aggregator = Aggregator::builder().metrics(telemetry_poller::metrics()).start()?;
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[must_use]
pub fn metrics() -> Vec<Metric> {
    vec![
        last_value("vm.memory.total")
            .bytes()
            .description("Resident memory"),
        last_value("vm.memory.virtual")
            .bytes()
            .description("Virtual memory"),
        last_value("vm.cpu.time")
            .seconds()
            .description("Processor time since the poll before"),
        last_value("vm.cpu.cumulative")
            .seconds()
            .description("Processor time since the start"),
        last_value("vm.total_run_queue_lengths.total")
            .description("Tasks that wait in tokio's global queue"),
        last_value("vm.system_counts.threads").description("Threads of the process"),
        last_value("vm.system_counts.tasks").description("Tasks alive in tokio"),
        last_value("vm.system_counts.workers").description("Worker threads of tokio"),
        last_value("vm.system_counts.open_files").description("Open files and sockets"),
    ]
}
