//! Real servers that scrape us, asked what they understood.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::routing::get;
use telemetry::{EventName, SpanContext, execute};
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::{CONTENT_TYPE, Prometheus};

use crate::servers::{Server, encoded};
use crate::support::{Directory, reporter, start};

const ODD: [&str; 9] = [
    "plain",
    "\"quoted\" \"",
    "back\\slash\\",
    "new\nline\n",
    "\\n is not \n and \\\" is not \"",
    "{a=\"b\"} 1 # HELP",
    "tab\tcarriage\rnul\0bell\u{7}",
    "ünïcödé 🦀 \u{2028}",
    " spaces ",
];

/// An aggregator whose metrics begin with `prefix`, which is told of every odd text as often as it
/// stands far.
fn odd_numbers(prefix: &str) -> Aggregator {
    let name = |name: &str| format!("{prefix}.stop.{name}");
    let tagged = |metric: Metric| metric.tags(["text"]).unchecked();
    let aggregator = start([
        tagged(counter(name("count"))).description("a\\b\n\"c\""),
        tagged(sum(name("items"))),
        tagged(last_value(name("size"))),
        tagged(distribution(name("duration"))).buckets([0.1, 0.3, 1.0]),
        tagged(summary(name("queue_time"))),
    ]);
    let event = EventName::new(&format!("{prefix}.stop")).unwrap();
    let (duration, queue_time) = (Duration::from_millis(300), Duration::from_millis(7));
    for (at, text) in ODD.iter().enumerate() {
        let size = 1.0 / (at as f64 + 3.0);
        for _ in 0..=at {
            execute!(event, { items: 0.1, size, duration, queue_time }, { text });
        }
    }
    aggregator
}

/// What a server has to have understood; `one` is how it writes the bound 1, and `digits` are how
/// many of a number it keeps.
fn check_odd_numbers(server: &Server, prefix: &str, one: &str, digits: i32) {
    let same = |found: f64, expected: f64| {
        // All of them are all of an `f64`: then it is the same one.
        let within = if digits < 17 {
            expected * 10_f64.powi(1 - digits)
        } else {
            0.0
        };
        assert!(
            (found - expected).abs() <= within,
            "{found} is not {expected}"
        );
    };
    server.wait_until("a scrape was waited for", |server| {
        !server
            .query(&format!("{prefix}_stop_count_total"))
            .is_empty()
    });
    assert_eq!(server.values("up"), [1.0]);
    let find = |name: &str, text: &str, label: Option<(&str, &str)>| {
        let mut found = server.query(&format!("{prefix}_stop_{name}"));
        found.retain(|(labels, _)| {
            let own = ["le", "quantile"]
                .into_iter()
                .find_map(|label| labels[label].as_str());
            labels["text"] == text && own == label.map(|(_, value)| value)
        });
        assert_eq!(found.len(), 1, "{name} {text:?} {label:?}");
        found.remove(0).1
    };
    // The same additions in the same order give the same bits.
    let tenths = |count: usize| (0..count).fold(0.0, |sum, _| sum + 0.1);
    for (at, text) in ODD.iter().enumerate() {
        let (count, times) = (at + 1, at as f64 + 1.0);
        same(find("count_total", text, None), times);
        same(find("items_total", text, None), tenths(count));
        same(find("size", text, None), 1.0 / (at as f64 + 3.0));
        for (bound, below) in [("0.1", 0.0), ("0.3", times), (one, times), ("+Inf", times)] {
            let bound = Some(("le", bound));
            same(find("duration_seconds_bucket", text, bound), below);
        }
        let sum = count as f64 * 300.0 / 1_000.0;
        same(find("duration_seconds_sum", text, None), sum);
        same(find("duration_seconds_count", text, None), times);
        let sum = count as f64 * 7.0 / 1_000.0;
        same(find("queue_time_seconds_sum", text, None), sum);
        same(find("queue_time_seconds_count", text, None), times);
        for quantile in ["0.5", "0.9", "0.95", "0.99"] {
            let value = find("queue_time_seconds", text, Some(("quantile", quantile)));
            assert!((value / 0.007 - 1.0).abs() < 0.012, "{quantile}: {value}");
        }
    }
    let series = server.query(&format!("{prefix}_stop_count_total"));
    assert_eq!(series.len(), ODD.len());
    assert!(!server.query("telemetry_reporter_sent_total").is_empty());
}

fn metadata(server: &Server, name: &str) -> serde_json::Value {
    server.get(&format!("/api/v1/metadata?metric={name}"))["data"][name][0].clone()
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn prometheus_understands_openmetrics_behind_a_token() {
    let aggregator = odd_numbers("prom_server");
    let prometheus = Prometheus::builder(&aggregator)
        .bearer_token("a.token~")
        .build()
        .unwrap();
    let listener = prometheus.listen(0).unwrap();
    let directory = Directory::new("server");
    let server = Server::prometheus(directory.path(), listener.local_addr(), Some("a.token~"));
    check_odd_numbers(&server, "prom_server", "1.0", 17);
    let counter = metadata(&server, "prom_server_stop_count");
    assert_eq!(counter["type"], "counter");
    assert_eq!(counter["help"], "a\\b\n\"c\"");
    let histogram = metadata(&server, "prom_server_stop_duration_seconds");
    assert_eq!(histogram["unit"], "seconds", "only OpenMetrics has units");
}

/// For what cannot negotiate: the text, whatever was asked for.
fn serve_text(prometheus: &Prometheus) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let prometheus = prometheus.clone();
    let answer = move || {
        let text = prometheus.render();
        async move { ([("content-type", CONTENT_TYPE)], text) }
    };
    let app: Router = Router::new().route("/metrics", get(answer));
    let bind = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listener = runtime.block_on(bind).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await });
    (runtime, address)
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn prometheus_understands_the_text_format() {
    let aggregator = odd_numbers("prom_server_text");
    let prometheus = reporter(&aggregator);
    let (_runtime, address) = serve_text(&prometheus);
    let directory = Directory::new("server-text");
    let server = Server::prometheus(directory.path(), address, None);
    check_odd_numbers(&server, "prom_server_text", "1", 17);
    let counter = metadata(&server, "prom_server_text_stop_count_total");
    assert_eq!(counter["type"], "counter");
    assert_eq!(counter["help"], "a\\b\n\"c\"");
}

#[test]
#[ignore = "needs an installed VictoriaMetrics"]
fn victoria_metrics_understands_what_it_asks_for() {
    let aggregator = odd_numbers("prom_victoria");
    let prometheus = reporter(&aggregator);
    let listener = prometheus.listen(0).unwrap();
    let directory = Directory::new("victoria");
    let server = Server::victoria_metrics(directory.path(), listener.local_addr());
    check_odd_numbers(&server, "prom_victoria", "1", 12);
}

/// The server dies in the middle of a run, twice; nothing that was counted meanwhile is missing.
#[test]
#[ignore = "needs an installed Prometheus"]
fn totals_are_exact_after_the_server_was_killed_and_started_again() {
    let aggregator = start([
        counter("prom_killed.stop.count").tags(["n"]),
        distribution("prom_killed.stop.number").buckets([1, 2]),
    ]);
    let listener = reporter(&aggregator).listen(0).unwrap();
    let directory = Directory::new("killed");
    let start_server = || Server::prometheus(directory.path(), listener.local_addr(), None);
    let (stop, emitted) = (AtomicBool::new(false), AtomicU64::new(0));
    let total = "sum(prom_killed_stop_count_total)";
    let count = "prom_killed_stop_number_count";
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    for n in 0..4 {
                        execute!("prom_killed.stop", { number: n }, { n });
                    }
                    emitted.fetch_add(4, Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        for _ in 0..2 {
            let mut server = start_server();
            let before = emitted.load(Ordering::Relaxed) as f64;
            server.wait_until("scrapes were waited for", |server| {
                server.values(total).iter().any(|sum| *sum > before)
            });
            server.kill();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let all = emitted.load(Ordering::Relaxed) as f64;
    let server = start_server();
    server.wait_until("the total was waited for", |server| {
        server.values(total) == [all]
    });
    assert_eq!(server.values(count), [all]);
    let sum = server.values("prom_killed_stop_number_sum");
    assert_eq!(sum, [all / 4.0 * 6.0]);
    // What it knows of before it was killed fits: nothing ever fell.
    for series in [count, "prom_killed_stop_count_total"] {
        let resets = server.values(&format!("resets({series}[1h])"));
        assert!(resets.iter().all(|resets| *resets == 0.0), "{resets:?}");
        assert!(!resets.is_empty());
    }
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn prometheus_answers_with_the_trace_of_an_exemplar() {
    let metrics: [Metric; 1] = [distribution("prom_exemplar.stop.duration").buckets([0.1, 1.0])];
    let aggregator: Aggregator = start(metrics);
    let listener = reporter(&aggregator).listen(0).unwrap();
    let (fast, slow) = (SpanContext::new_root(), SpanContext::new_root());
    for (context, millis) in [(fast, 50), (slow, 500)] {
        let duration = Duration::from_millis(millis);
        context.in_scope(|| execute!("prom_exemplar.stop", { duration }));
    }
    let directory = Directory::new("exemplar");
    let server = Server::prometheus(directory.path(), listener.local_addr(), None);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let query = encoded("prom_exemplar_stop_duration_seconds_bucket");
    let (from, to) = (now - 3_600, now + 3_600);
    let path = format!("/api/v1/query_exemplars?query={query}&start={from}&end={to}");
    let exemplars = |server: &Server| {
        let answer = server.get(&path);
        let series = answer["data"].as_array().expect("a list").clone();
        series
            .iter()
            .flat_map(|series| {
                let bound = series["seriesLabels"]["le"]
                    .as_str()
                    .unwrap_or("")
                    .to_owned();
                let exemplars = series["exemplars"].as_array().expect("a list").clone();
                exemplars
                    .into_iter()
                    .map(move |exemplar| (bound.clone(), exemplar))
            })
            .collect::<Vec<_>>()
    };
    server.wait_until("exemplars were waited for", |server| {
        exemplars(server).len() >= 2
    });
    let mut found: Vec<_> = exemplars(&server)
        .into_iter()
        .map(|(bound, exemplar)| {
            let label = |name: &str| exemplar["labels"][name].as_str().unwrap_or("").to_owned();
            let value = exemplar["value"].as_str().unwrap_or("").to_owned();
            (bound, label("trace_id"), label("span_id"), value)
        })
        .collect();
    found.sort();
    let expected = |bound: &str, context: SpanContext, value: &str| {
        let ids = (
            context.trace_id().to_string(),
            context.span_id().to_string(),
        );
        (bound.to_owned(), ids.0, ids.1, value.to_owned())
    };
    assert_eq!(
        found,
        [expected("0.1", fast, "0.05"), expected("1.0", slow, "0.5")]
    );
}
