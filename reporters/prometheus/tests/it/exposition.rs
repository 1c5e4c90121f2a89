//! What a scrape looks like.

use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Unit, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use crate::support::{families, own_text, reporter, sample, start};

#[test]
fn every_kind_has_its_type() {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("prom_kinds.stop.count").tags(["route"]),
            sum("prom_kinds.stop.bytes").bytes(),
            sum("prom_kinds.stop.open").up_down(),
            last_value("prom_kinds.stop.size"),
            distribution("prom_kinds.stop.duration")
                .buckets([0.1, 0.3])
                .tags(["route"]),
            summary("prom_kinds.stop.queue_time").description("Time\nin the queue"),
        ])
        .constant_tag("env", "a\"b")
        .constant_tag("nothing", "")
        .start()
        .unwrap();
    let prometheus = Prometheus::builder(&aggregator)
        .quantiles([1.0, 0.5])
        .build()
        .unwrap();
    for (millis, route) in [(300, "/a"), (301, "/a"), (50, "")] {
        let duration = Duration::from_millis(millis);
        execute!(
            "prom_kinds.stop",
            { duration, bytes: 1_000, open: -1, size: 0.25, queue_time: duration },
            { route }
        );
    }
    assert_eq!(
        own_text(&prometheus),
        r#"# HELP prom_kinds_stop_count_total counter of prom_kinds.stop
# TYPE prom_kinds_stop_count_total counter
prom_kinds_stop_count_total{env="a\"b",route="/a"} 2
prom_kinds_stop_count_total{env="a\"b"} 1
# HELP prom_kinds_stop_bytes_total sum of bytes of prom_kinds.stop
# TYPE prom_kinds_stop_bytes_total counter
prom_kinds_stop_bytes_total{env="a\"b"} 3000
# HELP prom_kinds_stop_open sum of open of prom_kinds.stop
# TYPE prom_kinds_stop_open gauge
prom_kinds_stop_open{env="a\"b"} -3
# HELP prom_kinds_stop_size last value of size of prom_kinds.stop
# TYPE prom_kinds_stop_size gauge
prom_kinds_stop_size{env="a\"b"} 0.25
# HELP prom_kinds_stop_duration_seconds distribution of duration of prom_kinds.stop
# TYPE prom_kinds_stop_duration_seconds histogram
prom_kinds_stop_duration_seconds_bucket{env="a\"b",route="/a",le="0.1"} 0
prom_kinds_stop_duration_seconds_bucket{env="a\"b",route="/a",le="0.3"} 1
prom_kinds_stop_duration_seconds_bucket{env="a\"b",route="/a",le="+Inf"} 2
prom_kinds_stop_duration_seconds_sum{env="a\"b",route="/a"} 0.601
prom_kinds_stop_duration_seconds_count{env="a\"b",route="/a"} 2
prom_kinds_stop_duration_seconds_bucket{env="a\"b",le="0.1"} 1
prom_kinds_stop_duration_seconds_bucket{env="a\"b",le="0.3"} 1
prom_kinds_stop_duration_seconds_bucket{env="a\"b",le="+Inf"} 1
prom_kinds_stop_duration_seconds_sum{env="a\"b"} 0.05
prom_kinds_stop_duration_seconds_count{env="a\"b"} 1
# HELP prom_kinds_stop_queue_time_seconds Time\nin the queue
# TYPE prom_kinds_stop_queue_time_seconds summary
prom_kinds_stop_queue_time_seconds{env="a\"b",quantile="0.5"} 0.301
prom_kinds_stop_queue_time_seconds{env="a\"b",quantile="1"} 0.301
prom_kinds_stop_queue_time_seconds_sum{env="a\"b"} 0.651
prom_kinds_stop_queue_time_seconds_count{env="a\"b"} 3
"#
    );
}

#[test]
fn families_stand_in_the_order_of_their_definitions_and_only_with_samples() {
    let aggregator = start([
        counter("prom_order.z.count").tags(["tag"]),
        last_value("prom_order.z.size"),
        counter("prom_order.b.count"),
        summary("prom_order.z.duration"),
        sum("prom_order.a.items"),
    ]);
    let prometheus = reporter(&aggregator);
    let names = || -> Vec<String> {
        let families = families(&prometheus).into_iter();
        let own = families.filter(|family| family.name.starts_with("prom_order"));
        own.map(|family| family.name).collect()
    };
    let untagged = ["prom_order_b_count_total", "prom_order_a_items_total"];
    assert_eq!(names(), untagged, "shown at zero: an answer, not a gap");
    execute!("prom_order.z", { size: 1 }, { tag: 1 });
    assert_eq!(
        names(),
        [
            "prom_order_z_count_total",
            "prom_order_z_size",
            untagged[0],
            untagged[1]
        ]
    );
}

#[test]
fn what_exceeds_the_limit_of_series_is_marked() {
    let aggregator = start([counter("prom_overflow.stop.count")
        .tags(["user"])
        .max_series(1)]);
    let prometheus = reporter(&aggregator);
    for user in 0..4 {
        execute!("prom_overflow.stop", {}, { user });
    }
    let families = families(&prometheus);
    let name = "prom_overflow_stop_count_total";
    assert_eq!(sample(&families, name, &[("user", "0")]), Some(1.0));
    assert_eq!(
        sample(&families, name, &[("otel_metric_overflow", "true")]),
        Some(3.0)
    );
    assert_eq!(
        sample(
            &families,
            "telemetry_metric_overflowed_total",
            &[("metric", "prom_overflow.stop.count")]
        ),
        Some(3.0)
    );
}

#[test]
fn what_was_skipped_is_shown() {
    let aggregator = start([sum("prom_skip.stop.items")]);
    let prometheus = reporter(&aggregator);
    execute!("prom_skip.stop", { items: -1 });
    execute!("prom_skip.stop", { items: f64::NAN });
    execute!("prom_skip.stop");
    let families = families(&prometheus);
    for reason in ["negative", "not_finite", "missing"] {
        let labels = [("metric", "prom_skip.stop.items"), ("reason", reason)];
        let count = sample(&families, "telemetry_metric_skipped_total", &labels);
        assert_eq!(count, Some(1.0), "{reason}");
    }
}

#[test]
fn scrapes_are_counted_and_do_not_reset() {
    let aggregator = start([counter("prom_scrapes.stop.count")]);
    let prometheus = reporter(&aggregator);
    let sent = || {
        let scrapes = [("reporter", "prometheus")];
        sample(
            &families(&prometheus),
            "telemetry_reporter_sent_total",
            &scrapes,
        )
    };
    execute!("prom_scrapes.stop");
    assert_eq!(sent(), Some(0.0), "it is answered when it is answered");
    assert_eq!(sent(), Some(1.0));
    assert_eq!(own_text(&prometheus), own_text(&prometheus.clone()));
    assert_eq!(aggregator.health()[0].sent, 4);
}

#[test]
fn the_reporter_may_outlive_the_aggregator() {
    let aggregator = start([counter("prom_outlive.stop.count")]);
    let prometheus = reporter(&aggregator);
    execute!("prom_outlive.stop");
    drop(aggregator);
    execute!("prom_outlive.stop");
    assert!(own_text(&prometheus).ends_with("prom_outlive_stop_count_total 1\n"));
}

#[test]
fn verbatim_names_have_nothing_appended_and_the_units_of_the_definition() {
    let aggregator = start([
        counter("prom_verbatim.stop.count"),
        summary("prom_verbatim.stop.duration").unit(Unit::Millisecond),
        summary("prom_verbatim.stop.queue_time"),
        last_value("prom_verbatim.stop.total").bytes(),
    ]);
    let prometheus = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build()
        .unwrap();
    let duration = Duration::from_micros(1_500);
    execute!("prom_verbatim.stop", { duration, queue_time: duration, total: 5 });
    let families = families(&prometheus);
    for (name, value) in [
        ("prom_verbatim_stop_count", 1.0),
        ("prom_verbatim_stop_duration_sum", 1.5),
        ("prom_verbatim_stop_queue_time_sum", 0.0015),
        ("prom_verbatim_stop_total", 5.0),
        ("telemetry_reporter_sent_total", 0.0),
    ] {
        let labels: &[_] = match name.strip_prefix("telemetry") {
            Some(_) => &[("reporter", "prometheus")],
            None => &[],
        };
        assert_eq!(sample(&families, name, labels), Some(value), "{name}");
    }
}

#[test]
fn with_verbatim_names_what_was_not_counted_is_not_shown() {
    let aggregator = start([
        counter("prom_absent.stop.count"),
        sum("prom_absent.stop.items"),
        sum("prom_absent.stop.open").up_down(),
        sum("prom_absent.other.items").tags(["tag"]),
        distribution("prom_absent.stop.duration"),
    ]);
    let prometheus = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build()
        .unwrap();
    let shown = || {
        let text = own_text(&prometheus);
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        samples.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(shown(), Vec::<String>::new());
    execute!("prom_absent.stop", { items: 2, open: 1 });
    execute!("prom_absent.stop", { items: 2, open: -1 });
    execute!("prom_absent.other", { items: 0 }, { tag: "t" });
    assert_eq!(
        shown(),
        [
            "prom_absent_stop_count 2",
            "prom_absent_stop_items 4",
            "prom_absent_stop_open 0",
            "prom_absent_other_items{tag=\"t\"} 0"
        ]
    );
}
