//! What an OpenMetrics scrape looks like, where it is not the text format.

use std::time::{Duration, SystemTime};

use telemetry::{SpanContext, execute};
use telemetry_metrics::{counter, distribution, last_value, sum, summary};
use telemetry_prometheus::{Format, Prometheus};

use crate::open::{self, OpenFamily};
use crate::support::{is_of_library, reporter, start};

/// The text without the families of the library's own, and without the end.
fn own_text(prometheus: &Prometheus) -> String {
    let text = prometheus.render_openmetrics();
    open::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let own = |line: &&str| {
        let name = line
            .strip_prefix("# ")
            .and_then(|rest| rest.split_once(' '));
        let name = name.map_or(*line, |(_, name)| name);
        !is_of_library(name) && *line != "# EOF\n"
    };
    text.split_inclusive('\n').filter(own).collect()
}

fn family(prometheus: &Prometheus, name: &str) -> OpenFamily {
    let text = prometheus.render_openmetrics();
    let families = open::parse(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let found = families.into_iter().find(|family| family.name == name);
    found.unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

#[test]
fn every_kind_has_its_type_and_unit() {
    let aggregator = start([
        counter("open_kinds.stop.count")
            .tags(["route"])
            .description("Say \"hi\"\n\\"),
        sum("open_kinds.stop.bytes").bytes(),
        last_value("open_kinds.stop.size"),
        distribution("open_kinds.stop.duration").buckets([0.25, 1.0]),
        summary("open_kinds.stop.queue_time"),
    ]);
    let prometheus = Prometheus::builder(&aggregator)
        .quantiles([1.0])
        .build()
        .unwrap();
    let duration = Duration::from_millis(300);
    execute!(
        "open_kinds.stop",
        { duration, bytes: 1_000, size: 0.25, queue_time: duration },
        { route: "a\"b\\\n" }
    );
    assert_eq!(
        own_text(&prometheus),
        r#"# TYPE open_kinds_stop_count counter
# HELP open_kinds_stop_count Say \"hi\"\n\\
open_kinds_stop_count_total{route="a\"b\\\n"} 1
# TYPE open_kinds_stop_bytes counter
# UNIT open_kinds_stop_bytes bytes
# HELP open_kinds_stop_bytes sum of bytes of open_kinds.stop
open_kinds_stop_bytes_total 1000
# TYPE open_kinds_stop_size gauge
# HELP open_kinds_stop_size last value of size of open_kinds.stop
open_kinds_stop_size 0.25
# TYPE open_kinds_stop_duration_seconds histogram
# UNIT open_kinds_stop_duration_seconds seconds
# HELP open_kinds_stop_duration_seconds distribution of duration of open_kinds.stop
open_kinds_stop_duration_seconds_bucket{le="0.25"} 0
open_kinds_stop_duration_seconds_bucket{le="1.0"} 1
open_kinds_stop_duration_seconds_bucket{le="+Inf"} 1
open_kinds_stop_duration_seconds_sum 0.3
open_kinds_stop_duration_seconds_count 1
# TYPE open_kinds_stop_queue_time_seconds summary
# UNIT open_kinds_stop_queue_time_seconds seconds
# HELP open_kinds_stop_queue_time_seconds summary of queue_time of open_kinds.stop
open_kinds_stop_queue_time_seconds{quantile="1.0"} 0.3
open_kinds_stop_queue_time_seconds_sum 0.3
open_kinds_stop_queue_time_seconds_count 1
"#
    );
}

#[test]
fn an_aggregator_without_definitions_has_an_end() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let text = prometheus.render_as(Format::OpenMetrics);
    open::parse(&text).unwrap();
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn samples_are_called_as_in_text_also_where_names_are_verbatim() {
    let aggregator = start([
        counter("open_verbatim.stop.count"),
        counter("open_verbatim.stop.total"),
        summary("open_verbatim.stop.duration").unit(telemetry_metrics::Unit::Millisecond),
    ]);
    let prometheus = Prometheus::builder(&aggregator)
        .verbatim_names()
        .quantiles([])
        .build()
        .unwrap();
    let duration = Duration::from_micros(1_500);
    execute!("open_verbatim.stop", { duration });
    assert_eq!(
        own_text(&prometheus),
        "# TYPE open_verbatim_stop_count unknown\n\
         # HELP open_verbatim_stop_count counter of open_verbatim.stop\n\
         open_verbatim_stop_count 1\n\
         # TYPE open_verbatim_stop counter\n\
         # HELP open_verbatim_stop counter of open_verbatim.stop\n\
         open_verbatim_stop_total 1\n\
         # TYPE open_verbatim_stop_duration summary\n\
         # HELP open_verbatim_stop_duration summary of duration of open_verbatim.stop\n\
         open_verbatim_stop_duration_sum 1.5\n\
         open_verbatim_stop_duration_count 1\n"
    );
}

#[test]
fn beginnings_are_told_on_request_of_what_only_grows() {
    let before = SystemTime::now() - Duration::from_millis(1);
    let aggregator = start([
        counter("open_begun.stop.count").tags(["route"]),
        sum("open_begun.stop.open").up_down(),
        last_value("open_begun.stop.size"),
        distribution("open_begun.stop.duration"),
        summary("open_begun.stop.queue_time"),
    ]);
    let without = reporter(&aggregator);
    let with = Prometheus::builder(&aggregator)
        .created_samples(true)
        .build()
        .unwrap();
    let duration = Duration::from_millis(3);
    for route in ["/a", "/b"] {
        execute!(
            "open_begun.stop",
            { duration, queue_time: duration, open: 1, size: 1 },
            { route }
        );
    }
    let seconds = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs_f64()
    };
    for (name, series) in [
        ("open_begun_stop_count", 2),
        ("open_begun_stop_duration_seconds", 1),
        ("open_begun_stop_queue_time_seconds", 1),
        ("open_begun_stop_open", 0),
        ("open_begun_stop_size", 0),
    ] {
        let created = family(&with, name).created;
        assert_eq!(created.len(), series, "{name}");
        for (labels, time) in created {
            assert!(labels.iter().all(|(label, _)| label == "route"));
            let range = seconds(before)..=seconds(SystemTime::now());
            assert!(range.contains(&time), "{name} {time} {range:?}");
        }
        assert!(family(&without, name).created.is_empty());
        let unit = name.ends_with("_seconds").then(|| "seconds".to_owned());
        assert_eq!(family(&without, name).unit, unit, "{name}");
    }
    assert!(
        !with.render().contains("_created"),
        "the text format has none"
    );
}

#[test]
fn what_may_fall_has_no_sum() {
    let aggregator = start([
        distribution("open_falls.stop.signed")
            .measurement("number")
            .buckets([-1.0, 1.0]),
        distribution("open_falls.stop.number").buckets([0, 1]),
        summary("open_falls.stop.statistics").measurement("number"),
    ]);
    let prometheus = Prometheus::builder(&aggregator)
        .quantiles([0.0, 1.0])
        .build()
        .unwrap();
    let samples = |name| {
        let family = family(&prometheus, name).family;
        let names = family
            .samples
            .iter()
            .map(|sample| sample.name[name.len()..].to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    let all = [
        "open_falls_stop_signed",
        "open_falls_stop_number",
        "open_falls_stop_statistics",
    ];
    execute!("open_falls.stop", { number: 2 });
    assert_eq!(
        all.map(samples),
        [
            "_bucket _bucket _bucket",
            "_bucket _bucket _bucket _sum _count",
            "  _sum _count"
        ],
        "a bucket for numbers below zero is enough"
    );
    execute!("open_falls.stop", { number: -5 });
    assert_eq!(
        all.map(samples),
        [
            "_bucket _bucket _bucket",
            "_bucket _bucket _bucket",
            " _count"
        ],
        "one quantile is left, that of the larger number"
    );
    // In text everything is there.
    let text = prometheus.render();
    for name in all {
        assert!(
            text.contains(&format!("\n{name}_sum -3\n{name}_count 2\n")),
            "{text}"
        );
    }
}

/// Numbers that were counted in a sampled span have it behind their bucket, one of each since the
/// scrape before.
#[test]
fn buckets_have_the_span_of_one_of_their_numbers() {
    let aggregator = start([distribution("open_exemplar.stop.duration").buckets([0.1, 1.0])]);
    let prometheus = reporter(&aggregator);
    let without = Prometheus::builder(&aggregator)
        .exemplars(false)
        .build()
        .unwrap();
    let before = SystemTime::now();
    let name = "open_exemplar_stop_duration_seconds";
    let emit = |millis| {
        let context = SpanContext::new_root();
        let duration = Duration::from_millis(millis);
        context.in_scope(|| execute!("open_exemplar.stop", { duration }));
        let ids = [
            ("trace_id".to_owned(), context.trace_id().to_string()),
            ("span_id".to_owned(), context.span_id().to_string()),
        ];
        (ids, millis as f64 / 1_000.0)
    };
    let check = |count: [u64; 2], expected: [&([(String, String); 2], f64); 2]| {
        let found = family(&prometheus, name).exemplars;
        let samples: Vec<_> = found.iter().map(|one| one.sample.as_str()).collect();
        let sample = |bound, count| format!("{name}_bucket{{le=\"{bound}\"}} {count}");
        assert_eq!(samples, [sample("0.1", count[0]), sample("1.0", count[1])]);
        for (exemplar, (ids, value)) in found.iter().zip(expected) {
            assert_eq!(exemplar.labels, ids);
            assert_eq!(exemplar.value, *value);
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(exemplar.time);
            // It is cut to milliseconds.
            let earliest = before - Duration::from_millis(1);
            assert!(earliest <= time && time <= SystemTime::now(), "{time:?}");
        }
    };
    // Nobody will ever find this one.
    execute!("open_exemplar.stop", { duration: Duration::from_millis(60) });
    let (fast, slow) = (emit(50), emit(400));
    emit(300);
    check([2, 4], [&fast, &slow]);
    let slower = emit(500);
    check([2, 5], [&fast, &slower]);
    assert!(family(&without, name).exemplars.is_empty());
    assert!(
        !prometheus.render().contains(" # {"),
        "the text format has none"
    );
}
