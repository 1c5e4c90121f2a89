//! Datadog's DogStatsD server in a process and a network of its own, and what it says that it sends.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::{alone_at_work, spawn, wait_until};

/// Set in the network of our own.
const ALONE: &str = "TELEMETRY_STATSD_ALONE";

/// It sends every ten seconds, whatever it is told.
const SHIPPED: Duration = Duration::from_secs(60);

/// Runs a test of this file in a network of its own.
pub(crate) fn alone(test: &str, run: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        run();
        return;
    }
    let _alone = alone_at_work();
    let ways: [&[&str]; 3] = [
        &["unshare", "-n"],
        &["unshare", "-rn"],
        &["sudo", "-n", "--preserve-env", "unshare", "-n"],
    ];
    // `ip` is root's on some systems.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let works = |way: &&&[&str]| {
        let mut command = Command::new(way[0]);
        command
            .args(&way[1..])
            .args(["ip", "link", "set", "lo", "up"]);
        command.env("PATH", &path).stderr(Stdio::null());
        let status = spawn(&mut command).and_then(|mut process| process.wait());
        status.is_ok_and(|status| status.success())
    };
    let way = ways
        .iter()
        .find(works)
        .expect("a network of its own: `unshare -n` and `ip` have to be there, and allowed");
    let script = "ip link set lo up && exec \"$@\"";
    let mut command = Command::new(way[0]);
    command
        .args(&way[1..])
        .args(["sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args([
            &format!("dogstatsd::{test}"),
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .envs([(ALONE, "1"), ("PATH", &path)]);
    let status = spawn(&mut command).unwrap().wait().unwrap();
    assert!(status.success(), "it failed, and said so above");
}

pub(crate) struct Server {
    process: Child,
    log: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// `level` is how much it says about lines.
    pub(crate) fn start(level: &str) -> Self {
        // Free at this moment, and nobody else is here.
        let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr();
        Self::start_at(free.unwrap(), level)
    }

    pub(crate) fn start_at(address: SocketAddr, level: &str) -> Self {
        let program = std::env::var("DOGSTATSD_SERVER").expect(
            "DOGSTATSD_SERVER is not set: it has to be the path of the program \
             `datadog-serverless-compat`",
        );
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("telemetry-dogstatsd-{}-{number}.log", std::process::id());
        let log = std::env::temp_dir().join(name);
        let output = fs::File::create(&log).unwrap();
        let mut command = Command::new(program);
        command
            .envs([
                ("K_SERVICE", "t"),
                ("FUNCTION_TARGET", "t"),
                ("DD_API_KEY", "0123456789abcdef0123456789abcdef"),
                ("DD_SITE", "dd.invalid"),
            ])
            .env(
                "DD_LOG_LEVEL",
                format!("info,dogstatsd::datadog::shipping=trace,dogstatsd::dogstatsd={level}"),
            )
            .env("DD_DOGSTATSD_PORT", address.port().to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let process = spawn(&mut command).expect("the program of DOGSTATSD_SERVER can be started");
        let server = Self {
            process,
            log,
            address,
        };
        wait_until("the server", || {
            server.said().contains("starting to listen on port")
                && server.said().contains("Enhanced metrics")
        });
        server
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until what it would have sent is what it has to be, or tells the difference.
    pub(crate) fn ships(&self, is_so: impl Fn(&Shipped) -> bool) -> Shipped {
        let deadline = Instant::now() + SHIPPED;
        loop {
            let shipped = Shipped::read(&self.said());
            if is_so(&shipped) {
                return shipped;
            }
            assert!(Instant::now() < deadline, "not in time: {shipped:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    pub(crate) fn has_no_complaint(&self) {
        let said = self.said();
        let wrong = ["Failed to parse", "Unsupported metric type"];
        let complaint = said
            .lines()
            .find(|line| wrong.iter().any(|text| line.contains(text)));
        assert_eq!(complaint, None);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.log);
    }
}

/// What it sends to Datadog, by name and our tags.
#[derive(Debug, Default)]
pub(crate) struct Shipped {
    pub(crate) counts: BTreeMap<String, f64>,
    pub(crate) gauges: BTreeMap<String, f64>,
    pub(crate) stamps: BTreeMap<String, u64>,
    pub(crate) sketches: BTreeMap<String, Sketch>,
}

/// Logarithmic buckets: a key and how many there are.
#[derive(Debug, Default)]
pub(crate) struct Sketch {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    buckets: BTreeMap<i32, u64>,
}

impl Sketch {
    /// By Datadog's own mapping: each bucket is a 64th wider than the one before.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        let mut rank = (quantile * self.count as f64) as u64;
        for (key, count) in &self.buckets {
            if rank < *count {
                return (1.0f64 + 1.0 / 64.0).powi(key - 1_338);
            }
            rank -= count;
        }
        f64::NAN
    }
}

/// The text between these two, the first time.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default()
}

fn list<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split(", ")
        .filter_map(|one| one.parse().ok())
        .collect()
}

impl Shipped {
    fn read(said: &str) -> Self {
        let mut all = Self::default();
        for line in said.lines() {
            for metric in line.split("Metric { metric: \"").skip(1) {
                all.series(metric);
            }
            for sketch in line.split("Sketch { metric: \"").skip(1) {
                all.sketch(sketch);
            }
        }
        all
    }

    fn key(text: &str) -> String {
        let name = text.split('"').next().unwrap_or_default();
        let tags = between(text, "tags: [", "]").split(", ");
        let own = tags
            .map(|tag| tag.trim_matches('"'))
            .filter(|tag| !tag.contains("origin:"));
        format!("{name} {}", own.collect::<Vec<_>>().join(","))
    }

    fn series(&mut self, text: &str) {
        let key = Self::key(text);
        for point in text.split("Point { timestamp: ").skip(1) {
            let value: f64 = between(point, "value: ", " }").parse().unwrap();
            let stamp = point.split(',').next().unwrap().parse().unwrap();
            self.stamps.insert(key.clone(), stamp);
            if text.contains("kind: Count") {
                *self.counts.entry(key.clone()).or_default() += value;
            } else {
                self.gauges.insert(key.clone(), value);
            }
        }
    }

    fn sketch(&mut self, text: &str) {
        let sketch = self.sketches.entry(Self::key(text)).or_default();
        sketch.count += between(text, "cnt: ", ",").parse::<u64>().unwrap();
        sketch.sum += between(text, "sum: ", ",").parse::<f64>().unwrap();
        let keys: Vec<i32> = list(between(text, " k: [", "]"));
        let counts: Vec<u64> = list(between(text, " n: [", "]"));
        for (key, count) in keys.into_iter().zip(counts) {
            *sketch.buckets.entry(key).or_default() += count;
        }
    }

    pub(crate) fn count(&self, key: &str) -> f64 {
        self.counts.get(key).copied().unwrap_or_default()
    }
}
