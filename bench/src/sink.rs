//! A daemon for StatsD lines, inside the process: adds up the counters that it is sent.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to wait for what was counted but has not arrived.
const PATIENCE: Duration = Duration::from_secs(10);

/// The daemon, and how much it should hear of.
#[derive(Clone)]
pub struct Sink {
    address: Arc<str>,
    heard: Arc<AtomicU64>,
    counted: Arc<AtomicU64>,
}

impl Sink {
    /// Listens on a free port of the loopback device, for as long as the process lives.
    pub fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("a bound socket").to_string();
        let heard = Arc::new(AtomicU64::new(0));
        let sum = heard.clone();
        std::thread::spawn(move || {
            let mut datagram = [0; 65_536];
            while let Ok(length) = socket.recv(&mut datagram) {
                sum.fetch_add(counters(&datagram[..length]), Ordering::Release);
            }
        });
        Self {
            address: address.into(),
            heard,
            counted: Arc::new(AtomicU64::new(0)),
        }
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// So many events were counted, and will have to arrive.
    pub fn expect(&self, events: u64) {
        self.counted.fetch_add(events, Ordering::Relaxed);
    }

    /// All that has arrived, after having waited for what is expected. If something never comes,
    /// it is not waited for again.
    pub fn heard(&self) -> u64 {
        let start = Instant::now();
        let (mut heard, counted) = (0, self.counted.load(Ordering::Relaxed));
        while heard < counted && start.elapsed() < PATIENCE {
            sleep(Duration::from_millis(1));
            heard = self.heard.load(Ordering::Acquire);
        }
        self.counted.store(heard, Ordering::Relaxed);
        heard
    }
}

/// The sum of all counters, `name:5|c` with or without tags, whose name is one of ours.
fn counters(datagram: &[u8]) -> u64 {
    String::from_utf8_lossy(datagram)
        .lines()
        .filter(|line| line.starts_with("bench"))
        .filter_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (value, rest) = rest.split_once("|c")?;
            let is_counter = rest.is_empty() || rest.starts_with('|');
            is_counter.then(|| value.parse::<u64>().ok())?
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_of_ours_are_added_up() {
        let lines = b"bench.n:5|c\nbench.n:2|c|#route:/a\nother:9|c\nbench.t:7|ms\nbench.bad:|c\n";
        assert_eq!(counters(lines), 7);
    }

    #[test]
    fn what_was_sent_is_heard_when_it_has_arrived() {
        let sink = Sink::start();
        sink.expect(7);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for line in ["bench.n:3|c", "bench.n:4|c"] {
            socket.send_to(line.as_bytes(), sink.address()).unwrap();
        }
        assert_eq!(sink.heard(), 7);
    }
}
