//! The definitions, compared to everything in the program that emits.

use demo_app::telemetry::metrics;
use telemetry_metrics::{Aggregator, Check, Metric, StartError, counter, last_value, sum, summary};

fn start(metrics: impl IntoIterator<Item = Metric>) -> Result<Aggregator, StartError> {
    let builder = Aggregator::builder().metrics(metrics);
    builder.check_definitions(Check::Deny).start()
}

#[test]
fn the_definitions_name_only_what_is_emitted() {
    let aggregator = start(metrics()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(aggregator.definitions().len(), metrics().len());
}

#[test]
fn so_do_those_that_the_instrumentation_ships_whatever_the_prefix() {
    let shipped = [
        telemetry_http::metrics("definitions.endpoint"),
        telemetry_http::client_metrics("definitions.api"),
        telemetry_http::channel_metrics("definitions.socket"),
        telemetry_jobs::metrics("definitions.jobs"),
        telemetry_sqlx::metrics("definitions.repo"),
        telemetry_poller::metrics(),
        telemetry_poller::mailbox_metrics("definitions"),
        telemetry_poller::table_metrics("definitions"),
    ];
    drop(start(shipped.into_iter().flatten()).unwrap_or_else(|error| panic!("{error}")));
}

#[test]
fn typos_are_found_in_the_events_of_libraries() {
    let error = start([
        sum("demo.repo.query.totalTime").tags(["source", "comand"]),
        counter("demo.repo.queries.count"),
        summary("demo.endpoint.stop.durtion").tags(["route", "stauts"]),
        last_value("vm.memroy.total"),
        // Set while the request runs, and listed nowhere: this may be right.
        summary("demo.endpoint.stop.headers_time"),
    ]);
    let error = error.unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().map(str::trim).collect();
    assert_eq!(
        lines[1..],
        [
            "`demo.repo.query.totalTime`: no callsite of `demo.repo.query` measures `totalTime`, did \
             you mean `total_time`?",
            "`demo.repo.query.totalTime`: no callsite of `demo.repo.query` has metadata `comand`, did you \
             mean `command`?",
            "`demo.repo.queries.count`: no callsite emits `demo.repo.queries` (if it is emitted \
             otherwise, add `.unchecked()`)",
            "`demo.endpoint.stop.durtion`: no callsite of `demo.endpoint.stop` measures `durtion`, \
             did you mean `duration`?",
            "`demo.endpoint.stop.durtion`: no callsite of `demo.endpoint.stop` has metadata \
             `stauts`, did you mean `status`?",
            "`vm.memroy.total`: no callsite emits `vm.memroy`, did you mean `vm.memory`?",
        ]
    );
}
