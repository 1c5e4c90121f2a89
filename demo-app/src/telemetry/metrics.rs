//! All metric definitions of this application, in one place that a newcomer finds at once.

use telemetry_metrics::{Metric, counter, distribution, last_value, sum, summary};

use super::objectives;
use crate::{Config, upstream, work};

/// Buckets for what is mostly done before a request would be, in seconds.
const FROM_A_TENTH_OF_A_MILLISECOND: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
];

/// The definitions, in the groups in which the dashboard shows them.
#[must_use]
pub fn metrics() -> Vec<Metric> {
    metrics_for(&Config::default())
}

/// The definitions, with those of the objectives that these settings have.
pub(crate) fn metrics_for(config: &Config) -> Vec<Metric> {
    let groups = [
        ("Requests", requests()),
        ("Database", database()),
        ("Accounts", accounts()),
        ("Commands and events", flow()),
        ("Live page", live()),
        ("Jobs", jobs()),
        ("Outgoing calls", calls()),
        // What arrives there.
        ("Other service", telemetry_http::metrics(upstream::SERVER)),
        ("Visitors", visitors()),
        ("Process", process()),
    ];
    let in_groups = groups.into_iter().flat_map(|(group, metrics)| {
        let with_group = move |metric: Metric| metric.option("nav", group);
        metrics.into_iter().map(with_group)
    });
    let objectives = objectives(config).into_iter();
    // They are in a group of their own.
    let of_objectives = objectives.flat_map(|objective| objective.metrics());
    let all = in_groups.chain(of_objectives);
    all.chain(telemetry_slo::metrics()).collect()
}

/// Requests.
fn requests() -> Vec<Metric> {
    vec![
        counter("demo.endpoint.stop.count")
            .tags(["method", "route", "status", "outcome"])
            .description("Requests answered, or given up by the client"),
        counter("demo.endpoint.exception.count")
            .tags(["route"])
            .description("Requests whose handler panicked"),
        distribution("demo.endpoint.duration")
            .events(["demo.endpoint.stop", "demo.endpoint.exception"])
            .tags(["method", "route", "status", "outcome"])
            .option("otel_name", "http.server.request.duration")
            .description("Time from a request to the end of its answer"),
        last_value("demo.endpoint.in_flight.count")
            .option("otel_name", "http.server.active_requests")
            .description("Requests in flight"),
        last_value("demo.endpoint.in_flight.peak")
            .description("The most requests in flight at once since the poll before"),
    ]
}

/// Queries.
fn database() -> Vec<Metric> {
    vec![
        counter("demo.repo.query.count")
            .tags(["source", "command", "outcome"])
            .description("Statements, by how they ended"),
        summary("demo.repo.query.total_time")
            .tags(["system", "source", "command"])
            .option("otel_name", "db.client.operation.duration")
            .description("Time of a query, waiting for a connection included"),
        distribution("demo.repo.query.queue_time")
            .tags(["source", "command"])
            .buckets(FROM_A_TENTH_OF_A_MILLISECOND)
            .drop_when(|event| event.measurement("queue_time").is_none())
            .option("otel_name", "db.client.connection.wait_time")
            .description("Time that a query waited for a connection, if it had none"),
        sum("demo.repo.query.rows")
            .tags(["source", "command"])
            .description("Rows that statements gave or changed"),
        counter("demo.repo.transaction.count")
            .tags(["ended"])
            .description("Transactions, by how they ended"),
        distribution("demo.repo.transaction.duration")
            .tags(["ended"])
            .buckets(FROM_A_TENTH_OF_A_MILLISECOND)
            .description("Time of a transaction, waiting for a connection included"),
        counter("demo.n_plus_one.count")
            .event("telemetry.n_plus_one")
            .tags(["route", "source"])
            .description("Requests that ran the same query again and again"),
        last_value("demo.repo.pool.in_use")
            .option("otel_name", "db.client.connection.count")
            .option(
                "otel_attributes",
                "db.client.connection.state=used,db.client.connection.pool.name=demo",
            )
            .description("Connections in use"),
        last_value("demo.repo.pool.max")
            .option("otel_name", "db.client.connection.max")
            .option("otel_attributes", "db.client.connection.pool.name=demo")
            .description("Connections that there can be"),
        last_value("demo.repo.pool.waiting")
            .option("otel_name", "db.client.connection.pending_requests")
            .option("otel_attributes", "db.client.connection.pool.name=demo")
            .description("Tasks that wait for a connection"),
    ]
}

/// Accounts and forms.
fn accounts() -> Vec<Metric> {
    vec![
        counter("demo.accounts.sign_up.count")
            .tags(["outcome", "reason"])
            .description("Attempts to sign up"),
        counter("demo.accounts.log_in.count")
            .tags(["outcome", "reason"])
            .description("Attempts to log in"),
        distribution("demo.accounts.log_in.duration")
            .tags(["outcome"])
            .description("Time that an attempt to log in took"),
        counter("demo.accounts.log_out.count")
            .tags(["outcome", "reason"])
            .description("Attempts to log out"),
        distribution("demo.accounts.hash_password.duration")
            .tags(["operation", "outcome"])
            .description("Time that hashing a password took"),
        summary("demo.accounts.hash_password.queue_time")
            .tags(["operation"])
            .description("Time that a password waited for a core"),
        counter("demo.forms.refused.count")
            .tags(["form", "reason"])
            .description("Forms that were not taken: not ours, too large, or no forms"),
        counter("demo.todos.change.count")
            .tags(["action", "outcome", "reason"])
            .description("Attempts to change a to-do item"),
        last_value("demo.table.size")
            .tags(["name"])
            .description("What a map in memory holds: names whose attempts are remembered"),
        last_value("demo.sessions.active").description("Sessions that are not over"),
    ]
}

/// Commands, stored events and what is made of them.
fn flow() -> Vec<Metric> {
    vec![
        counter("demo.commands.handle.stop.count")
            .tags(["command", "outcome", "reason"])
            .description("Commands decided, or given up"),
        counter("demo.commands.handle.exception.count")
            .tags(["command"])
            .description("Commands whose handler panicked"),
        distribution("demo.commands.handle.duration")
            .events([
                "demo.commands.handle.stop",
                "demo.commands.handle.exception",
            ])
            .tags(["command", "outcome"])
            .buckets(FROM_A_TENTH_OF_A_MILLISECOND)
            .description("Time that deciding a command took"),
        summary("demo.commands.handle.stop.queue_time")
            .tags(["command"])
            .description("Time that a command waited for its turn"),
        counter("demo.commands.refuse.count")
            .tags(["command", "reason"])
            .description("Commands not accepted, or not answered in time"),
        counter("demo.events.append.count")
            .tags(["event"])
            .description("Events stored"),
        counter("demo.events.set_aside.count")
            .tags(["reader", "event", "reason"])
            .description("Events given up because no attempt could use them"),
        counter("demo.projection.apply.stop.count")
            .tags(["projection", "event", "outcome"])
            .description("Attempts to project an event"),
        counter("demo.projection.apply.exception.count")
            .tags(["projection", "event"])
            .description("Attempts to project an event that panicked"),
        distribution("demo.projection.apply.stop.lag")
            .seconds()
            .buckets([0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0])
            .tags(["projection"])
            .description("Time from storing an event to its being projected"),
        counter("demo.process.react.stop.count")
            .tags(["process", "event", "outcome"])
            .description("Attempts to answer an event with a command"),
        counter("demo.process.react.exception.count")
            .tags(["process", "event"])
            .description("Attempts to answer an event that panicked"),
        last_value("demo.projection.lag.events")
            .tags(["projection"])
            .description("Events that a reader has yet to read"),
        last_value("demo.projection.lag.age")
            .seconds()
            .tags(["projection"])
            .description("Age of the event that a reader is at"),
        last_value("demo.mailbox.depth")
            .tags(["name"])
            .description("Messages that wait in a channel"),
        last_value("demo.mailbox.capacity")
            .tags(["name"])
            .description("Messages that have room in a channel"),
    ]
}

/// The live page and its WebSockets.
fn live() -> Vec<Metric> {
    vec![
        counter("demo.channel.joined.count")
            .tags(["channel", "outcome"])
            .description("WebSockets opened"),
        distribution("demo.channel.handle_in.duration")
            .tags(["channel", "event", "outcome"])
            .description("Time that a message of a WebSocket took to be handled"),
        counter("demo.channel.closed.count")
            .tags(["channel", "reason"])
            .description("WebSockets closed"),
        counter("demo.live.handle_event.stop.count")
            .tags(["event", "outcome"])
            .description("Clicks handled, or given up with their socket"),
        counter("demo.live.handle_event.exception.count")
            .tags(["event"])
            .description("Clicks whose handler panicked"),
        distribution("demo.live.handle_event.duration")
            .events([
                "demo.live.handle_event.stop",
                "demo.live.handle_event.exception",
            ])
            .tags(["event", "outcome"])
            .description("Time that a click took on the server"),
        distribution("demo.live.render.duration")
            .buckets([0.000_01, 0.000_1, 0.001, 0.01, 0.1])
            .description("Time that rendering took"),
        counter("demo.live.refused.count")
            .tags(["reason"])
            .description("WebSockets refused"),
        last_value("demo.live.sockets.open").description("WebSockets open"),
        last_value("demo.live.sockets.limit").description("WebSockets that may be open"),
    ]
}

/// Jobs: what the instrumentation ships, and what that leaves out.
fn jobs() -> Vec<Metric> {
    let mut metrics = telemetry_jobs::metrics(work::PREFIX);
    // Here they are done one by one.
    let of_batches = format!("{}.batch.", work::PREFIX);
    metrics.retain(|metric| !metric.name().starts_with(&of_batches));
    metrics.extend([sum("demo.jobs.refused.jobs")
        .tags(["worker", "reason"])
        .description("Jobs not taken")]);
    metrics
}

/// Calls to the other service.
fn calls() -> Vec<Metric> {
    let mut metrics = telemetry_http::client_metrics(upstream::CALLS);
    metrics.extend([
        counter("demo.quotes.fetch.count")
            .tags(["outcome", "reason"])
            .description("Quotes that were asked for"),
        distribution("demo.quotes.fetch.duration")
            .tags(["outcome"])
            .description("Time that getting a quote took"),
        last_value("demo.upstream.calls.in_flight").description("Calls under way"),
        last_value("demo.upstream.calls.limit").description("Calls that may be under way"),
    ]);
    metrics
}

/// Virtual visitors, and what is broken for them on purpose.
fn visitors() -> Vec<Metric> {
    vec![
        counter("demo.chaos.injected.count")
            .tags(["kind"])
            .description("Requests that were delayed or refused on purpose"),
        counter("demo.load.request.count")
            .tags(["method", "route", "status", "outcome"])
            .description("Requests that virtual visitors made"),
    ]
}

/// The process.
fn process() -> Vec<Metric> {
    vec![
        counter("process.panic.count")
            .tags(["location"])
            .description("Panics, caught or not"),
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
            .description("Part of the processors' time since the poll before, from 0 to 1"),
        last_value("vm.tokio.utilization")
            .description("Part of the time that tokio's workers were busy, from 0 to 1"),
        last_value("vm.total_run_queue_lengths.total")
            .description("Tasks that wait in tokio's global queue"),
        last_value("vm.system_counts.threads")
            .option("otel_name", "process.thread.count")
            .description("Threads of the process"),
        last_value("vm.system_counts.tasks").description("Tasks alive in tokio"),
        last_value("vm.system_counts.workers").description("Worker threads of tokio"),
        last_value("vm.system_counts.open_files")
            .option("otel_name", "process.unix.file_descriptor.count")
            .description("Open files and sockets"),
        last_value("vm.system_counts.open_files_limit")
            .description("Files and sockets that the process may open"),
    ]
}
