//! Etsy's StatsD daemon, which speaks the standard format, and what it made of our lines.
//!
//! To run these: install the daemon (`npm install statsd`), and then
//! `STATSD_DAEMON_JS=node_modules/statsd/stats.js cargo test -p telemetry-statsd -- --ignored`.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use telemetry::execute;
use telemetry_metrics::{counter, distribution, last_value, sum, summary};

use crate::support::{SOON, aggregator, counts, quiet, wait_until};

/// The daemon, in a process of its own; it ends with the value.
struct Daemon {
    process: Child,
    folder: PathBuf,
    udp: SocketAddr,
    management: SocketAddr,
}

/// Writes what the daemon knows to a file when it is flushed, which is when it ends.
const BACKEND: &str = "exports.init = (startup, config, emitter) => {
  emitter.on('flush', (time, m) => require('fs').writeFileSync(config.end, JSON.stringify({
    counters: m.counters, gauges: m.gauges, timers: m.timers, timer_counters: m.timer_counters,
  })));
  return true;
};";

impl Daemon {
    fn start() -> Self {
        let script = std::env::var("STATSD_DAEMON_JS").expect(
            "STATSD_DAEMON_JS is not set: it has to be the path of an installed StatsD daemon's \
             stats.js",
        );
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let folder = format!("telemetry-statsd-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        // Free at this moment, and most likely in the next.
        let udp = UdpSocket::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let management = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let backend = folder.join("backend.js");
        fs::write(&backend, BACKEND).unwrap();
        let config = folder.join("config.js");
        let settings = format!(
            "{{ port: {}, address: '127.0.0.1', mgmt_port: {}, mgmt_address: '127.0.0.1', \
             flushInterval: 3600000, automaticConfigReload: false, backends: [{backend:?}], \
             end: {:?} }}",
            udp.port(),
            management.port(),
            folder.join("end.json")
        );
        fs::write(&config, settings).unwrap();
        let process = Command::new("node")
            .arg(script)
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node can be started");
        let daemon = Self {
            process,
            folder,
            udp,
            management,
        };
        wait_until("the daemon's management port", || {
            TcpStream::connect(management).is_ok()
        });
        daemon
    }

    /// Asks at the management port.
    fn ask(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(self.management).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(command.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4_096];
        while !answer.ends_with(b"END\n\n") {
            let length = stream.read(&mut buffer).expect("the daemon answers");
            assert!(length > 0, "the daemon hung up");
            answer.extend_from_slice(&buffer[..length]);
        }
        String::from_utf8(answer).unwrap()
    }

    /// One number, or a list of them, of an answer, which is as node prints objects.
    fn get(&self, command: &str, name: &str) -> Vec<f64> {
        let answer = self.ask(command);
        let at = answer.find(&format!("'{name}': "));
        let rest =
            &answer[at.unwrap_or_else(|| panic!("no {name} in {answer}")) + name.len() + 4..];
        let list = match rest.strip_prefix('[') {
            Some(list) => &list[..list.find(']').unwrap()],
            None => &rest[..rest.find([',', '\n', '}']).unwrap()],
        };
        list.split(',')
            .map(|number| number.trim().parse().unwrap())
            .collect()
    }

    /// Waits until so many lines have been read.
    fn has_read(&self, lines: u64) {
        wait_until(&format!("{lines} lines read by the daemon"), || {
            self.get("counters", "statsd.metrics_received") == [lines as f64]
        });
    }

    /// Ends the daemon, which tells what it knows.
    fn finish(mut self) -> Value {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        wait_until("the daemon's end", || {
            self.process.try_wait().unwrap().is_some()
        });
        let end = fs::read_to_string(self.folder.join("end.json"));
        serde_json::from_str(&end.expect("the daemon flushes when it ends")).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_has_the_same_numbers() {
    let daemon = Daemon::start();
    let aggregator = aggregator([
        counter("real.all.count").tags(["route", "status"]),
        sum("real.all.level").up_down(),
        sum("real.all.bytes").bytes().option("report_as", "counter"),
        last_value("real.all.heat").measurement("level"),
        summary("real.all.duration"),
        distribution("real.all.size")
            .measurement("bytes")
            .buckets([1.0]),
        summary("real.all.busy").event("real.busy").measurement("n"),
    ]);
    let statsd = quiet(&aggregator, daemon.udp)
        .prefix("app")
        .max_values(500)
        .start()
        .unwrap();

    let mut bytes = 0;
    for (round, level) in [(1, 2.5), (2, -7.25), (3, 1.0), (4, -0.5)] {
        let duration = Duration::from_micros(300 * round);
        for n in 0..round {
            execute!("real.all", { level: level, bytes: n, duration: duration },
                { route: "/a b.html", status: 200 });
            bytes += n;
        }
        statsd.flush(SOON).unwrap();
        daemon.has_read(counts(&aggregator).0);
        let heat = daemon.get("gauges", "app.real.all.heat");
        assert_eq!(
            heat,
            [level],
            "negative or not, after whatever it was before"
        );
    }
    assert_eq!(
        daemon.get("counters", "app.real.all.count.-a_b_html.200"),
        [10.0]
    );
    assert_eq!(daemon.get("counters", "app.real.all.bytes"), [bytes as f64]);
    assert_eq!(
        daemon.get("gauges", "app.real.all.level"),
        [2.5 - 14.5 + 3.0 - 2.0]
    );
    let times = [0.3, 0.6, 0.6, 0.9, 0.9, 0.9, 1.2, 1.2, 1.2, 1.2];
    assert_eq!(daemon.get("timers", "app.real.all.duration"), times);
    assert_eq!(
        daemon
            .get("timers", "app.real.all.size")
            .iter()
            .sum::<f64>(),
        bytes as f64
    );

    let many = 123_457;
    (0..many).for_each(|n| execute!("real.busy", { n: n % 1_000 }));
    statsd.flush(SOON).unwrap();
    daemon.has_read(counts(&aggregator).0);
    assert_eq!(daemon.get("counters", "statsd.bad_lines_seen"), [0.0]);

    let end = daemon.finish();
    let timer = |what: &str| &end[what]["app.real.all.busy"];
    let values: Vec<f64> = timer("timers")
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert_eq!(values.len(), 500);
    let count = timer("timer_counters").as_f64().unwrap();
    assert!((count / f64::from(many) - 1.0).abs() < 1e-6, "{count}");
    let truth = (0..many).map(|n| f64::from(n % 1_000)).sum::<f64>() / f64::from(many);
    let mean = values.iter().sum::<f64>() / 500.0;
    assert!((mean / truth - 1.0).abs() < 1e-6, "{mean} {truth}");
    assert_eq!(end["timer_counters"]["app.real.all.duration"], 10);
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_keeps_up_with_ten_thousand_series() {
    let daemon = Daemon::start();
    let metric = counter("real.many.count").tags(["n"]).max_series(20_000);
    let aggregator = aggregator([metric, summary("real.many.n")]);
    let statsd = quiet(&aggregator, daemon.udp)
        .max_values(50_000)
        .start()
        .unwrap();
    statsd.flush(SOON).unwrap();
    for n in 0..50_000 {
        execute!("real.many", { n: n }, { n: n % 10_000 });
    }
    statsd.flush(SOON).unwrap();
    assert_eq!(counts(&aggregator), (60_000, 0, 0));
    // Nobody waits for a daemon that gets no processor; so not all of them, on a busy machine. But
    // without pauses it is one in ten even on an idle one.
    let mut read = vec![];
    wait_until("the daemon's rest", || {
        let before =
            std::mem::replace(&mut read, daemon.get("counters", "statsd.metrics_received"));
        std::thread::sleep(Duration::from_millis(100));
        before == read
    });
    println!("the daemon read {} lines of 60000", read[0]);
    assert!(read[0] >= 48_000.0, "{}", read[0]);
    let end = daemon.finish();
    let counters = end["counters"].as_object().unwrap();
    let ours: Vec<_> = counters
        .iter()
        .filter(|(name, _)| name.starts_with("real.many.count."))
        .collect();
    assert!(ours.iter().all(|(_, count)| **count == 5));
    let timers = end["timer_counters"]["real.many.n"].as_f64().unwrap();
    assert!(
        ours.len() as f64 + timers == read[0],
        "each line that was read is in its place"
    );
}
