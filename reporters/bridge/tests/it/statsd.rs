//! `metrics-exporter-statsd`, behind the bridge.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use telemetry::execute;
use telemetry_bridge::{BridgeError, FlushError, StatsdBridge, StatsdBridgeBuilder, StatsdFormat};
use telemetry_metrics::{Aggregator, counter, distribution, last_value, sum, summary};

use crate::support::{NEVER, SOON, aggregator, counts, on_four_threads, wait_until};

pub(crate) fn quiet(aggregator: &Aggregator, address: SocketAddr) -> StatsdBridgeBuilder<'_> {
    StatsdBridge::builder(aggregator)
        .address(address.to_string())
        .interval(NEVER)
}

/// A socket that is read all the time by a thread, as a daemon's is.
struct Listener {
    address: SocketAddr,
    received: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

const MARK: &str = "#mark";
const STOP: &str = "#stop";

impl Listener {
    fn new() -> Self {
        Self::of(UdpSocket::bind("127.0.0.1:0").unwrap())
    }

    fn of(socket: UdpSocket) -> Self {
        let address = socket.local_addr().unwrap();
        let (send, received) = channel();
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let length = socket.recv(&mut buffer).unwrap();
                let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
                if text == STOP || send.send(text).is_err() {
                    return;
                }
            }
        });
        Self {
            address,
            received,
            thread: Some(thread),
        }
    }

    fn tell(&self, text: &str) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(text.as_bytes(), self.address).unwrap();
    }

    /// What has arrived: loopback delivers before `send` returns, so a mark sent now stands behind
    /// all of it.
    fn lines(&self) -> Vec<String> {
        self.tell(MARK);
        let mut lines = Vec::new();
        loop {
            match self.received.recv_timeout(SOON).expect("the mark arrives") {
                mark if mark == MARK => return lines,
                datagram => lines.extend(datagram.split('\n').map(str::to_owned)),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.tell(STOP);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))));
    }
}

/// A port that refuses, although nobody else gets it: its socket is connected to somebody else.
fn refusing() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    socket.connect("127.0.0.1:9").unwrap();
    (socket, address)
}

/// Somebody listens there from now on.
fn revive(refusing: UdpSocket, address: SocketAddr) -> Listener {
    drop(refusing);
    let mut socket = None;
    // It lives on for a moment in a process that another test is just starting.
    wait_until("the port", || {
        socket = UdpSocket::bind(address).ok();
        socket.is_some()
    });
    Listener::of(socket.unwrap())
}

fn by_name(lines: &[String]) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for line in lines {
        let (name, rest) = line.split_once(':').unwrap();
        let (value, rest) = rest.split_once('|').unwrap();
        if let Some(tags) = rest.strip_prefix('c') {
            *totals.entry(format!("{name}{tags}")).or_default() += value.parse::<u64>().unwrap();
        } else {
            *totals.entry(name.to_owned()).or_default() += 1;
        }
    }
    totals
}

#[test]
fn each_kind_is_a_line_that_the_daemon_understands() {
    let metrics = || {
        [
            counter("sd.kinds.count").tags(["route", "histogram"]),
            sum("sd.kinds.size").bytes(),
            sum("sd.kinds.level").up_down(),
            last_value("sd.kinds.heat").measurement("level"),
            summary("sd.kinds.duration"),
            distribution("sd.kinds.wait").seconds(),
        ]
    };
    for format in [StatsdFormat::Plain, StatsdFormat::Datadog] {
        let daemon = Listener::new();
        let aggregator = Aggregator::builder()
            .metrics(metrics())
            .constant_tag("env", "te,st")
            .start()
            .unwrap();
        let bridge = quiet(&aggregator, daemon.address)
            .format(format)
            .prefix("app")
            .start()
            .unwrap();
        let duration = Duration::from_micros(300);
        execute!("sd.kinds", { size: 10, level: -2.5, duration: duration, wait: duration },
            { route: "/a|b:c\n", histogram: "timer" });
        bridge.flush(SOON).unwrap();
        let mut lines = daemon.lines();
        lines.sort();
        let plain = [
            "app.sd.kinds.count:1|c|#route:/a_b_c_,label_histogram:timer,env:te_st",
            "app.sd.kinds.duration:0.3|ms|#env:te_st",
            "app.sd.kinds.heat:-2.5|g|#env:te_st",
            "app.sd.kinds.heat:0|g|#env:te_st",
            "app.sd.kinds.level:-2.5|g|#env:te_st",
            "app.sd.kinds.level:0|g|#env:te_st",
            "app.sd.kinds.size:10|c|#env:te_st",
            "app.sd.kinds.wait:0.0003|ms|#env:te_st",
        ];
        let datadog = [
            "app.sd.kinds.count:1|c|#route:/a_b_c_,label_histogram:timer,env:te_st",
            "app.sd.kinds.duration:0.3|h|#env:te_st",
            "app.sd.kinds.heat:-2.5|g|#env:te_st",
            "app.sd.kinds.level:-2.5|g|#env:te_st",
            "app.sd.kinds.size:10|c|#env:te_st",
            "app.sd.kinds.wait:0.0003|d|#env:te_st",
        ];
        match format {
            StatsdFormat::Plain => assert_eq!(lines, plain),
            _ => assert_eq!(lines, datadog),
        }
        bridge.flush(SOON).unwrap();
        assert_eq!(daemon.lines(), [""; 0]);
    }
}

/// By itself the exporter panics the caller at the first of these, and writes `0|ms` for the second.
#[test]
fn times_below_zero_and_short_ones_and_tags_that_mean_something_to_the_exporter_are_harmless() {
    let daemon = Listener::new();
    let aggregator = aggregator([summary("sd.neg.n").tags(["histogram"])]);
    let bridge = quiet(&aggregator, daemon.address).start().unwrap();
    for n in [-1.5, 0.4, 1e18] {
        execute!("sd.neg", { n: n }, { histogram: "timer" });
    }
    bridge.flush(SOON).unwrap();
    let mut lines = daemon.lines();
    lines.sort();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], "sd.neg.n:-1.5|ms|#label_histogram:timer");
    assert_eq!(lines[1], "sd.neg.n:0.4|ms|#label_histogram:timer");
    let huge: f64 = lines[2][9..].split('|').next().unwrap().parse().unwrap();
    assert!((huge / 1e18 - 1.0).abs() < 0.022, "{huge}");
    assert_eq!(counts(&aggregator), (3, 0, 0));
}

/// By itself the exporter delivers 6 % of this at its defaults, and 39 % with larger buffers.
#[test]
fn four_threads_flat_out_are_delivered_whole() {
    const EACH: u64 = 250_000;
    let daemon = Listener::new();
    let metric = counter("sd.load.count").tags(["a", "b"]);
    let aggregator = aggregator([metric, summary("sd.few.n")]);
    // So short that flushes end for lack of time, and what was sent by then is not sent again.
    let bridge = quiet(&aggregator, daemon.address)
        .interval(Duration::from_millis(10))
        .start()
        .unwrap();
    on_four_threads(|thread| {
        for n in 0..EACH {
            execute!("sd.load", {}, { a: n % 16, b: thread });
            if n % 10 == 0 {
                execute!("sd.few", { n: n % 1_000 });
            }
        }
    });
    bridge.stop(SOON).unwrap();
    let totals = by_name(&daemon.lines());
    let counters = totals.iter().filter(|(name, _)| name.contains("sd.load"));
    let counters: Vec<u64> = counters.map(|(_, count)| *count).collect();
    assert_eq!(counters.len(), 64);
    assert!(counters.iter().all(|count| *count == 4 * EACH / 64));
    assert_eq!(totals["sd.few.n"], 4 * EACH / 10);
    assert_eq!(counts(&aggregator).2, 0);
}

#[test]
fn what_a_closed_port_refuses_is_counted_and_sent_when_somebody_listens() {
    let (dead, address) = refusing();
    let aggregator = aggregator([
        counter("sd.dead.count").tags(["n"]),
        summary("sd.dead.n"),
        sum("sd.dead.half"),
        sum("sd.dead.level").up_down(),
    ]);
    let bridge = quiet(&aggregator, address).start().unwrap();
    for _ in 0..3 {
        for n in 0..100 {
            execute!("sd.dead", { n, half: 0.5, level: -1 }, { n });
        }
        let Err(FlushError::Failed(why)) = bridge.flush(SOON) else {
            panic!("nobody is there")
        };
        assert!(why.contains("refused"), "{why}");
    }
    let (sent, failed, dropped) = counts(&aggregator);
    assert_eq!((sent, dropped), (0, 0));
    assert!(failed > 0);

    let daemon = revive(dead, address);
    bridge.flush(SOON).unwrap();
    let lines = daemon.lines();
    let totals = by_name(&lines);
    assert_eq!(counts(&aggregator).0, lines.len() as u64);
    for n in 0..100 {
        assert_eq!(totals[&format!("sd.dead.count|#n:{n}")], 3);
    }
    assert_eq!(totals["sd.dead.n"], 300);
    assert_eq!(totals["sd.dead.half"], 150);
    assert!(lines.contains(&"sd.dead.level:-300|g".to_owned()));
    bridge.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), [""; 0]);
}

#[test]
fn a_daemon_that_is_killed_under_load_and_comes_back_gets_each_event_once() {
    let (mut dead, address) = refusing();
    let aggregator = aggregator([counter("sd.flap.count").tags(["n"]), summary("sd.flap.n")]);
    let bridge = quiet(&aggregator, address).start().unwrap();
    let mut lines = Vec::new();
    for _ in 0..5 {
        (0..1_000).for_each(|n| execute!("sd.flap", { n }, { n: n % 200 }));
        assert!(bridge.flush(SOON).is_err());
        let daemon = revive(dead, address);
        bridge.flush(SOON).unwrap();
        lines.extend(daemon.lines());
        drop(daemon);
        wait_until("the port again", || UdpSocket::bind(address).is_ok());
        dead = UdpSocket::bind(address).unwrap();
        dead.connect("127.0.0.1:9").unwrap();
    }
    let totals = by_name(&lines);
    for n in 0..200 {
        assert_eq!(totals[&format!("sd.flap.count|#n:{n}")], 25);
    }
    assert_eq!(totals["sd.flap.n"], 5_000);
}

#[test]
fn the_timer_and_the_drop_flush() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("sd.timer.count")]);
    let bridge = quiet(&aggregator, daemon.address)
        .interval(Duration::from_millis(3))
        .start()
        .unwrap();
    execute!("sd.timer");
    let line = daemon.received.recv_timeout(SOON).unwrap();
    assert_eq!(line, "sd.timer.count:1|c");
    drop(bridge);

    let bridge = quiet(&aggregator, daemon.address).start().unwrap();
    execute!("sd.timer");
    drop(bridge);
    // A new bridge begins at zero, as every reader does.
    assert_eq!(daemon.lines(), ["sd.timer.count:2|c"]);
}

#[test]
fn a_line_that_fits_into_no_datagram_is_dropped_and_counted() {
    let daemon = Listener::new();
    let aggregator = aggregator([counter("sd.long.count").tags(["v"])]);
    let bridge = quiet(&aggregator, daemon.address).mtu(100).start().unwrap();
    execute!("sd.long", {}, { v: "x".repeat(500) });
    execute!("sd.long", {}, { v: "short" });
    bridge.flush(SOON).unwrap();
    assert_eq!(daemon.lines(), ["sd.long.count:1|c|#v:short"]);
    assert_eq!(counts(&aggregator), (1, 0, 1));
    bridge.flush(SOON).unwrap();
    assert_eq!(counts(&aggregator), (1, 0, 1), "once");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let aggregator = aggregator([counter("sd.wrong.x"), summary("sd.wrong.x")]);
    let Err(BridgeError::Settings(problems)) = StatsdBridge::builder(&aggregator)
        .address("nowhere")
        .prefix("a:b")
        .mtu(5)
        .interval(Duration::ZERO)
        .start()
    else {
        panic!("nothing of this goes")
    };
    assert_eq!(problems.len(), 5, "{problems:?}");
    execute!("sd.wrong", { x: 1 });
}
