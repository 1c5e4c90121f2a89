//! Prometheus's own parser and linter.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Unit, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use crate::strict;

/// What `promtool check metrics` says about a text, and whether it is content.
fn promtool(text: &str) -> (bool, String) {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is found through PATH");
    let mut stdin = child.stdin.take().expect("it is piped");
    // It reads everything before it says anything, so this cannot get stuck.
    stdin.write_all(text.as_bytes()).expect("promtool reads");
    drop(stdin);
    let output = child.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
#[ignore = "needs promtool"]
fn promtool_has_nothing_to_complain_about() {
    let odd = "\"quoted\" back\\slash\nnewline \\n {a=\"b\"} # HELP \t\r\0 ünïcödé 🦀\\";
    let aggregator = Aggregator::builder()
        .metrics([
            counter("promtool.stop.count").tags(["route", "http.route", "9lives", "größe"]),
            counter("9promtool.stop-it.count")
                .event("promtool.stop")
                .description(odd),
            counter("promtool.limited.count")
                .event("promtool.stop")
                .tags(["n"])
                .max_series(1),
            counter("promtool.missing.count")
                .event("promtool.stop")
                .tags(["absent"]),
            sum("promtool.stop.bytes").bytes(),
            sum("promtool.stop.items"),
            sum("promtool.stop.total_time").measurement("duration"),
            sum("promtool.stop.open").up_down(),
            sum("promtool.stop.shown.total")
                .event("promtool.stop")
                .measurement("items")
                .option("prometheus_type", "gauge"),
            last_value("promtool.stop.total").bytes(),
            last_value("promtool.queue.total").event("promtool.stop"),
            last_value("promtool.queue_lengths.count")
                .event("promtool.stop")
                .measurement("total"),
            last_value("promtool.queue_bytes.bucket.sum")
                .event("promtool.stop")
                .measurement("total")
                .unit(Unit::Other("jobs/worker")),
            distribution("promtool.stop.duration").tags(["route"]),
            distribution("promtool.stop.sizes.total")
                .event("promtool.stop")
                .measurement("bytes")
                .bytes(),
            distribution("promtool.stop.signed")
                .measurement("open")
                .buckets([-1.5, 0.0, 1e-9, 1e30]),
            summary("promtool.stop.queue_time")
                .measurement("duration")
                .tags(["route"]),
            summary("promtool.seen.total")
                .event("promtool.stop")
                .measurement("items"),
        ])
        .constant_tag("env", odd)
        .start()
        .unwrap();
    let prometheus = Prometheus::builder(&aggregator)
        .build_info("promtool", [("version", odd)])
        .build()
        .unwrap();
    for n in 0..3 {
        let duration = Duration::from_millis(7 * n);
        execute!(
            "promtool.stop",
            { duration, bytes: n << 40, items: 0.1, open: -1, total: 1e300 },
            { route: odd, "http.path": odd, "9lives": "\\", "größe": "\n", n }
        );
    }
    execute!("promtool.stop", { items: -1, open: f64::NAN, duration: 5, bytes: 1.5 });
    let text = prometheus.render();
    let problem = strict::parse(&text).err();
    assert_eq!(problem, None, "{text}");
    for line in [
        "otel_metric_overflow=\"true\"",
        "telemetry_metric_skipped_total{",
        "telemetry_metric_tags_missing_total{",
        "telemetry_metric_overflowed_total{",
        "telemetry_metric_series{",
        "telemetry_reporter_sent_total{",
        "process_start_time_seconds{",
        "promtool_build_info{",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
    let (content, said) = promtool(&text);
    assert!(content && said.is_empty(), "{said}\n{text}");
}

/// Otherwise the test above could be content with anything.
#[test]
#[ignore = "needs promtool"]
fn promtool_complains_when_there_is_reason_to() {
    for bad in [
        "# HELP a A\n# TYPE a counter\na 1\n",
        "# HELP a_total A\n# TYPE a_total gauge\na_total 1\n",
        "# TYPE a gauge\na 1\n",
        "# HELP a A\n# TYPE a gauge\na{x=\"\n\"} 1\n",
    ] {
        assert_ne!(promtool(bad), (true, String::new()), "{bad}");
    }
}
