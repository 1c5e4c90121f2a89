//! Families that are added after the reporter was built.

use telemetry_metrics::{Aggregator, counter, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use crate::{open, strict};

fn lines<'t>(text: &'t str, start: &str) -> Vec<&'t str> {
    text.lines()
        .filter(|line| line.starts_with(start))
        .collect()
}

#[test]
fn what_comes_later_is_shown_with_the_labels_that_come_later_still() {
    let aggregator = Aggregator::builder()
        .constant_tag("env", "test")
        .start()
        .unwrap();
    let prometheus = Prometheus::new(&aggregator).unwrap();
    let late = aggregator.late().add(counter("late_hits")).unwrap();
    late.series(&[]).add(1);
    late.series(&[("a", "1")]).add(2);
    assert_eq!(
        lines(&prometheus.render(), "late_hits"),
        [
            "late_hits_total{env=\"test\"} 1",
            "late_hits_total{env=\"test\",a=\"1\"} 2"
        ]
    );
    late.series(&[("b", "x"), ("a", "1")]).add(3);
    late.describe("Hits");
    let size = aggregator.late().add(summary("late_size").bytes()).unwrap();
    size.series(&[]).record(5_u64.into(), 2);
    let text = prometheus.render();
    assert_eq!(
        lines(&text, "late_hits"),
        [
            "late_hits_total{env=\"test\"} 1",
            "late_hits_total{env=\"test\",a=\"1\"} 2",
            "late_hits_total{env=\"test\",a=\"1\",b=\"x\"} 3",
        ]
    );
    assert!(text.contains("# HELP late_hits_total Hits\n"), "{text}");
    assert!(
        text.contains("# HELP late_size_bytes summary late_size\n"),
        "{text}"
    );
    assert!(
        text.contains("late_size_bytes{env=\"test\",quantile=\"0.5\"} 5\n"),
        "{text}"
    );
    // One that is built later shows the same.
    let second = Prometheus::new(&aggregator).unwrap();
    assert_eq!(
        lines(&second.render(), "late_hits"),
        lines(&text, "late_hits")
    );
    let open = second.render_openmetrics();
    assert!(open.ends_with("\n# EOF\n"));
    assert_eq!(lines(&open, "late_hits_total").len(), 3);
}

#[test]
fn what_cannot_be_told_from_another_family_is_left_out_once_and_for_all() {
    let aggregator = Aggregator::builder()
        .metrics([counter("late.taken.hits").unchecked()])
        .start()
        .unwrap();
    let prometheus = Prometheus::new(&aggregator).unwrap();
    let late = aggregator.late();
    let taken = late.add(last_value("late_taken_hits_total")).unwrap();
    taken.series(&[]).record(1_u64.into(), 1);
    let other = late.add(sum("late_other")).unwrap();
    other.series(&[]).record(1_u64.into(), 1);
    // What OpenMetrics calls the family of `late_other_total`.
    let same = late.add(last_value("late_other_count")).unwrap();
    same.series(&[]).record(1_u64.into(), 1);
    for _ in 0..2 {
        let text = prometheus.render();
        assert_eq!(lines(&text, "late_taken_hits"), ["late_taken_hits_total 0"]);
        assert_eq!(lines(&text, "late_other"), ["late_other_total 1"]);
        assert_eq!(aggregator.health()[0].dropped, 2);
    }
}

#[test]
fn labels_that_are_one_or_mean_something_are_told_apart() {
    let aggregator = Aggregator::builder()
        .constant_tag("env", "test")
        .start()
        .unwrap();
    let prometheus = Prometheus::new(&aggregator).unwrap();
    let odd = aggregator.late().add(summary("late_labels")).unwrap();
    let tags = [
        "a.b",
        "a-b",
        "a_b",
        "quantile",
        "le",
        "env",
        "__name__",
        "otel.metric.overflow",
    ];
    let all = tags.map(|tag| (tag, tag));
    odd.series(&all[..1]).record(1_u64.into(), 1);
    odd.series(&all).record(1_u64.into(), 1);
    let text = prometheus.render();
    strict::parse(&text).unwrap();
    open::parse(&prometheus.render_openmetrics()).unwrap();
    assert_eq!(
        lines(&text, "late_labels_count"),
        [
            "late_labels_count{env=\"test\",a_b=\"a.b\"} 1",
            "late_labels_count{env=\"test\",a_b=\"a.b\",a_b_=\"a-b\",a_b__=\"a_b\",\
             quantile_=\"quantile\",le_=\"le\",env_=\"env\",label__name__=\"__name__\",\
             otel_metric_overflow_=\"otel.metric.overflow\"} 1"
        ]
    );
}
