//! Etsy's StatsD daemon in a process of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::support::{SOON, spawn, wait_for, wait_until};

/// How often it is tried to start a daemon, on other ports each time.
const TRIES: usize = 5;

/// The daemon; it ends with the value.
pub(crate) struct Daemon {
    process: Child,
    folder: PathBuf,
    at: At,
    management: SocketAddr,
}

/// Where it listens.
#[derive(Debug, Clone)]
pub(crate) enum At {
    Udp(SocketAddr),
    /// A Unix socket of a stream.
    Stream(PathBuf),
}

impl At {
    /// A port that is free at this moment, and most likely in the next.
    pub(crate) fn udp() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self::Udp(socket.local_addr().unwrap())
    }

    pub(crate) fn address(&self) -> String {
        match self {
            Self::Udp(address) => address.to_string(),
            Self::Stream(path) => format!("unixstream://{}", path.display()),
        }
    }

    fn settings(&self) -> String {
        match self {
            Self::Udp(address) => format!("port: {}, address: '127.0.0.1'", address.port()),
            Self::Stream(path) => {
                // One that was killed leaves its socket behind.
                let _ = fs::remove_file(path);
                format!("server: './servers/tcp', socket: {path:?}")
            }
        }
    }
}

/// Writes what the daemon knows to a file when it is flushed, which is when it ends.
const BACKEND: &str = "exports.init = (startup, config, emitter) => {
  emitter.on('flush', (time, m) => require('fs').writeFileSync(config.end, JSON.stringify({
    counters: m.counters, gauges: m.gauges, timers: m.timers, timer_counters: m.timer_counters,
  })));
  return true;
};";

impl Daemon {
    pub(crate) fn start() -> Self {
        (0..TRIES)
            .find_map(|_| Self::try_start(&At::udp()))
            .expect("the daemon starts")
    }

    pub(crate) fn start_at(at: &At) -> Self {
        (0..TRIES)
            .find_map(|_| Self::try_start(at))
            .unwrap_or_else(|| panic!("the daemon does not start at {at:?}"))
    }

    /// `None` if it ends at once, as it does when somebody else has got a port in the meantime.
    fn try_start(at: &At) -> Option<Self> {
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
        let management = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let backend = folder.join("backend.js");
        fs::write(&backend, BACKEND).unwrap();
        let config = folder.join("config.js");
        let settings = format!(
            "{{ {}, mgmt_port: {}, mgmt_address: '127.0.0.1', flushInterval: 3600000, \
             automaticConfigReload: false, backends: [{backend:?}], end: {:?} }}",
            at.settings(),
            management.port(),
            folder.join("end.json")
        );
        fs::write(&config, settings).unwrap();
        let mut command = Command::new("node");
        command.arg(script).arg(config).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let process = spawn(&mut command).expect("node can be started");
        let mut daemon = Self {
            process,
            folder,
            at: at.clone(),
            management,
        };
        wait_for("the daemon's management port", || {
            // Asked first: the port may answer because it is somebody else's.
            let has_ended = daemon.process.try_wait().unwrap().is_some();
            let is_up = !has_ended && TcpStream::connect(management).is_ok();
            (has_ended || is_up).then_some(is_up)
        })
        .then_some(daemon)
    }

    /// Where it listens by UDP.
    pub(crate) fn udp(&self) -> SocketAddr {
        match self.at {
            At::Udp(address) => address,
            At::Stream(_) => panic!("it listens elsewhere"),
        }
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
    pub(crate) fn get(&self, command: &str, name: &str) -> Vec<f64> {
        let answer = self.ask(command);
        self.find(&answer, name)
            .unwrap_or_else(|| panic!("no {name} in {answer}"))
    }

    fn find(&self, answer: &str, name: &str) -> Option<Vec<f64>> {
        let at = answer.find(&format!("'{name}': "))?;
        let rest = &answer[at + name.len() + 4..];
        let list = match rest.strip_prefix('[') {
            Some(list) => &list[..list.find(']').unwrap()],
            None => &rest[..rest.find([',', '\n', '}']).unwrap()],
        };
        let numbers = list.split(',').map(|number| number.trim().parse().unwrap());
        Some(numbers.collect())
    }

    /// A counter, zero if it is not known.
    pub(crate) fn counter(&self, name: &str) -> f64 {
        let answer = self.ask("counters");
        self.find(&answer, name).map_or(0.0, |numbers| numbers[0])
    }

    /// Waits until so many lines have been read.
    pub(crate) fn has_read(&self, lines: u64) {
        wait_until(&format!("{lines} lines read by the daemon"), || {
            self.counter("statsd.metrics_received") == lines as f64
        });
    }

    /// Waits until it has read all that there is to read, and tells how many lines it was.
    pub(crate) fn rest(&self) -> f64 {
        let mut read = -1.0;
        wait_until("the daemon's rest", || {
            let before = std::mem::replace(&mut read, self.counter("statsd.metrics_received"));
            std::thread::sleep(std::time::Duration::from_millis(100));
            before == read
        });
        read
    }

    /// Ends the daemon, which tells what it knows.
    pub(crate) fn finish(mut self) -> Value {
        let id = self.process.id().to_string();
        let kill = spawn(Command::new("kill").args(["-TERM", &id]));
        assert!(kill.unwrap().wait().unwrap().success());
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
