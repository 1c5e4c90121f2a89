//! What is refused, and how.

use std::time::Duration;

use telemetry_metrics::{
    Aggregator, Kind, Metric, counter, distribution, last_value, sum, summary,
};
use telemetry_prometheus::{Format, Problem, Prometheus, PrometheusError};

use crate::support::{problems, start};

fn found(metrics: impl IntoIterator<Item = Metric>) -> Vec<(String, Problem)> {
    problems(&start(metrics))
        .into_iter()
        .map(|one| (one.metric, one.problem))
        .collect()
}

fn only(metrics: impl IntoIterator<Item = Metric>) -> Problem {
    let mut found = found(metrics);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).1
}

fn taken(metrics: [Metric; 2]) -> String {
    match only(metrics) {
        Problem::NameTaken { sample, .. } => sample,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_definitions_cannot_have_samples_of_one_name() {
    let items = || {
        distribution("prom_clash.x")
            .event("prom_clash")
            .buckets([1])
    };
    let stalled = || summary("prom_clash.stall").event("prom_clash");
    for (metrics, sample) in [
        (
            [counter("prom_clash.a.b"), counter("prom_clash.a_b")],
            "prom_clash_a_b_total",
        ),
        (
            [counter("prom_clash.a.b"), sum("prom_clash.a.b")],
            "prom_clash_a_b_total",
        ),
        (
            [
                last_value("prom_clash.a.total"),
                last_value("prom_clash.a.count"),
            ],
            "prom_clash_a",
        ),
        ([items(), last_value("prom_clash.x")], "prom_clash_x"),
        (
            [last_value("prom_clash.stall"), stalled()],
            "prom_clash_stall",
        ),
        (
            // A gauge would lose its ending, and a counter has its own; but a histogram may end
            // in `_sum`.
            [items(), summary("prom_clash.x_sum").event("prom_clash")],
            "prom_clash_x_sum",
        ),
        (
            [
                counter("telemetry_metric.skipped"),
                counter("prom_clash.fine.count"),
            ],
            "telemetry_metric_skipped_total",
        ),
    ] {
        assert_eq!(taken(metrics), sample);
    }
    let both = [counter("prom_clash.a.b"), last_value("prom_clash.a.c")];
    assert_eq!(found(both), []);
}

#[test]
fn names_that_clash_in_openmetrics_alone_clash() {
    let items = || distribution("prom_open.x").event("prom_open").buckets([1]);
    let both = |one: Metric, other: Metric| [one.event("prom_open"), other.event("prom_open")];
    for (metrics, sample) in [
        // A counter's family is called without `_total`.
        (
            both(counter("prom_open.a"), last_value("prom_open.a")),
            "prom_open_a",
        ),
        (
            both(last_value("prom_open.a"), counter("prom_open.a.total")),
            "prom_open_a",
        ),
        (
            both(items(), counter("prom_open.x.bucket")),
            "prom_open_x_bucket",
        ),
        (
            both(counter("prom_open.x.count"), items()),
            "prom_open_x_count",
        ),
        (
            both(summary("prom_open.s"), sum("prom_open.s.sum")),
            "prom_open_s_sum",
        ),
        // And what has a beginning says it.
        (
            both(counter("prom_open.a"), last_value("prom_open.a.created")),
            "prom_open_a_created",
        ),
        (
            both(last_value("prom_open.x.created"), items()),
            "prom_open_x_created",
        ),
        (
            both(summary("prom_open.s"), counter("prom_open.s.created")),
            "prom_open_s_created",
        ),
    ] {
        match only(metrics) {
            Problem::NameTaken {
                sample: taken,
                format,
                ..
            } => {
                assert_eq!((taken.as_str(), format), (sample, Format::OpenMetrics));
            }
            other => panic!("{other:?}"),
        }
    }
    let fine = [
        last_value("prom_open.g"),
        last_value("prom_open.g.created"),
        last_value("prom_open.g.info"),
    ];
    assert_eq!(found(fine.map(|metric| metric.event("prom_open"))), []);
}

#[test]
fn with_verbatim_names_more_names_clash() {
    let aggregator = start([
        distribution("prom_clash_v.x.size").buckets([1]),
        last_value("prom_clash_v.x.size_count"),
        counter("prom_clash_v.x.size_bucket"),
        counter("prom_clash_v.y"),
        last_value("prom_clash_v.y"),
    ]);
    assert_eq!(
        problems(&aggregator)
            .iter()
            .map(|one| one.metric.as_str())
            .collect::<Vec<_>>(),
        [
            "prom_clash_v.x.size_count",
            "prom_clash_v.x.size_bucket",
            "prom_clash_v.y"
        ],
        "a gauge loses its ending and is called as the histogram; and OpenMetrics calls counters \
         without `_total`"
    );
    let error = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 problems with showing the metrics to Prometheus:\n  \
         `prom_clash_v.x.size_count`: its samples would be called `prom_clash_v_x_size_count`, \
         as those of the distribution `prom_clash_v.x.size` are: rename one of them\n  \
         `prom_clash_v.x.size_bucket`: its samples would be called `prom_clash_v_x_size_bucket`, \
         as those of the distribution `prom_clash_v.x.size` are: rename one of them\n  \
         `prom_clash_v.y`: its samples would be called `prom_clash_v_y`, as those of the counter \
         `prom_clash_v.y` are: rename one of them"
    );
}

#[test]
fn labels_are_checked() {
    let with = |tags: &[&str]| only([counter("prom_labels.a.count").tags(tags.to_vec())]);
    assert!(matches!(
        with(&["http.route", "http_route"]),
        Problem::SameLabel { first, second, label }
            if first == "http.route" && second == "http_route" && label == "http_route"
    ));
    assert!(matches!(with(&["__name__"]), Problem::HiddenLabel { .. }));
    assert!(matches!(with(&["-.x"]), Problem::HiddenLabel { label, .. } if label == "__x"));
    assert!(matches!(
        with(&["otel.metric.overflow"]),
        Problem::ReservedLabel { .. }
    ));
    let le = distribution("prom_labels.a.duration").tags(["le"]);
    assert!(matches!(only([le]), Problem::ReservedLabel { tag, .. } if tag == "le"));
    let quantile = summary("prom_labels.a.duration").tags(["quantile"]);
    assert!(matches!(only([quantile]), Problem::ReservedLabel { tag, .. } if tag == "quantile"));
    let fine = [
        counter("prom_labels.a.count").tags(["le", "quantile", "_x", "9", "größe"]),
        summary("prom_labels.a.duration").tags(["le"]),
        distribution("prom_labels.b.duration").tags(["quantile"]),
    ];
    assert_eq!(found(fine), []);
}

#[test]
fn constant_tags_are_checked_once() {
    let constant = |tags: &[&str]| {
        let mut builder = Aggregator::builder().metrics([
            counter("prom_constant.a.count").tags(["http.route"]),
            distribution("prom_constant.a.duration"),
            distribution("prom_constant.b.duration"),
        ]);
        for tag in tags {
            builder = builder.constant_tag(*tag, "x");
        }
        let found = problems(&builder.start().unwrap());
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].metric.clone(), found[0].problem.clone())
    };
    assert_eq!(
        constant(&["http-route"]),
        (
            "prom_constant.a.count".to_owned(),
            Problem::ConstantLabel {
                tag: "http.route".into(),
                constant: "http-route".into(),
                label: "http_route".into()
            }
        )
    );
    for tags in [
        &["a.b", "a-b"][..],
        &["le"],
        &["__env"],
        &["otel_metric_overflow"],
        &["reporter"],
    ] {
        assert_eq!(constant(tags).0, "constant_tag", "{tags:?}");
    }
}

#[test]
fn options_are_checked() {
    let items = || sum("prom_options.a.items");
    assert_eq!(
        only([items().option("prometheus_tpye", "gauge")]),
        Problem::UnknownOption("prometheus_tpye".into())
    );
    assert!(matches!(
        only([items().option("prometheus_type", "histogram")]),
        Problem::OptionValue { value, .. } if value == "histogram"
    ));
    assert_eq!(
        only([counter("prom_options.a.count").option("prometheus_type", "gauge")]),
        Problem::OptionOn {
            key: "prometheus_type".into(),
            kind: Kind::Counter
        }
    );
    assert_eq!(
        only([items().up_down().option("prometheus_type", "counter")]),
        Problem::FallingCounter
    );
    let fine = [
        items().option("report_as", "counter"),
        sum("prom_options.b.items").option("prometheus_type", "gauge"),
    ];
    assert_eq!(found(fine), []);
}

#[test]
fn everything_is_reported_at_once_and_nothing_is_registered() {
    let aggregator = start([
        counter("prom_all.a.count")
            .tags(["__a", "b.c", "b-c"])
            .option("nonsense", "1"),
        counter("prom_all.a_count"),
    ]);
    let error = Prometheus::new(&aggregator).unwrap_err().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 5, "{error}");
    for line in &lines[1..] {
        let advised = line.contains("rename") || line.contains("remove");
        assert!(advised, "what to do is not said: {line}");
    }
    assert_eq!(aggregator.health(), []);
}

#[test]
fn settings_that_cannot_be_are_refused_with_advice() {
    let aggregator = start([]);
    let build = || Prometheus::builder(&aggregator);
    for (error, text) in [
        (
            build().bearer_token("").build(),
            "the bearer token cannot stand in a header: give 1 to 4,096 letters, digits and \
             `-._~+/`, with any `=` at the end",
        ),
        (
            build().bearer_token("hunter 2").build(),
            "the bearer token cannot stand in a header: give 1 to 4,096 letters, digits and \
             `-._~+/`, with any `=` at the end",
        ),
        (
            build().quantiles([0.5, 95.0]).build(),
            "`95` is not a quantile or there twice: give different numbers between 0 and 1, as \
             0.95",
        ),
        (
            build()
                .quantiles((0..100).map(|n| f64::from(n) / 100.0))
                .build(),
            "33 quantiles are too many, each is a series per summary: give at most 32, or use a \
             distribution",
        ),
        (
            build().quantile_window(Duration::ZERO).build(),
            "quantiles cannot be of a window of 0ns: give a second to a day",
        ),
    ] {
        let error: PrometheusError = error.expect_err(text);
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(aggregator.health(), []);
}
