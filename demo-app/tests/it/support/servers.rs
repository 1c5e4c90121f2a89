//! Real servers, started on free ports of the loopback and ended with the test.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{DEADLINE, http};

/// A server with a folder of its own; both are gone after the test.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
}

impl Server {
    pub(super) fn start(program: &str, folder: PathBuf, arguments: &[String]) -> Self {
        let log = std::fs::File::create(folder.join("log")).expect("a log file");
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start ({error}): run .ci/setup"));
        Self { child, folder }
    }

    /// Asks it to end, and waits until it has.
    async fn terminate(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let child = &mut self.child;
        let deadline = Instant::now() + DEADLINE;
        while child.try_wait().expect("a child").is_none() {
            assert!(Instant::now() < deadline, "it does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks until it is up; `false` if it ends instead, as it does when somebody else has got a port
    /// of its in the meantime.
    pub(super) async fn comes_up<F: Future<Output = bool>>(
        &mut self,
        is_up: impl Fn() -> F,
    ) -> bool {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let is_up = is_up().await;
            // The port may answer because it is somebody else's.
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            if is_up {
                return true;
            }
            assert!(Instant::now() < deadline, "it does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

#[expect(clippy::print_stderr, reason = "for whoever reads the failed test")]
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server said:\n{}", self.log());
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn folder(name: &str) -> PathBuf {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("demo-{name}-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder");
    path
}

pub(super) fn free_tcp_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a port")
        .port()
}

fn free_udp_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a port")
        .port()
}

/// A Prometheus that scrapes one address every second.
pub(crate) struct Prometheus {
    address: SocketAddr,
    _server: Server,
}

impl Prometheus {
    pub(crate) async fn scraping(target: SocketAddr) -> Self {
        for _ in 0..5 {
            if let Some(prometheus) = Self::try_scraping(target).await {
                return prometheus;
            }
        }
        panic!("Prometheus does not start");
    }

    /// `None` if it ends at once, as it does when somebody else has got its port in the meantime.
    async fn try_scraping(target: SocketAddr) -> Option<Self> {
        let folder = folder("prometheus");
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
             scrape_configs:\n- job_name: demo\n  static_configs:\n  - targets: ['{target}']\n"
        );
        std::fs::write(folder.join("prometheus.yml"), config).expect("a file");
        Self::try_configured(folder).await
    }

    /// One whose configuration is `prometheus.yml` in that folder.
    pub(super) async fn try_configured(folder: PathBuf) -> Option<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
        let path = |name: &str| folder.join(name).display().to_string();
        let arguments = [
            format!("--config.file={}", path("prometheus.yml")),
            format!("--storage.tsdb.path={}", path("data")),
            format!("--web.listen-address={address}"),
        ];
        let mut server = Server::start("prometheus", folder, &arguments);
        let is_ready = || async {
            let ready = http::try_get(address, "/-/ready").await;
            ready.is_ok_and(|reply| reply.status == 200)
        };
        server.comes_up(is_ready).await.then_some(Self {
            address,
            _server: server,
        })
    }

    /// What its interface says.
    pub(crate) async fn ask(&self, path: &str) -> serde_json::Value {
        let reply = http::get(self.address, path).await;
        // HTTP/1.0 was asked for, so nothing is chunked.
        let answer: serde_json::Value = serde_json::from_str(&reply.body).expect("JSON");
        assert_eq!(answer["status"], "success", "{path}: {answer}");
        answer["data"].clone()
    }

    /// The value that an expression has now, if it has one.
    pub(crate) async fn query(&self, expression: &str) -> Option<f64> {
        self.series(expression)
            .await
            .first()
            .map(|(_, value)| *value)
    }

    /// All series of an expression, with their labels in order and their values.
    pub(crate) async fn series(&self, expression: &str) -> Vec<(Vec<(String, String)>, f64)> {
        let path = format!("/api/v1/query?query={}", http::percent_encode(expression));
        let answer = self.ask(&path).await;
        let series = answer["result"].as_array().expect("series").iter();
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        let series = series.map(|one| {
            let labels = one["metric"].as_object().expect("labels").iter();
            let labels = labels
                .map(|(key, value)| (key.clone(), text(value)))
                .collect();
            let value = text(&one["value"][1]).parse().expect("a number");
            (labels, value)
        });
        series.collect()
    }
}

/// A backend of the daemon's that writes each flush to its log as a line of JSON, before anything
/// else can happen: the daemon's last flush is when it ends.
const BACKEND: &str = "
const fs = require('fs');
exports.init = (startup, config, events) => {
  events.on('flush', (timestamp, metrics) => {
    fs.writeSync(1, JSON.stringify({ timer_data: metrics.timer_data }) + '\\n');
  });
  return true;
};
";

/// Etsy's StatsD daemon, with its management port.
pub(crate) struct StatsdDaemon {
    pub(crate) address: SocketAddr,
    management: SocketAddr,
    server: Server,
}

impl StatsdDaemon {
    pub(crate) async fn start() -> Self {
        for _ in 0..5 {
            if let Some(daemon) = Self::try_start().await {
                return daemon;
            }
        }
        panic!("the daemon does not start");
    }

    /// `None` if it ends at once, as it does when somebody else has got a port in the meantime.
    async fn try_start() -> Option<Self> {
        let script = std::env::var("STATSD_DAEMON_JS")
            .expect("STATSD_DAEMON_JS names the daemon's stats.js: run .ci/setup, as .ci/run does");
        assert!(
            Path::new(&script).exists(),
            "{script} is not there: run .ci/setup"
        );
        let folder = folder("statsd");
        let address = SocketAddr::from(([127, 0, 0, 1], free_udp_port()));
        let management = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
        let config = format!(
            "{{ port: {}, address: '127.0.0.1', mgmt_port: {}, mgmt_address: '127.0.0.1',\n\
             flushInterval: 2000000000, keyNameSanitize: false, percentThreshold: [50, 90, 95],\n\
             backends: ['{}'] }}\n",
            address.port(),
            management.port(),
            folder.join("backend.js").display()
        );
        std::fs::write(folder.join("backend.js"), BACKEND).expect("a file");
        std::fs::write(folder.join("config.js"), config).expect("a file");
        let config = folder.join("config.js").display().to_string();
        let mut server = Server::start("node", folder, &[script, config]);
        let is_up = || async {
            let health = Self::ask(management, "health", "\n").await;
            health.is_ok_and(|health| health.contains("up"))
        };
        server.comes_up(is_up).await.then_some(Self {
            address,
            management,
            server,
        })
    }

    /// What a daemon answers to a command on its management port.
    async fn ask(management: SocketAddr, command: &str, end: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(management).await?;
        stream.write_all(format!("{command}\n").as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(end.as_bytes()) {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Its counters by name.
    pub(crate) async fn counters(&self) -> BTreeMap<String, f64> {
        // A JavaScript object, one `'name': number,` a line.
        let answer = Self::ask(self.management, "counters", "END\n\n").await;
        let answer = answer.expect("an answer");
        answer
            .lines()
            .filter_map(|line| {
                let (name, number) = line.trim().trim_end_matches(',').rsplit_once(": ")?;
                Some((name.trim_matches('\'').to_owned(), number.parse().ok()?))
            })
            .collect()
    }

    /// Ends the daemon, which flushes then, and returns the statistics of its timers by name.
    pub(crate) async fn finish(mut self) -> serde_json::Value {
        self.server.terminate().await;
        let log = self.server.log();
        let json = log
            .lines()
            .rfind(|line| line.starts_with('{'))
            .expect("a flush in the log");
        let flushed: serde_json::Value = serde_json::from_str(json).expect("JSON");
        flushed["timer_data"].clone()
    }
}
