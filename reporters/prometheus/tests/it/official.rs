//! The official parser of OpenMetrics, that of Prometheus's client library for Python.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value as Json;
use telemetry::{SpanContext, execute};
use telemetry_metrics::{Aggregator, Unit, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use crate::open;
use crate::strict::Sample;
use crate::support::reporter;

/// Reads all of standard input, and says what it understood.
const SCRIPT: &str = r#"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode()
try:
    families = [
        {
            "name": family.name,
            "type": family.type,
            "unit": family.unit,
            "help": family.documentation,
            "samples": [
                {
                    "name": sample.name,
                    "labels": sorted(sample.labels.items()),
                    "value": str(float(sample.value)),
                    "exemplar": sample.exemplar and {
                        "labels": sample.exemplar.labels,
                        "value": sample.exemplar.value,
                        "time": float(sample.exemplar.timestamp),
                    },
                }
                for sample in family.samples
            ],
        }
        for family in text_string_to_metric_families(text)
    ]
except Exception as error:
    families = repr(error)
json.dump(families, sys.stdout)
"#;

/// The families that it understood, or why it did not.
fn official(text: &str) -> Result<Vec<Json>, String> {
    let python = env::var_os("TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let mut child = Command::new(&python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("TEST_PYTHON names a Python");
    let mut stdin = child.stdin.take().expect("it is piped");
    // It reads everything before it says anything, so this cannot get stuck.
    stdin.write_all(text.as_bytes()).expect("Python reads");
    drop(stdin);
    let output = child.wait_with_output().expect("Python ends");
    assert!(
        output.status.success(),
        "TEST_PYTHON has to be a Python that has the package prometheus-client"
    );
    match serde_json::from_slice(&output.stdout).expect("it answers in JSON") {
        Json::Array(families) => Ok(families),
        other => Err(other.to_string()),
    }
}

/// That it understood the samples that our own reader finds, and all of them.
fn check(text: &str) -> Vec<Json> {
    let families = official(text).unwrap_or_else(|error| panic!("{error} for\n{text}"));
    let ours = open::parse(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    assert_eq!(families.len(), ours.len());
    for (family, own) in families.iter().zip(&ours) {
        assert_eq!(family["name"], own.name);
        assert_eq!(family["help"], own.family.help);
        assert_eq!(family["unit"], own.unit.clone().unwrap_or_default());
        let samples = family["samples"].as_array().expect("a list").iter();
        let (created, plain): (Vec<_>, Vec<_>) = samples.partition(|sample| {
            let name = sample["name"].as_str().unwrap_or("");
            family["type"] != "gauge" && name.strip_prefix(&own.name) == Some("_created")
        });
        assert_eq!(created.len(), own.created.len(), "{}", own.name);
        assert_eq!(plain.len(), own.family.samples.len(), "{}", own.name);
        for (sample, own) in plain.iter().zip(&own.family.samples) {
            assert_eq!(sample["name"], own.name);
            assert_eq!(sample["labels"], sorted(own));
            let value: f64 = sample["value"]
                .as_str()
                .expect("text")
                .parse()
                .expect("a number");
            assert!(
                value == own.value || (value.is_nan() && own.value.is_nan()),
                "{own:?}"
            );
        }
    }
    families
}

fn sorted(sample: &Sample) -> Json {
    let mut labels: Vec<Json> = sample
        .labels
        .iter()
        .map(|(label, value)| serde_json::json!([label, value]))
        .collect();
    labels.sort_by_key(ToString::to_string);
    labels.into()
}

#[test]
#[ignore = "needs a Python with prometheus-client"]
fn it_understands_everything_as_it_was_meant() {
    let odd = "\"quoted\" back\\slash\nnewline \\n {a=\"b\"} # HELP \t\r\0 ünïcödé 🦀\\";
    let aggregator = Aggregator::builder()
        .metrics([
            counter("official.stop.count").tags(["route", "http.route", "9lives", "größe"]),
            counter("9official.stop-it.count")
                .event("official.stop")
                .description(odd),
            counter("official.limited.count")
                .event("official.stop")
                .tags(["n"])
                .max_series(1),
            counter("official.missing.count")
                .event("official.stop")
                .tags(["absent"]),
            sum("official.stop.bytes").bytes(),
            sum("official.stop.total_time").measurement("duration"),
            sum("official.stop.open").up_down(),
            last_value("official.stop.total").bytes(),
            last_value("official.queue.bucket.sum")
                .event("official.stop")
                .measurement("total")
                .unit(Unit::Other("jobs/worker")),
            distribution("official.stop.duration").tags(["route"]),
            distribution("official.stop.signed")
                .measurement("open")
                .buckets([-1.5, 0.0, 1e-9, 1e30]),
            distribution("official.stop.positive")
                .measurement("open")
                .buckets([0.5, 1.0, 10.0, 1e5, 1e6, 1e10]),
            summary("official.stop.queue_time")
                .measurement("duration")
                .tags(["route"]),
            summary("official.stop.either").measurement("open"),
        ])
        .constant_tag("env", odd)
        .start()
        .unwrap();
    let plain = reporter(&aggregator);
    let verbose = Prometheus::builder(&aggregator)
        .created_samples(true)
        .build_info("official", [("version", odd), ("git.revision", "a1b2c3")])
        .quantiles([0.0, 0.5, 1.0])
        .build()
        .unwrap();
    let verbatim = Prometheus::builder(&aggregator)
        .verbatim_names()
        .build()
        .unwrap();
    for n in 0..3 {
        let duration = Duration::from_millis(7 * n);
        execute!(
            "official.stop",
            { duration, bytes: n << 40, open: -1, total: 1e300 },
            { route: odd, "http.path": odd, "9lives": "\\", "größe": "\n", n }
        );
    }
    execute!("official.stop", { open: f64::NAN, duration: 5, bytes: 1.5 });
    for prometheus in [plain, verbose, verbatim] {
        let families = check(&prometheus.render_openmetrics());
        assert!(families.len() > 14);
        let env = families[0]["samples"][0]["labels"].to_string();
        assert!(env.contains(&Json::from(odd).to_string()), "{env}");
    }
}

/// Otherwise the test above could be content with anything.
#[test]
#[ignore = "needs a Python with prometheus-client"]
fn it_refuses_what_is_wrong() {
    let valid = "# TYPE a histogram\n# HELP a A\na_bucket{le=\"+Inf\"} 1\n";
    let end = "# EOF\n";
    assert!(official(&format!("{valid}{end}")).is_ok());
    for bad in [
        valid.to_owned(),
        format!("{valid}a_count 1\n{end}"),
        format!("{valid}# TYPE a_bucket gauge\n# HELP a_bucket A\na_bucket 1\n{end}"),
        format!("# TYPE b counter\n# HELP b B\nb 1\n{end}"),
    ] {
        assert!(official(&bad).is_err(), "{bad}");
    }
}

#[test]
#[ignore = "needs a Python with prometheus-client"]
fn it_understands_exemplars() {
    let aggregator = Aggregator::builder()
        .metrics([distribution("official_exemplar.stop.duration").buckets([0.1, 1.0])])
        .start()
        .unwrap();
    let prometheus = reporter(&aggregator);
    let context = SpanContext::new_root();
    let duration = Duration::from_millis(300);
    context.in_scope(|| execute!("official_exemplar.stop", { duration }));
    let families = check(&prometheus.render_openmetrics());
    let exemplars: Vec<&Json> = families
        .iter()
        .flat_map(|family| family["samples"].as_array().expect("a list"))
        .filter(|sample| !sample["exemplar"].is_null())
        .collect();
    assert_eq!(exemplars.len(), 1, "{exemplars:?}");
    assert!(
        exemplars[0]["labels"].to_string().contains("\"1.0\""),
        "in its bucket"
    );
    let exemplar = &exemplars[0]["exemplar"];
    assert_eq!(exemplar["value"], 0.3);
    assert_eq!(
        exemplar["labels"]["trace_id"],
        context.trace_id().to_string()
    );
    assert_eq!(exemplar["labels"]["span_id"], context.span_id().to_string());
}
