//! Datadog's own client for Python, which is to write the same bytes for the same things.
//!
//! To run these: `pip install datadog`, and then
//! `TEST_PYTHON=python3 cargo test -p telemetry-statsd -- --ignored`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use telemetry::execute;
use telemetry_metrics::{
    Aggregator, Metric, Unit, counter, distribution, last_value, sum, summary,
};
use telemetry_statsd::{
    AlertType, CheckStatus, DatadogEvent, Format, Priority, ServiceCheck, StatsdBuilder,
};

use crate::support::{Listener, SOON, aggregator, quiet, spawn};

/// Calls the client's methods as it is told; without buffers, so each is a packet.
const SCRIPT: &str = "
import json, sys
from datadog.dogstatsd.base import DogStatsd
told = json.load(sys.stdin)
client = DogStatsd(
    host='127.0.0.1', port=told['port'], socket_path=told['socket'], namespace=told['namespace'],
    constant_tags=told['constant_tags'], container_id=told['container_id'],
    cardinality=told['cardinality'],
    disable_telemetry=True, disable_buffering=True, disable_aggregation=True,
    origin_detection_enabled=False)
for method, arguments in told['calls']:
    getattr(client, method)(**arguments)
client.close_socket()
";

/// What the reference sends for these calls.
struct Reference {
    told: Value,
    variables: Vec<(&'static str, &'static str)>,
}

impl Reference {
    fn new(calls: &[Value]) -> Self {
        let told = json!({
            "namespace": null, "constant_tags": [], "container_id": null, "cardinality": null,
            "socket": null, "calls": calls,
        });
        Self {
            told,
            variables: Vec::new(),
        }
    }

    fn set(mut self, key: &str, value: Value) -> Self {
        self.told[key] = value;
        self
    }

    fn lines(mut self) -> Vec<String> {
        let daemon = Listener::new();
        self.told["port"] = daemon.address().port().into();
        self.run();
        let datagrams = daemon.datagrams();
        let line = |text: &String| text.trim_end_matches('\n').to_owned();
        datagrams.iter().map(line).collect()
    }

    fn run(self) {
        let python = std::env::var("TEST_PYTHON").expect(
            "TEST_PYTHON is not set: it has to be a Python that has Datadog's client, `pip \
             install datadog`",
        );
        let mut command = Command::new(python);
        // It reads the environment, whatever it is told.
        let its = |name: &String| name.starts_with("DD_") || name.starts_with("DATADOG_");
        for name in std::env::vars().map(|(name, _)| name).filter(its) {
            command.env_remove(name);
        }
        command.args(["-c", SCRIPT]).stdin(Stdio::piped());
        command.envs(self.variables.iter().copied());
        let mut process = spawn(&mut command).expect("the Python of TEST_PYTHON can be started");
        let told = self.told.to_string();
        process
            .stdin
            .take()
            .unwrap()
            .write_all(told.as_bytes())
            .unwrap();
        assert!(process.wait().unwrap().success(), "the reference fails");
    }
}

fn ours(
    aggregator: &Aggregator,
    set: impl FnOnce(StatsdBuilder<'_>) -> StatsdBuilder<'_>,
    act: impl FnOnce(&telemetry_statsd::Outbox),
) -> Vec<String> {
    let daemon = Listener::new();
    let builder = quiet(aggregator, daemon.address()).format(Format::Datadog);
    let statsd = set(builder).start().unwrap();
    act(&statsd.outbox());
    statsd.flush(SOON).unwrap();
    daemon.lines()
}

fn metrics(event: &str) -> [Metric; 5] {
    let name = |last: &str| format!("{event}.{last}");
    let tags = ["route", "status"];
    [
        counter(name("count")).tags(tags),
        sum(name("bytes")).up_down().tags(tags),
        last_value(name("load")).tags(tags),
        summary(name("time"))
            .measurement("load")
            .unit(Unit::One)
            .tags(tags),
        distribution(name("size"))
            .measurement("bytes")
            .buckets([1.0])
            .tags(tags),
    ]
}

/// The same metrics, as the reference is called for them.
fn calls(event: &str, tags: &Value) -> Vec<Value> {
    let call = |method: &str, last: &str, value: Value| {
        let metric = format!("{event}.{last}");
        json!([method, { "metric": metric, "value": value, "tags": tags }])
    };
    vec![
        call("increment", "count", json!(1)),
        call("increment", "bytes", json!(-4096)),
        call("gauge", "load", json!(0.25)),
        call("histogram", "time", json!(0.25)),
        call("distribution", "size", json!(-4096)),
    ]
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn metrics_are_written_as_datadogs_client_writes_them() {
    let cases = [
        ("ref.plain", "a", "200"),
        ("ref.path", "/a/b.html", "5-0_1"),
        ("ref.reserved", "a b|c@d#e,f\tg", "Kraków"),
        ("ref.newline", "a\nevil:1|c", "500"),
    ];
    for (event, route, status) in cases {
        let emit = |_: &telemetry_statsd::Outbox| {
            let event = telemetry::EventName::new(event).unwrap();
            execute!(event, { bytes: -4096, load: 0.25 }, { route: route, status: status });
        };
        // Of a value's own colon the reference makes nothing, and we an underscore.
        let route = route.replace(':', "_");
        let tags = json!([format!("route:{route}"), format!("status:{status}")]);
        let aggregator = aggregator(metrics(event));
        let sent = ours(&aggregator, |builder| builder.prefix("app"), emit);
        let reference = Reference::new(&calls(event, &tags)).set("namespace", json!("app"));
        assert_eq!(sent, reference.lines());
    }
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn global_tags_and_origin_are_written_as_datadogs_client_writes_them() {
    let event = "ref.global";
    let variables = [
        ("DD_ENTITY_ID", "pod-1"),
        ("DD_ENV", "prod"),
        ("DD_SERVICE", "web shop"),
        ("DD_VERSION", "1.2.3"),
        ("DD_EXTERNAL_ENV", "it-false,cn-web,pu-1"),
    ];
    let aggregator = aggregator(metrics(event));
    let sent = ours(
        &aggregator,
        |builder| {
            let cardinality = telemetry_statsd::Cardinality::Orchestrator;
            builder
                .global_tag("team", "shop")
                .container_id("in-4026531835")
                .cardinality(cardinality)
                .env(|name| {
                    let mut all = variables.iter().chain(&[("DD_TAGS", "tier:1,alone")]);
                    let found = all.find(|(one, _)| *one == name);
                    found.map(|(_, value)| (*value).to_owned())
                })
        },
        |_| {
            execute!("ref.global", { bytes: -4096, load: 0.25 }, { route: "a", status: "b" });
        },
    );
    let mut reference = Reference::new(&calls(event, &json!(["route:a", "status:b"])))
        .set("constant_tags", json!(["team:shop"]))
        .set("container_id", json!("in-4026531835"))
        .set("cardinality", json!("orchestrator"));
    reference.variables = variables.to_vec();
    // Its name for our DD_TAGS.
    reference.variables.push(("DATADOG_TAGS", "tier:1,alone"));
    assert_eq!(sent, reference.lines());
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn timestamps_are_written_as_datadogs_client_writes_them() {
    let aggregator = aggregator([counter("ref.time.count"), last_value("ref.time.n")]);
    let sent = ours(
        &aggregator,
        |builder| builder.timestamps(true).container_id("ci-7"),
        |_| execute!("ref.time", { n: 7 }),
    );
    let second: u64 = sent[0].rsplit_once("|T").unwrap().1.parse().unwrap();
    let call = |method: &str, last: &str, value: u64| {
        let metric = format!("ref.time.{last}");
        json!([method, { "metric": metric, "value": value, "timestamp": second }])
    };
    let reference = Reference::new(&[
        call("count_with_timestamp", "count", 1),
        call("gauge_with_timestamp", "n", 7),
    ]);
    assert_eq!(sent, reference.set("container_id", json!("ci-7")).lines());
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn events_are_written_as_datadogs_client_writes_them() {
    let second = 1_700_000_000;
    let at = UNIX_EPOCH + Duration::from_secs(second);
    let texts = [
        ("title", "text"),
        ("Kraków 東京", "ñ\nand | more: #x @y\n"),
        ("a|b", ""),
        ("tab\there", "_e{1,1}:a|b"),
    ];
    let aggregator = aggregator([counter("ref.event.count")]);
    let mut calls = Vec::new();
    let sent = ours(
        &aggregator,
        |builder| builder.global_tag("env", "prod").container_id("ci-7"),
        |outbox| {
            for (title, text) in texts {
                outbox
                    .event(&DatadogEvent::new(title, text).at(at))
                    .unwrap();
                calls.push(json!(["event", {
                    "title": title, "message": text, "date_happened": second,
                }]));
            }
            for (alert_type, its) in [
                (AlertType::Info, "info"),
                (AlertType::Success, "success"),
                (AlertType::Warning, "warning"),
                (AlertType::Error, "error"),
            ] {
                for (priority, low) in [(Priority::Normal, "normal"), (Priority::Low, "low")] {
                    let event = DatadogEvent::new("all", "x")
                        .at(at)
                        .host("host-1")
                        .aggregation_key("a key")
                        .source("nginx")
                        .alert_type(alert_type)
                        .priority(priority)
                        .tag("route", "/a b,c");
                    outbox.event(&event).unwrap();
                    calls.push(json!(["event", {
                        "title": "all", "message": "x", "date_happened": second,
                        "hostname": "host-1", "aggregation_key": "a key",
                        "source_type_name": "nginx", "alert_type": its, "priority": low,
                        "tags": ["route:/a b,c"],
                    }]));
                }
            }
        },
    );
    let reference = Reference::new(&calls)
        .set("constant_tags", json!(["env:prod"]))
        .set("container_id", json!("ci-7"));
    assert_eq!(sent, reference.lines());
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn service_checks_are_written_as_datadogs_client_writes_them() {
    let second = 1_700_000_000;
    let at = UNIX_EPOCH + Duration::from_secs(second);
    let aggregator = aggregator([counter("ref.check.count")]);
    let mut calls = Vec::new();
    let sent = ours(
        &aggregator,
        |builder| builder.global_tag("env", "prod").container_id("ci-7"),
        |outbox| {
            let statuses = [
                CheckStatus::Ok,
                CheckStatus::Warning,
                CheckStatus::Critical,
                CheckStatus::Unknown,
            ];
            for (number, status) in statuses.into_iter().enumerate() {
                let check = ServiceCheck::new("shop.database", status).at(at);
                outbox.service_check(&check).unwrap();
                let message = "down: m:x\nagain, Kraków #1";
                let check = check.host("host-1").message(message).tag("pool", "a,b");
                outbox.service_check(&check).unwrap();
                let plain = json!({
                    "check_name": "shop.database", "status": number, "timestamp": second,
                });
                let mut full = plain.clone();
                full["hostname"] = json!("host-1");
                full["message"] = json!(message);
                full["tags"] = json!(["pool:a,b"]);
                calls.extend([
                    json!(["service_check", plain]),
                    json!(["service_check", full]),
                ]);
            }
        },
    );
    let reference = Reference::new(&calls)
        .set("constant_tags", json!(["env:prod"]))
        .set("container_id", json!("ci-7"));
    assert_eq!(sent, reference.lines());
}

#[cfg(unix)]
#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn messages_on_a_stream_are_framed_as_datadogs_client_frames_them() {
    use crate::sockets::{Place, Reading, frames};
    use std::os::unix::net::UnixListener;

    let place = Place::new();
    let reading = Reading::new(UnixListener::bind(place.path()).unwrap());
    let address = place.address("unixstream");
    let reference = Reference::new(&calls("ref.stream", &json!(["route:a", "status:b"])));
    let reference = reference
        .set("socket", json!(address))
        .set("port", json!(8125));
    reference.run();
    let aggregator = aggregator(metrics("ref.stream"));
    let statsd = telemetry_statsd::Statsd::builder(&aggregator)
        .format(Format::Datadog)
        .address(address)
        .interval(crate::support::NEVER)
        // One line is a message, as it is there.
        .mtu(64)
        .start()
        .unwrap();
    execute!("ref.stream", { bytes: -4096, load: 0.25 }, { route: "a", status: "b" });
    statsd.stop(SOON).unwrap();
    let mut got = reading.finish().into_iter().map(|bytes| frames(&bytes));
    let (its, rest) = got.next().unwrap();
    assert_eq!((its.len(), rest), (5, 0));
    let its = its
        .iter()
        .map(|text| text.trim_end_matches('\n').to_owned());
    assert_eq!((its.collect(), 0), got.next().unwrap());
}

#[test]
#[ignore = "needs Datadog's client for Python, and that Python in TEST_PYTHON"]
fn the_container_is_the_one_that_datadogs_client_finds() {
    let python = std::env::var("TEST_PYTHON").expect("TEST_PYTHON is not set");
    let script = "from datadog.dogstatsd.container import Cgroup; print(Cgroup().container_id)";
    let mut command = Command::new(python);
    command.args(["-c", script]).stdout(Stdio::piped());
    let output = spawn(&mut command).unwrap().wait_with_output().unwrap();
    let its = String::from_utf8(output.stdout).unwrap();
    let aggregator = aggregator([counter("ref.container.count")]);
    let sent = ours(
        &aggregator,
        |builder| builder.prefix("").detect_container(),
        |_| execute!("ref.container"),
    );
    let own = sent[0].split_once("|c:").map(|(_, own)| own);
    println!("found by us {own:?}, by the reference {its}");
    match own {
        // Where it finds nothing at a place, it may say so with an exception.
        None => assert!(["", "None"].contains(&its.trim()), "{its}"),
        // It does not look at what is mounted, which is the better answer.
        Some(own) if own.starts_with("ci-") => assert!(its.starts_with("in-") || its.trim() == own),
        Some(own) => assert_eq!(its.trim(), own),
    }
}
