//! A daemon that comes, goes, sleeps and is replaced, in any order: as long as it reads what it was
//! given before it ends, each event arrives once, whatever the socket.

use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use proptest::prelude::*;
use telemetry::execute;
use telemetry_metrics::{counter, summary};
use telemetry_statsd::{CheckStatus, Format, ServiceCheck, Statsd};

use crate::grammar::parse;
use crate::sockets::{Place, accepted_or_none, bytes, frames, received};
use crate::support::{NEVER, SOON, aggregator, close};

#[derive(Debug, Clone, Copy)]
enum Step {
    Emit(u32),
    Check,
    Flush,
    /// With so little time that a full socket stays full.
    FlushInAHurry,
    Read,
    Start,
    End,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1u32..400).prop_map(Step::Emit),
        Just(Step::Check),
        Just(Step::Flush),
        Just(Step::FlushInAHurry),
        Just(Step::Read),
        Just(Step::Start),
        Just(Step::End),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Datagrams,
    Lines,
    Frames,
}

enum Daemon {
    Away,
    Datagrams(UnixDatagram),
    Stream(UnixListener, Vec<(UnixStream, Vec<u8>)>),
}

struct World {
    place: Place,
    kind: Kind,
    daemon: Daemon,
    got: Vec<String>,
}

impl World {
    fn read(&mut self) {
        match &mut self.daemon {
            Daemon::Away => {}
            Daemon::Datagrams(socket) => self.got.extend(received(socket)),
            Daemon::Stream(listener, streams) => {
                while let Some(stream) = accepted_or_none(listener) {
                    streams.push((stream, Vec::new()));
                }
                for (stream, got) in streams {
                    got.extend(bytes(stream));
                }
            }
        }
    }

    /// Reads all, and is gone.
    fn end(&mut self) {
        self.read();
        let mut daemon = std::mem::replace(&mut self.daemon, Daemon::Away);
        if let Daemon::Stream(_, streams) = &mut daemon {
            for (_, got) in streams {
                if self.kind == Kind::Frames {
                    self.got.extend(frames(got).0);
                } else {
                    // What has no end yet will never have one.
                    let whole = got.iter().rposition(|byte| *byte == b'\n');
                    let whole = &got[..whole.map_or(0, |at| at + 1)];
                    self.got.push(String::from_utf8(whole.to_vec()).unwrap());
                }
            }
        }
        close(daemon);
        self.place.clear();
    }

    fn start(&mut self) {
        self.end();
        self.daemon = match self.kind {
            Kind::Datagrams => Daemon::Datagrams(self.place.datagrams()),
            _ => Daemon::Stream(self.place.streams(), Vec::new()),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_daemon_that_reads_before_it_ends_gets_each_event_once(
        kind in prop_oneof![Just(Kind::Datagrams), Just(Kind::Lines), Just(Kind::Frames)],
        steps in prop::collection::vec(step(), 1..25),
        mtu in 64usize..2_000,
    ) {
        let format = if kind == Kind::Lines { Format::Standard } else { Format::Datadog };
        let scheme = if kind == Kind::Datagrams { "unixgram" } else { "unixstream" };
        let metrics = [counter("chaos.step.count").tags(["n"]), summary("chaos.step.v")];
        let aggregator = aggregator(metrics);
        let mut world = World {
            place: Place::new(),
            kind,
            daemon: Daemon::Away,
            got: Vec::new(),
        };
        let builder = Statsd::builder(&aggregator).address(world.place.address(scheme));
        let statsd = builder.format(format).mtu(mtu).interval(NEVER).max_values(100_000);
        let statsd = statsd.start().unwrap();
        let (mut emitted, mut checks) = (0, 0);
        for step in steps {
            match step {
                Step::Emit(events) => {
                    (0..events).for_each(|n| execute!("chaos.step", { v: 1 }, { n: n }));
                    emitted += events;
                }
                Step::Check => {
                    let check = ServiceCheck::new("c", CheckStatus::Ok);
                    checks += u32::from(statsd.outbox().service_check(&check).is_ok());
                }
                // Nobody reads meanwhile, so there has to be a limit.
                Step::Flush => drop(statsd.flush(Duration::from_millis(20))),
                Step::FlushInAHurry => drop(statsd.flush(Duration::from_micros(50))),
                Step::Read => world.read(),
                Step::Start => {
                    settle(&statsd, &mut world);
                    world.start();
                }
                Step::End => {
                    settle(&statsd, &mut world);
                    world.end();
                }
            }
        }
        settle(&statsd, &mut world);
        world.start();
        settle(&statsd, &mut world);
        statsd.stop(SOON).unwrap();
        world.end();
        let (mut counted, mut values, mut checked) = (0.0, 0.0, 0);
        for line in world.got.iter().flat_map(|text| text.lines()) {
            if line.starts_with("_sc|c|0|d:") {
                checked += 1;
                continue;
            }
            let line = parse(line, format).unwrap();
            if line.name.starts_with("chaos.step.count") {
                counted += line.numbers().sum::<f64>();
            } else {
                values += line.numbers().sum::<f64>() * line.weight();
            }
        }
        prop_assert_eq!(counted, f64::from(emitted));
        prop_assert!((values - f64::from(emitted)).abs() < 1e-6 * values.max(1.0), "{}", values);
        prop_assert_eq!(checked, checks);
        if format == Format::Datadog {
            prop_assert_eq!(aggregator.health()[0].dropped, 0);
        }
    }
}

/// Flushes while the daemon reads, if there is one, so that nothing is under way afterwards.
fn settle(statsd: &Statsd, world: &mut World) {
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| statsd.flush(SOON));
        while !flush.is_finished() {
            world.read();
            std::thread::yield_now();
        }
        let _ = flush.join().unwrap();
    });
    world.read();
}
