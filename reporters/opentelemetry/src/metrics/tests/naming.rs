//! Names, units, and the conventions that definitions choose by them.

use std::time::Duration;

use opentelemetry_proto::tonic::metrics::v1::metric;
use telemetry_metrics::{Unit, counter, distribution, last_value, sum, summary};

use super::support::{collector, deliver, find, label, numbers, only, problems, start};
use crate::metrics::Temporality::{Cumulative, Delta, LowMemory};

#[test]
fn a_conventional_metric_has_its_type_and_unit() {
    let aggregator = start([
        last_value("otel.conv.vm.total")
            .bytes()
            .option("otel_name", "process.memory.usage"),
        last_value("otel.conv.vm.cpu")
            .seconds()
            .option("otel_name", "process.cpu.time"),
        last_value("otel.conv.vm.threads").option("otel_name", "process.thread.count"),
        last_value("otel.conv.vm.part").option("otel_name", "process.cpu.utilization"),
    ]);
    let poll = |seconds| {
        let cpu = Duration::from_secs(seconds);
        telemetry::execute!("otel.conv.vm", { total: 4_096, cpu, threads: 3, part: 0.5 });
    };
    let mut cumulative = collector(&aggregator, Cumulative);
    let mut delta = collector(&aggregator, Delta);
    let mut low_memory = collector(&aggregator, LowMemory);
    poll(7);
    let metrics = deliver(&mut cumulative);
    let sum = |name, unit, monotonic| {
        let metric = find(&metrics, name).unwrap();
        assert_eq!(metric.unit, unit);
        let Some(metric::Data::Sum(sum)) = &metric.data else {
            panic!("{metric:?}");
        };
        assert_eq!(
            (sum.is_monotonic, sum.aggregation_temporality),
            (monotonic, 2),
            "{name}"
        );
        assert!(sum.data_points[0].start_time_unix_nano > 0);
    };
    sum("process.memory.usage", "By", false);
    sum("process.cpu.time", "s", true);
    sum("process.thread.count", "{thread}", false);
    assert!(format!("{:?}", numbers(&metrics, "process.thread.count")).contains("AsInt(3)"));
    assert!(matches!(
        find(&metrics, "process.cpu.utilization").unwrap().data,
        Some(metric::Data::Gauge(_))
    ));
    // As a delta, a total that is only read is what came since.
    assert_eq!(only(&deliver(&mut delta), "process.cpu.time"), 7.0);
    poll(9);
    let metrics = deliver(&mut delta);
    assert_eq!(only(&metrics, "process.cpu.time"), 2.0);
    assert_eq!(only(&metrics, "process.thread.count"), 3.0);
    assert_eq!(only(&deliver(&mut low_memory), "process.cpu.time"), 9.0);
    assert_eq!(only(&deliver(&mut low_memory), "process.cpu.time"), 9.0);
}

#[test]
fn definitions_that_cannot_be_told_are_problems() {
    let found = problems([
        counter("otel.wrong.a.count").option("otel_name", "9 lives"),
        counter("otel.wrong.b.count").option("otel_name", "process.thread.count"),
        distribution("otel.wrong.c.size")
            .bytes()
            .option("otel_name", "http.server.request.duration"),
        sum("otel.wrong.c.up").option("otel_name", "http.server.active_requests"),
        counter("otel.wrong.d.count").option("otel_name", "otel.wrong.Same"),
        sum("otel.wrong.d.weight")
            .bytes()
            .option("otel_name", "otel.wrong.same"),
        counter("otel.wrong.e.count").option("otel_nmae", "x"),
        counter("otel.wrong.f.count").option("otel_attributes", "a"),
        counter("otel.wrong.g.count")
            .tags(["a"])
            .option("otel_attributes", "a=b"),
        summary("otel.wrong.h.duration").option("otel_histogram", "explicit"),
        distribution("otel.wrong.i.duration").option("otel_histogram", "wide"),
        counter("otel.wrong.j.count").tags(["a"]),
        sum("otel.wrong.j.count").tags(["b"]),
    ]);
    let expected = [
        "`otel.wrong.a.count`: OpenTelemetry cannot call it `9 lives`: it does not begin with a letter",
        "`otel.wrong.b.count`: OpenTelemetry's `process.thread.count` is a sum that may fall in `{thread}`, which this counter cannot be",
        "`otel.wrong.c.size`: OpenTelemetry's `http.server.request.duration` is a histogram in `s`, which this distribution cannot be",
        "`otel.wrong.c.up`: OpenTelemetry's `http.server.active_requests` is a sum that may fall in `{request}`, which this sum cannot be",
        "`otel.wrong.d.weight`: OpenTelemetry would know it as `otel.wrong.same`, a counter in `By`, and there is a counter in `1` of this name",
        "`otel.wrong.e.count`: no reporter knows the option `otel_nmae`",
        "`otel.wrong.f.count`: the option `otel_attributes` is not of the form",
        "`otel.wrong.g.count`: the option `otel_attributes` has `a`, which there is already",
        "`otel.wrong.h.duration`: the option `otel_histogram` is for distributions, not for a summary",
        "`otel.wrong.i.duration`: the option `otel_histogram` is `explicit` or `exponential`, not `wide`",
        "`otel.wrong.j.count`: there is another definition of this name",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn definitions_of_one_name_are_one_metric_and_told_apart() {
    let name = |metric: telemetry_metrics::Metric| metric.option("otel_name", "otel.shared.hits");
    let aggregator = start([
        name(counter("otel.shared.left.count").tags(["route"])),
        counter("otel.shared.between.count"),
        name(counter("otel.shared.right.count").tags(["route"])),
    ]);
    let mut collector = collector(&aggregator, Cumulative);
    telemetry::execute!("otel.shared.left", {}, { route: "/" });
    telemetry::execute!("otel.shared.right", {}, { route: "/" });
    let metrics = deliver(&mut collector);
    let mut labels: Vec<String> = numbers(&metrics, "otel.shared.hits")
        .iter()
        .map(|point| label(&point.attributes))
        .collect();
    labels.sort();
    assert_eq!(
        labels,
        [
            "route=/,telemetry.metric=otel.shared.left.count",
            "route=/,telemetry.metric=otel.shared.right.count"
        ]
    );
}

#[test]
fn attributes_of_a_definition_tell_it_apart() {
    let state = |metric: telemetry_metrics::Metric, state: &str| {
        metric
            .option("otel_name", "db.client.connection.count")
            .option(
                "otel_attributes",
                format!("db.client.connection.state={state}"),
            )
    };
    let aggregator = start([
        state(last_value("otel.state.pool.idle").tags(["repo"]), "idle"),
        state(last_value("otel.state.pool.in_use").tags(["repo"]), "used"),
    ]);
    let mut collector = collector(&aggregator, Cumulative);
    telemetry::execute!("otel.state.pool", { idle: 3, in_use: 2 }, { repo: "main" });
    let metrics = deliver(&mut collector);
    let points: Vec<String> = numbers(&metrics, "db.client.connection.count")
        .iter()
        .map(|point| label(&point.attributes))
        .collect();
    assert_eq!(
        points,
        [
            "db.client.connection.pool.name=main,db.client.connection.state=idle",
            "db.client.connection.pool.name=main,db.client.connection.state=used"
        ]
    );
}

#[test]
fn what_comes_late_gets_a_name_that_is_free_and_valid() {
    let hits = counter("otel.late.hit.count").option("otel_name", "otel_late_hits");
    let aggregator = start([hits]);
    let mut collector = collector(&aggregator, Cumulative);
    let late = aggregator.late();
    let add = |name: &str| late.add(counter(name)).unwrap();
    let hits = add("otel_late_hits");
    hits.series(&[]).add(2);
    add("9_late_misses").series(&[]).add(3);
    let metrics = deliver(&mut collector);
    assert_eq!(only(&metrics, "otel_late_hits_2"), 2.0);
    assert_eq!(only(&metrics, "m_9_late_misses"), 3.0);
    // A tag that is met later still.
    hits.series(&[("cache", "users")]).add(1);
    hits.describe("Hits");
    let metrics = deliver(&mut collector);
    assert_eq!(
        find(&metrics, "otel_late_hits_2").unwrap().description,
        "Hits"
    );
    let labels: Vec<String> = numbers(&metrics, "otel_late_hits_2")
        .iter()
        .map(|point| label(&point.attributes))
        .collect();
    assert_eq!(labels, ["", "cache=users"]);
    let mut delta = super::support::collector(&aggregator, Delta);
    assert_eq!(only(&deliver(&mut delta), "m_9_late_misses"), 3.0);
    hits.series(&[]).add(5);
    assert_eq!(only(&deliver(&mut delta), "otel_late_hits_2"), 5.0);
}

#[test]
fn definitions_are_told_apart_unless_each_two_of_them_differ() {
    let name = |metric: telemetry_metrics::Metric| metric.option("otel_name", "otel.three.hits");
    let aggregator = start([
        name(counter("otel.three.a.count")).option("otel_attributes", "side=left"),
        name(counter("otel.three.b.count")).option("otel_attributes", "side=right"),
        name(counter("otel.three.c.count")),
    ]);
    let metrics = deliver(&mut collector(&aggregator, Cumulative));
    let labels: Vec<String> = numbers(&metrics, "otel.three.hits")
        .iter()
        .map(|point| label(&point.attributes))
        .collect();
    assert_eq!(
        labels,
        [
            "side=left,telemetry.metric=otel.three.a.count",
            "side=right,telemetry.metric=otel.three.b.count",
            "telemetry.metric=otel.three.c.count"
        ]
    );
}

#[test]
fn what_only_grows_is_never_below_zero() {
    let cpu = last_value("otel.negative.vm.cpu").unit((Unit::Second, Unit::Second));
    let aggregator = start([cpu.option("otel_name", "process.cpu.time")]);
    let mut cumulative = collector(&aggregator, Cumulative);
    let mut delta = collector(&aggregator, Delta);
    telemetry::execute!("otel.negative.vm", { cpu: -3 });
    assert!(find(&deliver(&mut cumulative), "process.cpu.time").is_none());
    assert!(find(&deliver(&mut delta), "process.cpu.time").is_none());
    telemetry::execute!("otel.negative.vm", { cpu: 3 });
    assert_eq!(only(&deliver(&mut cumulative), "process.cpu.time"), 3.0);
}
