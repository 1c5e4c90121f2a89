//! What a thousand series take: on the way to whoever collects them, and in memory as a past.
//!
//! ```text
//! cargo run --release --example sizes
//! ```
//!
//! Sizes, not times: the same each time, but for the digits of times that were measured. A series has a
//! route of twelve bytes and an outcome, as those of a small service do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use telemetry::{completion_span, execute, span};
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, summary};
use telemetry_opentelemetry::OpenTelemetry;
use telemetry_prometheus::Prometheus;
use telemetry_statsd::{Format, Statsd};
use telemetry_traces::Traces;

const SERIES: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(30);
const BOUNDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

type Problem = Box<dyn std::error::Error>;

fn kinds() -> [(&'static str, Metric); 4] {
    [
        ("counter", counter("sizes.request.count")),
        ("last value", last_value("sizes.request.size")),
        (
            "distribution of 11 buckets",
            distribution("sizes.request.duration").buckets(BOUNDS),
        ),
        ("summary", summary("sizes.request.total_time")),
    ]
}

fn main() -> Result<(), Problem> {
    println!("Bytes for each of {SERIES} series:\n");
    println!(
        "| kind | scrape, text | scrape, OpenMetrics | StatsD, a flush | OTLP, a request | past, 10 minutes of seconds |"
    );
    println!("|---|--:|--:|--:|--:|--:|");
    for (name, metric) in kinds() {
        let metric = metric.tags(["route", "outcome"]);
        let [text, open] = scrape(&metric)?;
        let (statsd, otlp, past) = (statsd(&metric)?, otlp(&metric)?, past(&metric)?);
        println!("| {name} | {text} | {open} | {statsd} | {otlp} | {past} |");
    }
    println!("\nBytes for a span, of a request with six queries:\n");
    println!("| store of traces | OTLP |");
    println!("|--:|--:|");
    println!("| {} | {} |", stored()?, sent()?);
    Ok(())
}

/// One event for each series.
fn emit() {
    for n in 0..SERIES {
        let route = format!("/orders/{n:04}");
        let duration = Duration::from_micros(100 + n as u64 * 997);
        execute!(
            "sizes.request",
            { duration, total_time: duration, size: n },
            { route: route.as_str(), outcome: "ok" },
        );
    }
}

fn aggregator(metric: &Metric) -> Result<Aggregator, Problem> {
    Ok(Aggregator::builder().metrics([metric.clone()]).start()?)
}

fn scrape(metric: &Metric) -> Result<[usize; 2], Problem> {
    let aggregator = aggregator(metric)?;
    let prometheus = Prometheus::new(&aggregator)?;
    let sizes = || [prometheus.render(), prometheus.render_openmetrics()].map(|text| text.len());
    let before = sizes();
    emit();
    let after = sizes();
    Ok([0, 1].map(|at| (after[at] - before[at]) / SERIES))
}

/// Each flush has one number for each series.
fn statsd(metric: &Metric) -> Result<usize, Problem> {
    let aggregator = aggregator(metric)?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    let reporter = Statsd::builder(&aggregator)
        .address(socket.local_addr()?.to_string())
        // Plain StatsD has no tags.
        .format(Format::Datadog)
        .interval(Duration::from_secs(3_600))
        .start()?;
    emit();
    let counting = std::thread::spawn(move || {
        let (mut bytes, mut datagram) = (0, [0; 65_536]);
        // Until nothing comes any more.
        while let Ok(len) = socket.recv(&mut datagram) {
            bytes += len;
        }
        bytes
    });
    reporter.flush(PATIENCE)?;
    let bytes = counting.join().expect("it does not panic");
    Ok(bytes / SERIES)
}

fn otlp(metric: &Metric) -> Result<usize, Problem> {
    let aggregator = aggregator(metric)?;
    let (url, received) = receiver()?;
    let reporter = OpenTelemetry::builder(&aggregator)
        .endpoint(url)
        .without_traces()
        .interval(Duration::from_secs(3_600))
        .start()?;
    reporter.flush(PATIENCE)?;
    let before = received.swap(0, Ordering::AcqRel);
    emit();
    reporter.flush(PATIENCE)?;
    let after = received.load(Ordering::Acquire);
    Ok((after - before) / SERIES)
}

/// All series change at each sample. Samples come a hundred times as often as they would.
fn past(metric: &Metric) -> Result<usize, Problem> {
    const FINE: u64 = 600;
    let aggregator = aggregator(metric)?;
    let history = History::builder(&aggregator)
        .interval(Duration::from_millis(10))
        .length(Duration::from_secs(36))
        .budget(1 << 30)
        .start()?;
    for _ in 0..FINE {
        emit();
        let _newest = history.wait_for(history.newest(), PATIENCE);
    }
    let status = history.status();
    assert!(
        status.fine_steps == FINE && status.left_out == 0,
        "{status:?}"
    );
    Ok(status.bytes / SERIES)
}

/// A request as `telemetry-http` and `telemetry-sqlx` tell of it.
fn request() {
    let span = span!("sizes.endpoint", { method: "GET", route: "/users-slow", version: "1.1" });
    span.in_scope(|| {
        for _ in 0..6 {
            let query = completion_span!("sizes.repo.query", {
                repo: "shop",
                system: "sqlite",
                source: "todo_items",
                command: "SELECT",
                statement: "SELECT id, title, done FROM todo_items WHERE user_id = $1 ORDER BY id",
            });
            let time = Duration::from_micros(123);
            query.measure("total_time", time);
            query.measure("queue_time", time);
            query.measure("query_time", time);
            query.measure("rows", 3);
            query.finish();
        }
    });
}

fn stored() -> Result<usize, Problem> {
    let traces = Traces::builder().memory(64 << 20).start()?;
    (0..SERIES).for_each(|_| request());
    let stats = traces.stats();
    Ok(stats.bytes / usize::try_from(stats.spans_taken)?)
}

fn sent() -> Result<usize, Problem> {
    let aggregator = Aggregator::builder().start()?;
    let (url, received) = receiver()?;
    let reporter = OpenTelemetry::builder(&aggregator)
        .endpoint(url)
        .without_metrics()
        .start()?;
    (0..SERIES).for_each(|_| request());
    reporter.flush(PATIENCE)?;
    Ok(received.load(Ordering::Acquire) / SERIES / 7)
}

/// Answers all requests, and counts the bytes of their bodies.
fn receiver() -> Result<(String, Arc<AtomicUsize>), Problem> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let received = Arc::new(AtomicUsize::new(0));
    let sum = received.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sum = sum.clone();
            std::thread::spawn(move || serve(&stream, &sum));
        }
    });
    Ok((url, received))
}

fn serve(stream: &std::net::TcpStream, sum: &AtomicUsize) -> std::io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        sum.fetch_add(length, Ordering::AcqRel);
        writer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
}
