//! The numbers are those that Prometheus shows for the same run.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rustix::process::Signal;
use telemetry_metrics::{Aggregator, Definition, Dimension, Kind};
use telemetry_otlp_receiver::{Attributes, Metric, Point, Reading, Received, Temporality, Value};

use super::Sending;
use crate::support::program::Program;
use crate::support::servers::Prometheus;
use crate::support::visitor::Visitor;
use crate::support::{DEADLINE, eventually, runtime};

/// What is only counted while somebody does something. Gauges change by themselves, and stored events
/// are looked for all the time, in transactions.
fn is_still(definition: &Definition) -> bool {
    let moves = [
        "demo.projection.lag.",
        "demo.sessions.",
        "demo.load.",
        "demo.repo.transaction.",
        "vm.",
    ];
    definition.kind() != Kind::LastValue
        && !moves.iter().any(|name| definition.name().starts_with(name))
}

/// Whether a series counts what visitors did: scrapes are requests, too, and whoever waits for stored
/// events asks for them.
fn is_of_visitors(get: impl Fn(&str) -> Option<String>) -> bool {
    let source = get("source").or_else(|| get("db.collection.name"));
    let route = get("route").or_else(|| get("http.route"));
    route.as_deref() != Some("/metrics")
        && source.is_none_or(|source| ["users", "todo_items"].contains(&&*source))
}

/// A number of a point, by the name of the sample with which Prometheus has it.
type Number = (String, fn(&Point) -> Vec<f64>);

fn numbers(definition: &Definition) -> Vec<Number> {
    let base = definition.name().replace('.', "_");
    let unit = match definition.dimension() {
        Dimension::Time => "_seconds",
        Dimension::Bytes => "_bytes",
        _ => "",
    };
    let mut numbers: Vec<Number> = match definition.kind() {
        Kind::Counter => vec![(format!("{base}_total"), |point| vec![value(point)])],
        Kind::Sum => vec![(format!("{base}{unit}_total"), |point| vec![value(point)])],
        _ => vec![
            (format!("{base}{unit}_count"), |point| vec![count(point)]),
            (format!("{base}{unit}_sum"), |point| vec![sum(point)]),
        ],
    };
    if definition.kind() == Kind::Distribution {
        numbers.push((format!("{base}{unit}_bucket"), buckets));
    }
    numbers
}

fn value(point: &Point) -> f64 {
    match &point.reading {
        Reading::Int(number) => *number as f64,
        Reading::Double(number) => *number,
        other => panic!("{other:?}"),
    }
}

fn count(point: &Point) -> f64 {
    match &point.reading {
        Reading::Histogram { count, .. } | Reading::Exponential { count, .. } => *count as f64,
        other => panic!("{other:?}"),
    }
}

fn sum(point: &Point) -> f64 {
    match &point.reading {
        Reading::Histogram { sum, .. } | Reading::Exponential { sum, .. } => sum.expect("a sum"),
        other => panic!("{other:?}"),
    }
}

/// As Prometheus has them: each with all that are below.
fn buckets(point: &Point) -> Vec<f64> {
    let Reading::Histogram { buckets, .. } = &point.reading else {
        panic!("{point:?}");
    };
    let below = buckets.iter().scan(0, |below, count| {
        *below += count;
        Some(*below as f64)
    });
    below.collect()
}

fn sorted(numbers: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// The last digits may be lost on the way through a text.
fn equal(one: &[f64], other: &[f64]) -> bool {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * a.abs();
    one.len() == other.len() && one.iter().zip(other).all(near)
}

fn option<'d>(definition: &'d Definition, key: &str) -> Option<&'d str> {
    let mut options = definition.options().iter();
    options
        .find(|(known, _)| known == key)
        .map(|(_, value)| value.as_str())
}

/// The points of a definition in what was received last. Definitions that share a name say which one a
/// point is of.
fn points<'r>(received: &'r Received, definition: &Definition) -> Vec<&'r Point> {
    let name = option(definition, "otel_name").unwrap_or(definition.name());
    let same = received.metrics.iter().filter(|metric| metric.name == name);
    let newest = |metric: &&Metric| metric.points.iter().map(|point| point.time).max();
    let Some(metric) = same.max_by_key(newest) else {
        return Vec::new();
    };
    let is_own = |attributes: &Attributes| {
        let of = attributes.text("telemetry.metric");
        of.is_none_or(|of| of == definition.name())
    };
    metric
        .points
        .iter()
        .filter(|point| is_own(&point.attributes))
        .collect()
}

async fn visit(program: &Program) {
    let mut visitor = Visitor::signed_up(program.address, "Nora").await;
    for path in [
        "/",
        "/users-slow",
        "/users-fast",
        "/fail",
        "/panic",
        "/quote",
        "/quote",
        "/nowhere",
    ] {
        visitor.get(path).await;
    }
    let fields = [("kind", "resize_image"), ("jobs", "5"), ("label", "")];
    visitor.submit("/jobs", "/jobs", &fields).await;
    let mut other = Visitor::new(program.address);
    other.log_in("Nora", "not the password").await;
    let idle = async || visitor_state(program).await;
    eventually(idle, |state| state.contains("0 waiting, 0 running")).await;
    crate::flow::is_welcomed(&mut visitor, "Nora").await;
}

async fn visitor_state(program: &Program) -> String {
    crate::support::http::get(program.address, "/jobs/state")
        .await
        .body
}

/// The values of a sample's series, by their labels.
type Samples = BTreeMap<Vec<(String, String)>, f64>;

async fn samples(prometheus: &Prometheus, name: &str) -> Samples {
    let all = prometheus.series(name).await.into_iter();
    let all = all.map(|(mut labels, value)| {
        labels.retain(|(key, _)| !["__name__", "instance", "job"].contains(&key.as_str()));
        (labels, value)
    });
    let get = |labels: &[(String, String)], key: &str| {
        let label = labels.iter().find(|(known, _)| known == key);
        label.map(|(_, value)| value.clone())
    };
    all.filter(|(labels, _)| is_of_visitors(|key| get(labels, key)))
        .collect()
}

#[test]
#[ignore = "needs ddapm-test-agent and Prometheus; .ci/run installs them and runs this"]
fn every_number_equals_what_prometheus_shows() {
    let sending = Sending::start();
    let runtime = runtime();
    let aggregator = Aggregator::builder()
        .metrics(demo_app::telemetry::metrics())
        .start()
        .expect("the demo's own definitions");
    let definitions: Vec<_> = aggregator
        .definitions()
        .iter()
        .filter(|one| is_still(one))
        .collect();
    let shown: HashMap<_, _> = runtime.block_on(async {
        let prometheus = Prometheus::scraping(sending.program.address).await;
        visit(&sending.program).await;
        // A request that is made now is in a scrape that begins when it has ended.
        let marker = "sum(demo_endpoint_stop_count_total{route=\"/health\"})";
        crate::support::http::get(sending.program.address, "/health").await;
        eventually(|| prometheus.query(marker), |n| *n == Some(1.0)).await;
        let mut shown = HashMap::new();
        for definition in &definitions {
            for (name, _) in numbers(definition) {
                let samples = samples(&prometheus, &name).await;
                shown.insert(name, samples);
            }
        }
        shown
    });
    let received = sending.stop();
    let mut compared = 0;
    for definition in definitions {
        let mut sent: Vec<_> = points(&received, definition);
        sent.retain(|point| is_of_visitors(|key| point.attributes.text(key).map(str::to_owned)));
        for (name, of) in numbers(definition) {
            let shown = &shown[&name];
            let (here, there) = (
                sorted(sent.iter().flat_map(|point| of(point))),
                sorted(shown.values().copied()),
            );
            assert!(equal(&here, &there), "{name}: {sent:#?} and {shown:#?}");
            compared += here.len();
            if option(definition, "otel_name").is_some() || name.ends_with("_bucket") {
                continue;
            }
            for point in &sent {
                let labels = point.attributes.0.iter().map(|(key, value)| match value {
                    Value::Text(text) => (key.replace('.', "_"), text.clone()),
                    other => panic!("{other:?}"),
                });
                let mut labels: Vec<_> = labels.collect();
                labels.sort();
                let there = shown.get(&labels).copied();
                assert!(
                    equal(&of(point), &[there.unwrap_or(f64::NAN)]),
                    "{name}: {labels:?}"
                );
            }
        }
    }
    assert!(compared > 500, "{compared}");
    for metric in &received.metrics {
        assert_ne!(
            metric.temporality,
            Some(Temporality::Delta),
            "{}",
            metric.name
        );
    }
}

#[test]
fn with_a_collector_that_is_not_there_it_ends_in_time_and_says_so() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let url = format!("http://{}", port.expect("a port"));
    let mut program = Program::start(&["--otlp", &url]);
    let reply = runtime().block_on(crate::support::http::get(program.address, "/users-slow"));
    assert_eq!(reply.status, 200);
    let started = std::time::Instant::now();
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    assert!(started.elapsed() < DEADLINE.min(Duration::from_secs(8)));
    let said = program.said();
    assert!(said.contains("cannot be delivered: "), "{said}");
    // 22 spans of the request, and those of the queries that look for stored events.
    let dropped = said.split("0 spans were sent in all, and ").nth(1);
    let dropped = dropped.and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    assert!(dropped.is_some_and(|spans| spans >= 22), "{said}");
    let told = format!("; {} spans were dropped", dropped.unwrap_or_default());
    assert!(said.contains(&told), "{said}");
}

#[test]
fn an_endpoint_that_is_none_is_refused_at_the_start() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_demo-app"))
        .args(["--listen", "127.0.0.1:0", "--otlp", "collector:4318"])
        .env_clear()
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    std::io::Read::read_to_string(&mut stderr, &mut said).expect("text");
    assert!(said.contains("http://"), "{said}");
}
