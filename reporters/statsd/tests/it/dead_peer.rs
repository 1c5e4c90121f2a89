//! A daemon that is away: nothing is lost, and nothing is sent twice.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use telemetry::{EventName, execute};
use telemetry_metrics::{Aggregator, counter, distribution, last_value, sum, summary};
use telemetry_statsd::{FlushError, Format, Statsd};

use crate::grammar::parse;
use crate::support::{DeadPort, Listener, SOON, aggregator, counts, quiet, wait_until};

const SERIES: u64 = 200;

struct Setup {
    event: EventName,
    format: Format,
    aggregator: Aggregator,
    events: u64,
}

impl Setup {
    fn new(event: &str, format: Format) -> Self {
        let name = |last: &str| format!("{event}.{last}");
        let aggregator = aggregator([
            counter(name("count")).tags(["n"]),
            sum(name("bytes")).tags(["n"]),
            last_value(name("last")).measurement("bytes"),
            summary(name("time")).measurement("bytes").tags(["n"]),
            distribution(name("size"))
                .measurement("bytes")
                .buckets([1.0]),
        ]);
        Self {
            event: EventName::new(event).unwrap(),
            format,
            aggregator,
            events: 0,
        }
    }

    fn start(&self, dead: &DeadPort) -> Statsd {
        let builder = quiet(&self.aggregator, dead.address())
            .format(self.format)
            .mtu(256);
        builder.start().unwrap()
    }

    /// One event for each series.
    fn emit(&mut self) {
        (0..SERIES).for_each(|n| execute!(self.event, { bytes: n }, { n: n }));
        self.events += SERIES;
    }

    /// Whether what arrived is what was emitted, exactly.
    fn check(&self, lines: &[String]) {
        let mut totals: BTreeMap<(String, String), (u64, f64)> = BTreeMap::new();
        for line in lines {
            let line = parse(line, self.format).unwrap();
            let last = line.name.strip_prefix(&format!("{}.", self.event)).unwrap();
            let metric = last.split('.').next().unwrap().to_owned();
            assert_eq!(line.rate, None);
            let total = totals.entry((metric, line.kind.clone())).or_default();
            total.0 += line.values.len() as u64;
            total.1 += line.numbers().sum::<f64>();
        }
        let datadog = self.format == Format::Datadog;
        let total = |metric: &str, standard: &str, dd: &str| {
            let kind = if datadog { dd } else { standard };
            totals[&(metric.to_owned(), kind.to_owned())]
        };
        let rounds = self.events / SERIES;
        let bytes = (SERIES * (SERIES - 1) / 2 * rounds) as f64;
        assert_eq!(total("count", "c", "c").1, self.events as f64);
        assert_eq!(total("bytes", "g", "c").1, bytes);
        assert_eq!(total("last", "g", "g"), (1, (SERIES - 1) as f64));
        let (count, sum) = total("time", "ms", "h");
        assert_eq!(count, self.events);
        assert!((sum - bytes).abs() < 1e-6, "{sum}");
        let (count, sum) = total("size", "ms", "d");
        assert_eq!(count, self.events);
        assert!((sum - bytes).abs() < 1e-6, "{sum}");
    }
}

fn refused(result: Result<(), FlushError>) {
    let Err(FlushError::Failed(why)) = result else {
        panic!("nobody listens: {result:?}")
    };
    assert!(why.contains("refused"), "{why}");
}

#[test]
fn everything_arrives_once_the_daemon_is_there() {
    for (host, event, format) in [
        (Ipv4Addr::LOCALHOST.into(), "dead.all.v4", Format::Standard),
        (Ipv4Addr::LOCALHOST.into(), "dead.all.v4dd", Format::Datadog),
        (Ipv6Addr::LOCALHOST.into(), "dead.all.v6", Format::Standard),
    ] {
        let port = DeadPort::of(host);
        let mut setup = Setup::new(event, format);
        let statsd = setup.start(&port);
        // Odd and even numbers of attempts: a dead peer alternates success and refusal.
        for attempt in 1..=3 {
            setup.emit();
            refused(statsd.flush(SOON));
            let (sent, failed, dropped) = counts(&setup.aggregator);
            assert_eq!((sent, dropped), (0, 0));
            assert!(failed >= attempt * SERIES, "{failed}");
        }
        let daemon = port.revive();
        setup.emit();
        statsd.flush(SOON).unwrap();
        let lines = daemon.lines();
        setup.check(&lines);
        assert_eq!(counts(&setup.aggregator).0, lines.len() as u64);
        statsd.flush(SOON).unwrap();
        assert_eq!(daemon.lines(), [""; 0]);
    }
}

#[test]
fn one_small_datagram_is_not_lost_either() {
    // Its refusal can only be seen at the end of the flush.
    for attempts in 1..=4 {
        let port = DeadPort::new();
        let aggregator = aggregator([counter("dead.one.count")]);
        let statsd = quiet(&aggregator, port.address()).start().unwrap();
        for _ in 0..attempts {
            execute!("dead.one");
            refused(statsd.flush(SOON));
        }
        let daemon = port.revive();
        statsd.flush(SOON).unwrap();
        assert_eq!(daemon.lines(), [format!("dead.one.count:{attempts}|c")]);
        assert_eq!(counts(&aggregator), (1, attempts, 0));
    }
}

#[test]
fn a_daemon_that_comes_and_goes_gets_each_event_once() {
    let mut port = DeadPort::new();
    let mut setup = Setup::new("dead.flaps", Format::Datadog);
    let statsd = setup.start(&port);
    let mut lines = Vec::new();
    for _ in 0..5 {
        setup.emit();
        refused(statsd.flush(SOON));
        let daemon = port.revive();
        statsd.flush(SOON).unwrap();
        lines.extend(daemon.lines());
        let address = daemon.address();
        drop(daemon);
        port = DeadPort::at(address);
    }
    // Gauges were sent each time.
    let gauges = lines.iter().filter(|line| line.contains("|g")).count();
    assert_eq!(gauges, 5);
    let mut last = 0;
    lines.retain(|line| {
        last += usize::from(line.contains("|g"));
        !line.contains("|g") || last == 5
    });
    setup.check(&lines);
}

#[test]
fn the_timer_keeps_trying() {
    let port = DeadPort::new();
    let aggregator = aggregator([counter("dead.timer.count")]);
    let statsd = quiet(&aggregator, port.address())
        .interval(std::time::Duration::from_millis(3))
        .start()
        .unwrap();
    execute!("dead.timer");
    wait_until("three attempts", || counts(&aggregator).1 >= 3);
    let daemon: Listener = port.revive();
    assert_eq!(daemon.datagram(), "dead.timer.count:1|c");
    drop(statsd);
    assert_eq!(daemon.lines(), [""; 0]);
}
