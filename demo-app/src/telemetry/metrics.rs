//! All metric definitions of this application, in one place that a newcomer finds at once.

use telemetry_metrics::{Metric, counter, distribution, last_value, summary};

/// The definitions.
#[must_use]
pub fn metrics() -> Vec<Metric> {
    vec![
        // Requests.
        counter("demo.endpoint.stop.count")
            .tags(["method", "route", "status", "outcome"])
            .description("Requests answered, or given up by the client"),
        counter("demo.endpoint.exception.count")
            .tags(["route"])
            .description("Requests whose handler panicked"),
        distribution("demo.endpoint.duration")
            .events(["demo.endpoint.stop", "demo.endpoint.exception"])
            .tags(["route", "outcome"])
            .description("Time from a request to the end of its answer"),
        // Queries.
        summary("demo.repo.query.total_time")
            .tags(["source", "command"])
            .description("Time of a query, waiting for a connection included"),
        distribution("demo.repo.query.queue_time")
            .tags(["source", "command"])
            .description("Time that a query waited for a connection"),
        // The process.
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
