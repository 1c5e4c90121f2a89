//! The metrics of the crate: they fit its events, and reporters take them.

use std::time::Duration;

use telemetry_jobs::{Jobs, metrics};
use telemetry_metrics::{Aggregator, Check, Data};
use telemetry_prometheus::Prometheus;

/// Jobs of all fates.
fn work(jobs: &Jobs) {
    crate::support::quiet();
    let queue = jobs.queue("mail");
    queue.enqueued("Send").start().finish();
    let mut attempt = queue.enqueued("Send").start();
    attempt.in_scope_result(|| Err::<(), _>("no")).unwrap_err();
    attempt.retry(Duration::ZERO).start().discard();
    let panicking = || {
        queue
            .enqueued("Send")
            .start()
            .in_scope(|| panic!("{}", crate::support::EXPECTED))
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).unwrap_err();
    drop(queue.enqueued("Send"));
    let batch = queue.batch("Send", 10);
    batch.handle().failed(3);
    batch.finish();
}

#[test]
fn every_number_arrives() {
    let builder = Aggregator::builder().metrics(metrics("metrics.all"));
    let aggregator = builder.check_definitions(Check::Deny).start().unwrap();
    let jobs = Jobs::new("metrics.all").unwrap();
    work(&jobs);
    let stored = jobs.queue("table");
    stored.report_depth(42);
    let _waiting = jobs.queue("mail").enqueued("Send");
    jobs.poll();

    let snapshot = aggregator.snapshot();
    let tags = [("queue", "mail"), ("worker", "Send")];
    let find = |name: &str, tags: &[(&str, &str)]| {
        snapshot.find(&format!("metrics.all.{name}"), tags).cloned()
    };
    let ended = |name: &str, outcome: &str| {
        find(
            name,
            &[("queue", "mail"), ("worker", "Send"), ("outcome", outcome)],
        )
    };
    assert_eq!(find("enqueued.count", &tags), Some(Data::Counter(5)));
    assert_eq!(find("attempt.start.count", &tags), Some(Data::Counter(4)));
    for outcome in ["ok", "error", "cancelled"] {
        assert_eq!(
            ended("attempt.stop.count", outcome),
            Some(Data::Counter(1)),
            "{outcome}"
        );
    }
    assert_eq!(
        find("attempt.exception.count", &tags),
        Some(Data::Counter(1))
    );
    assert_eq!(find("retried.count", &tags), Some(Data::Counter(1)));
    assert_eq!(find("discarded.count", &tags), Some(Data::Counter(1)));
    assert_eq!(find("dropped.count", &tags), Some(Data::Counter(1)));
    let count = |data: Option<Data>| match data {
        Some(Data::Distribution(distribution)) => distribution.count,
        other => panic!("no distribution: {other:?}"),
    };
    assert_eq!(count(find("attempt.queue_time", &tags)), 4);
    assert_eq!(count(ended("attempt.duration", "panic")), 1);
    assert_eq!(count(ended("batch.duration", "ok")), 1);
    let amount = |data: Option<Data>| match data {
        Some(Data::Sum(amount) | Data::LastValue(amount)) => amount.as_f64(),
        other => panic!("no amount: {other:?}"),
    };
    assert_eq!(amount(ended("batch.messages", "ok")), 10.0);
    assert_eq!(amount(ended("batch.failed", "ok")), 3.0);
    assert_eq!(amount(find("queue.depth", &[("queue", "mail")])), 1.0);
    assert_eq!(amount(find("queue.running", &[("queue", "mail")])), 0.0);
    assert_eq!(amount(find("queue.depth", &[("queue", "table")])), 42.0);

    // Nothing was skipped on the way.
    for family in &snapshot.families {
        if family.definition.name().contains("skipped") {
            assert!(
                family.series.iter().all(|series| !series.is_touched),
                "{family:?}"
            );
        }
    }
}

#[test]
fn prometheus_takes_them() {
    let aggregator = Aggregator::builder()
        .metrics(metrics("metrics.scraped"))
        .start()
        .unwrap();
    let prometheus = Prometheus::new(&aggregator).unwrap();
    let jobs = Jobs::new("metrics.scraped").unwrap();
    work(&jobs);
    jobs.poll();
    let text = prometheus.render();
    for line in [
        "metrics_scraped_enqueued_count_total{queue=\"mail\",worker=\"Send\"} 4",
        "metrics_scraped_attempt_stop_count_total{queue=\"mail\",worker=\"Send\",outcome=\"ok\"} 1",
        "metrics_scraped_queue_depth{queue=\"mail\"} 0",
        "metrics_scraped_batch_failed_total{queue=\"mail\",worker=\"Send\",outcome=\"ok\"} 3",
    ] {
        assert!(
            text.lines().any(|other| other == line),
            "no {line} in\n{text}"
        );
    }
    let waited = "metrics_scraped_attempt_queue_time_seconds_bucket{queue=\"mail\",worker=\"Send\",le=\"1800\"} 4";
    assert!(text.contains(waited), "{text}");
}
