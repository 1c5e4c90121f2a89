//! Servers that the tests start: on free ports of this machine, and gone when the test is.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::client::{DEADLINE, get};

/// A server that scrapes, and answers `/api/v1/query`.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Server {
    /// A Prometheus that scrapes `target` each second and keeps what it learns in `directory`.
    pub(crate) fn prometheus(directory: &Path, target: SocketAddr, token: Option<&str>) -> Self {
        let config = write_config(directory, target, token);
        Self::prometheus_with(directory, &config)
    }

    /// A Prometheus with this configuration, which keeps what it learns in `directory`.
    pub(crate) fn prometheus_with(directory: &Path, config: &Path) -> Self {
        Self::start(|address| {
            let mut command = Command::new("prometheus");
            command
                .arg(format!("--config.file={}", config.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    directory.join("data").display()
                ))
                .arg(format!("--web.listen-address={address}"))
                .arg("--enable-feature=exemplar-storage")
                .arg("--log.level=error");
            (command, "/-/ready")
        })
    }

    /// A VictoriaMetrics that does the same.
    pub(crate) fn victoria_metrics(directory: &Path, target: SocketAddr) -> Self {
        let config = write_config(directory, target, None);
        Self::start(|address| {
            let mut command = Command::new("victoria-metrics");
            command
                .arg(format!("-promscrape.config={}", config.display()))
                .arg(format!(
                    "-storageDataPath={}",
                    directory.join("data").display()
                ))
                .arg(format!("-httpListenAddr={address}"))
                .arg("-search.latencyOffset=0s")
                .arg("-loggerLevel=ERROR");
            (command, "/health")
        })
    }

    /// On a port that was free a moment ago; on another one if it is not any more.
    fn start(command: impl Fn(SocketAddr) -> (Command, &'static str)) -> Self {
        for _ in 0..3 {
            let address = free_address();
            let (mut command, health) = command(address);
            let child = command
                .stdout(Stdio::null())
                .stderr(Stdio::inherit())
                .spawn()
                .unwrap_or_else(|error| {
                    let name = command.get_program().to_string_lossy().into_owned();
                    panic!("{name} has to be installed and in the PATH: {error}")
                });
            let mut server = Self { child, address };
            let deadline = Instant::now() + DEADLINE;
            while Instant::now() < deadline {
                if server.child.try_wait().expect("it is our child").is_some() {
                    break;
                }
                if get(address, health).is_some_and(|answer| answer.status == 200) {
                    return server;
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("the server does not start");
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// As a machine that loses power does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn get(&self, path: &str) -> Json {
        let answer = get(self.address, path).expect("the server answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).expect("the answer is JSON")
    }

    /// The series of a query, with their values.
    pub(crate) fn query(&self, query: &str) -> Vec<(Json, f64)> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(query)));
        let series = answer["data"]["result"].as_array().expect("a vector");
        let read = |series: &Json| {
            let value = series["value"][1].as_str().expect("a value");
            (series["metric"].clone(), value.parse().expect("a number"))
        };
        series.iter().map(read).collect()
    }

    /// The values of a query alone, in no order.
    pub(crate) fn values(&self, query: &str) -> Vec<f64> {
        let series = self.query(query).into_iter();
        series.map(|(_, value)| value).collect()
    }

    /// Asks until the answer is as it will be.
    pub(crate) fn wait_until(&self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !done(self) {
            if Instant::now() > deadline {
                panic!(
                    "{what} in vain; the targets: {}",
                    self.get("/api/v1/targets")
                );
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

pub(crate) fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn write_config(directory: &Path, target: SocketAddr, token: Option<&str>) -> std::path::PathBuf {
    let config = directory.join("scrape.yml");
    let authorization = token
        .map(|token| format!(", authorization: {{credentials: '{token}'}}"))
        .unwrap_or_default();
    let text = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
         scrape_configs:\n\
         - {{job_name: test, static_configs: [{{targets: ['{target}']}}]{authorization}}}\n"
    );
    std::fs::write(&config, text).expect("the configuration can be written");
    config
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound")
}
