//! A real Prometheus server that scrapes us, asked what it understood.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use telemetry::execute;
use telemetry_metrics::{counter, distribution, last_value, sum, summary};

use crate::support::{reporter, start};

const DEADLINE: Duration = Duration::from_secs(60);

/// A directory that is gone when the test is.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let name = format!("telemetry-prometheus-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("there is a place for files");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server process that is gone when the test is, whether it passed or not.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts `prometheus` on a port that was free a moment ago; on another one if it is not any
    /// more.
    fn start(directory: &Path, target: SocketAddr) -> Self {
        let config = directory.join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs:\n\
             - {{job_name: test, static_configs: [{{targets: ['{target}']}}]}}\n"
        );
        std::fs::write(&config, text).expect("the configuration can be written");
        for attempt in 0..3 {
            let address = free_address();
            let child = Command::new("prometheus")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    directory.join(format!("data-{attempt}")).display()
                ))
                .arg(format!("--web.listen-address={address}"))
                .arg("--log.level=error")
                .stdout(Stdio::null())
                .stderr(Stdio::inherit())
                .spawn()
                .expect("prometheus is found through PATH");
            let mut server = Self { child, address };
            let deadline = Instant::now() + DEADLINE;
            while Instant::now() < deadline {
                if server.child.try_wait().expect("it is our child").is_some() {
                    break;
                }
                if get(address, "/-/ready").is_some_and(|(status, _)| status == 200) {
                    return server;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("prometheus does not start");
    }

    fn get(&self, path: &str) -> Json {
        let (status, body) = get(self.address, path).expect("the server answers");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("the answer is JSON")
    }

    /// The series of a query, with their values.
    fn query(&self, query: &str) -> Vec<(Json, f64)> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = self.get(&format!("/api/v1/query?query={encoded}"));
        let series = answer["data"]["result"].as_array().expect("a vector");
        let read = |series: &Json| {
            let value = series["value"][1].as_str().expect("a value");
            (series["metric"].clone(), value.parse().expect("a number"))
        };
        series.iter().map(read).collect()
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound")
}

/// A GET in HTTP/1.0, so that the answer ends with the connection and has no chunks.
fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[test]
#[ignore = "needs an installed Prometheus"]
fn a_real_server_understands_exactly_what_was_counted() {
    let odd = [
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
    let duration = |millis| Duration::from_millis(millis);
    let aggregator = start([
        counter("prom_server.stop.count")
            .tags(["text"])
            .description("a\\b\n\"c\""),
        sum("prom_server.stop.items").tags(["text"]),
        last_value("prom_server.stop.size").tags(["text"]),
        distribution("prom_server.stop.duration")
            .tags(["text"])
            .buckets([0.1, 0.3]),
        summary("prom_server.stop.queue_time").tags(["text"]),
    ]);
    let prometheus = reporter(&aggregator);
    for (at, text) in odd.iter().enumerate() {
        for _ in 0..=at {
            execute!(
                "prom_server.stop",
                {
                    items: 0.1, size: 1.0 / (at as f64 + 3.0), duration: duration(300),
                    queue_time: duration(7),
                },
                { text }
            );
        }
    }

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let app: axum::Router = prometheus.router();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .unwrap();
    let target = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await });

    let directory = Directory::new();
    let server = Server::start(&directory.0, target);
    let deadline = Instant::now() + DEADLINE;
    while server.query("prom_server_stop_count_total").is_empty() {
        let targets = server.get("/api/v1/targets");
        let error = targets["data"]["activeTargets"][0]["lastError"].as_str();
        assert!(
            error.is_none_or(str::is_empty),
            "the scrape fails: {error:?}"
        );
        assert!(Instant::now() < deadline, "nothing was scraped: {targets}");
        thread::sleep(Duration::from_millis(100));
    }
    let up = server.query("up");
    assert!(matches!(&up[..], [(_, 1.0)]), "{up:?}");

    // The same additions in the same order give the same bits.
    let tenths = |count: usize| (0..count).fold(0.0, |sum, _| sum + 0.1);
    let find = |name: &str, text: &str, le: Option<&str>| {
        let mut found = server.query(name);
        found.retain(|(labels, _)| labels["text"] == text && labels["le"].as_str() == le);
        assert_eq!(found.len(), 1, "{name} {text:?} {le:?}");
        found.remove(0).1
    };
    for (at, text) in odd.iter().enumerate() {
        let (count, times) = (at + 1, at as f64 + 1.0);
        assert_eq!(find("prom_server_stop_count_total", text, None), times);
        assert_eq!(
            find("prom_server_stop_items_total", text, None),
            tenths(count)
        );
        assert_eq!(
            find("prom_server_stop_size", text, None),
            1.0 / (at as f64 + 3.0)
        );
        let buckets = "prom_server_stop_duration_seconds_bucket";
        assert_eq!(find(buckets, text, Some("0.1")), 0.0);
        assert_eq!(find(buckets, text, Some("0.3")), times);
        assert_eq!(find(buckets, text, Some("+Inf")), times);
        let sum = count as f64 * 300.0 / 1_000.0;
        assert_eq!(
            find("prom_server_stop_duration_seconds_sum", text, None),
            sum
        );
        assert_eq!(
            find("prom_server_stop_duration_seconds_count", text, None),
            times
        );
        let sum = count as f64 * 7.0 / 1_000.0;
        assert_eq!(
            find("prom_server_stop_queue_time_seconds_sum", text, None),
            sum
        );
        assert_eq!(
            find("prom_server_stop_queue_time_seconds_count", text, None),
            times
        );
    }
    assert_eq!(
        server.query("prom_server_stop_count_total").len(),
        odd.len()
    );
    assert!(!server.query("telemetry_reporter_sent_total").is_empty());
    let metadata = server.get("/api/v1/metadata?metric=prom_server_stop_count_total");
    let metadata = &metadata["data"]["prom_server_stop_count_total"][0];
    assert_eq!(metadata["type"], "counter");
    assert_eq!(metadata["help"], "a\\b\n\"c\"");
}
