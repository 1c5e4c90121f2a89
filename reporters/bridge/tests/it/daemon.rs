//! Etsy's StatsD daemon, and what it made of the exporter's lines.
//!
//! To run this: install the daemon (`npm install statsd`), and then
//! `STATSD_DAEMON_JS=node_modules/statsd/stats.js cargo test -p telemetry-bridge --all-features -- --ignored`.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use telemetry::execute;
use telemetry_metrics::{counter, last_value, summary};

use crate::statsd::quiet;
use crate::support::{SOON, aggregator, counts, on_four_threads, wait_until};

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
    counters: m.counters, gauges: m.gauges, timers: m.timers,
  })));
  return true;
};";

impl Daemon {
    fn start(name: &str) -> Self {
        let folder = format!("telemetry-bridge-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        (0..5)
            .find_map(|_| Self::try_start(folder.clone()))
            .expect("the daemon starts")
    }

    /// `None` if it ends at once, as it does when somebody else has got a port in the meantime.
    fn try_start(folder: PathBuf) -> Option<Self> {
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
        Self::start_at(folder, udp, management)
    }

    fn start_at(folder: PathBuf, udp: SocketAddr, management: SocketAddr) -> Option<Self> {
        let script = std::env::var("STATSD_DAEMON_JS").expect(
            "STATSD_DAEMON_JS is not set: it has to be the path of an installed StatsD daemon's \
             stats.js",
        );
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
        let mut daemon = Self {
            process,
            folder,
            udp,
            management,
        };
        let mut has_ended = false;
        wait_until("the daemon's management port", || {
            has_ended = daemon.process.try_wait().unwrap().is_some();
            has_ended || TcpStream::connect(daemon.management).is_ok()
        });
        if has_ended {
            return None;
        }
        Some(daemon)
    }

    /// How many lines it has read.
    fn lines_read(&self) -> u64 {
        use std::io::{Read, Write};
        let mut stream = TcpStream::connect(self.management).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(b"counters").unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4_096];
        while !answer.ends_with(b"END\n\n") {
            let length = stream.read(&mut buffer).expect("the daemon answers");
            assert!(length > 0, "the daemon hung up");
            answer.extend_from_slice(&buffer[..length]);
        }
        let answer = String::from_utf8(answer).unwrap();
        let (_, rest) = answer.split_once("'statsd.metrics_received': ").unwrap();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }

    /// Ends the daemon, which tells what it knows, and where it was.
    fn finish(mut self) -> Value {
        let id = self.process.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
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

fn number(end: &Value, what: &str, name: &str) -> f64 {
    end[what][name]
        .as_f64()
        .unwrap_or_else(|| panic!("no {name} in {end}"))
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_has_every_event_of_four_threads() {
    const EACH: u64 = 250_000;
    let daemon = Daemon::start("load");
    let aggregator = aggregator([
        counter("etsy.load.count").tags(["thread"]),
        summary("etsy.few.duration"),
        last_value("etsy.few.heat"),
    ]);
    let bridge = quiet(&aggregator, daemon.udp)
        .interval(Duration::from_secs(1))
        .start()
        .unwrap();
    on_four_threads(|thread| {
        for n in 0..EACH {
            execute!("etsy.load", {}, { thread });
            if n % 100 == 0 {
                execute!("etsy.few", { duration: Duration::from_micros(n + 1), heat: -2.5 });
            }
        }
    });
    bridge.stop(SOON).unwrap();
    let (sent, failed, dropped) = counts(&aggregator);
    assert_eq!((failed, dropped), (0, 0));
    wait_until("all lines read by the daemon", || {
        daemon.lines_read() == sent
    });
    let end = daemon.finish();
    for thread in 0..4 {
        let name = format!("etsy.load.count;thread={thread}");
        assert_eq!(number(&end, "counters", &name), EACH as f64);
    }
    assert_eq!(number(&end, "counters", "statsd.bad_lines_seen"), 0.0);
    assert_eq!(number(&end, "gauges", "etsy.few.heat"), -2.5);
    let timers = end["timers"]["etsy.few.duration"].as_array().unwrap();
    assert_eq!(timers.len() as u64, 4 * EACH / 100);
    let mean = timers.iter().map(|ms| ms.as_f64().unwrap()).sum::<f64>() / timers.len() as f64;
    let truth = (0..EACH)
        .step_by(100)
        .map(|n| (n + 1) as f64 / 1_000.0)
        .sum::<f64>()
        / (EACH / 100) as f64;
    assert!((mean / truth - 1.0).abs() < 1e-3, "{mean} {truth}");
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_that_is_killed_and_started_again_and_its_successor_have_every_event() {
    let first = Daemon::start("killed");
    let aggregator = aggregator([counter("etsy.kill.count"), summary("etsy.kill.n")]);
    let bridge = quiet(&aggregator, first.udp).start().unwrap();
    let emit = || (0..500).for_each(|n| execute!("etsy.kill", { n }));
    emit();
    bridge.flush(SOON).unwrap();
    let sent = counts(&aggregator).0;
    wait_until("its lines", || first.lines_read() == sent);
    let (udp, management) = (first.udp, first.management);
    let before = first.finish();

    emit();
    assert!(bridge.flush(SOON).is_err(), "nobody is there");
    emit();
    assert!(bridge.flush(SOON).is_err(), "still nobody");

    let folder =
        std::env::temp_dir().join(format!("telemetry-bridge-{}-again", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let second = Daemon::start_at(folder, udp, management).expect("its ports are free");
    emit();
    bridge.flush(SOON).unwrap();
    let after = counts(&aggregator).0 - sent;
    wait_until("its lines", || second.lines_read() == after);
    let end = second.finish();
    assert_eq!(number(&before, "counters", "etsy.kill.count"), 500.0);
    assert_eq!(number(&end, "counters", "etsy.kill.count"), 1_500.0);
    assert_eq!(
        before["timers"]["etsy.kill.n"].as_array().unwrap().len(),
        500
    );
    assert_eq!(
        end["timers"]["etsy.kill.n"].as_array().unwrap().len(),
        1_500
    );
    assert_eq!(counts(&aggregator).2, 0);
}
