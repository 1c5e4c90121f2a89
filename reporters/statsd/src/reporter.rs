//! [`Reporter`]: what the thread of a [`Statsd`](crate::Statsd) does at each flush.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use telemetry_metrics::push::Flush;
use telemetry_metrics::{Health, Reader};

use crate::datadog::Inbox;
use crate::delivery::{Delivery, Outcome};
use crate::encode::Encoder;
use crate::load::{Load, Token};
use crate::notice::{Notice, lines};
use crate::pack::{Claim, GivenUp, Packer};
use crate::tally::Tally;
use crate::wire::Wire;

/// What the thread of a `Statsd` owns.
pub(crate) struct Reporter<W> {
    pub(crate) reader: Reader,
    pub(crate) encoder: Encoder,
    pub(crate) packer: Packer,
    pub(crate) peer: W,
    pub(crate) inbox: Inbox,
    /// Whether counts and gauges say of when they are.
    pub(crate) timestamps: bool,
    pub(crate) health: Health,
    pub(crate) tally: Arc<Tally>,
    pub(crate) state: State,
}

/// What is remembered from flush to flush.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The lines that a late refusal would be about.
    last_lines: u64,
    /// Whether a refusal came after the end of its flush, and none was clean since.
    late: bool,
    failing: Notice,
    given_up: Notice,
}

impl<W: Wire> Reporter<W> {
    /// A refusal that the last flush did not wait for. Its marks are taken; so this is all that can
    /// be said of it.
    fn look_back(&mut self) {
        if let Some(error) = self.peer.refusal() {
            let name = self.peer.name();
            let late = std::mem::take(&mut self.state.last_lines);
            self.failed(late);
            self.tally.late(late);
            self.state.late = true;
            self.peer.turn();
            self.state.failing.say(format_args!(
                "{name} refused: {error}; this was known too late to keep what was sent last"
            ));
        }
    }

    fn failed(&self, lines: u64) {
        self.health.failed(lines);
        self.tally.failed(lines);
    }

    fn dropped(&self, lines: u64) {
        self.health.dropped(lines);
        self.tally.dropped(lines);
    }

    fn account(&mut self, outcome: &Outcome) -> Result<(), String> {
        self.state.last_lines = outcome.last_lines;
        if outcome.sent > 0 {
            self.health.sent(outcome.sent);
            self.health.thinned(outcome.thinned);
            self.tally.sent(outcome.sent, outcome.thinned);
            self.state.late &= outcome.why.is_some();
        }
        if outcome.dropped > 0 {
            self.dropped(outcome.dropped);
            self.tell_given_up(outcome);
        }
        let Some(why) = &outcome.why else {
            return Ok(());
        };
        self.failed(outcome.failed);
        let left = match outcome.failed {
            0 => why.clone(),
            1 => format!("{why}; 1 line is left for the next flush"),
            many => format!("{why}; {} are left for the next flush", lines(many)),
        };
        self.state.failing.say(format_args!("{left}"));
        Err(left)
    }

    fn tell_given_up(&mut self, outcome: &Outcome) {
        let mtu = self.packer.mtu();
        match &outcome.given_up {
            Some(GivenUp::TooLong { start, bytes }) => self.state.given_up.say_once(format_args!(
                "a line of {bytes} bytes does not fit into a datagram of {mtu}, and is dropped, as \
                 all such lines will be: `{start}...`; raise `mtu`, or use shorter tags"
            )),
            Some(GivenUp::NotFinite) => self.state.given_up.say_once(format_args!(
                "a number that is not finite was dropped, as all such are"
            )),
            None => self.state.failing.say(format_args!(
                "{} went away in the middle of {}, and the rest of that is lost",
                self.peer.name(),
                lines(outcome.dropped)
            )),
        }
    }

    /// Takes what was delivered, and gives up what never will be.
    fn settle(&mut self, outcome: &Outcome) {
        for claim in &outcome.settled {
            match claim.token {
                Token::Metric(mark) => self.reader.take(mark.of(claim.count)),
                Token::Note(number) => self.inbox.remove(number),
            }
        }
        // Metrics stay: a smaller `mtu` can help them. An event is as long as it is.
        for claim in &outcome.too_large {
            if let Token::Note(number) = claim.token {
                self.inbox.remove(number);
                self.dropped(1);
            }
        }
    }
}

impl<W: Wire + Send + 'static> Flush for Reporter<W> {
    fn flush(&mut self, deadline: Instant) -> Result<(), String> {
        self.look_back();
        if let Some(news) = self.peer.begin() {
            self.state.failing.say(format_args!("{news}"));
        }
        self.encoder.stamp(self.timestamps.then(now));
        // Left over only if the last flush panicked.
        self.packer.clear();
        let mut delivery = Delivery::new(&mut self.peer, deadline, self.state.late);
        let (encoder, packer) = (&mut self.encoder, &mut self.packer);
        for (number, line) in self.inbox.collect() {
            let mut claims = vec![Claim::all(Token::Note(number))];
            packer.push_whole(line, Load::lines(1), &mut claims, &mut delivery);
        }
        self.reader
            .scan(|delta| encoder.encode(&delta, packer, &mut delivery));
        packer.finish(&mut delivery);
        let outcome = delivery.finish();
        self.settle(&outcome);
        self.account(&outcome)
    }
}

/// Seconds since the epoch.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use telemetry::execute;

    use telemetry_metrics::{Aggregator, Needs, counter, summary};

    use super::*;
    use crate::datadog::{DatadogEvent, Tail, outbox};
    use crate::delivery::tests::Told;
    use crate::format::Format;
    use crate::wire::Trouble;

    fn reporter(aggregator: &Aggregator) -> Reporter<Told> {
        reporter_of(aggregator, Format::Standard, 1_432, 1)
    }

    fn reporter_of(
        aggregator: &Aggregator,
        format: Format,
        mtu: usize,
        max_values: u64,
    ) -> Reporter<Told> {
        let health = aggregator.register_health("statsd");
        let (_, inbox) = outbox(None, &health);
        Reporter {
            reader: aggregator.reader(Needs::Values),
            encoder: Encoder::new(format, "", String::new(), max_values),
            packer: Packer::new(mtu),
            peer: Told::default(),
            inbox,
            timestamps: false,
            health,
            tally: Arc::default(),
            state: State::default(),
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    #[test]
    fn a_refusal_that_is_late_is_counted_and_makes_the_next_flush_wait_longer() {
        let aggregator = Aggregator::builder()
            .metrics([counter("rep.late.n")])
            .start()
            .unwrap();
        let mut reporter = reporter(&aggregator);
        let counts = |reporter: &Reporter<Told>| {
            let report = reporter.health.report();
            (report.sent, report.failed)
        };
        execute!("rep.late");
        assert_eq!(reporter.flush(soon()), Ok(()));
        assert_eq!(counts(&reporter), (1, 0));

        // Now the refusal is there; and another one comes after 60 milliseconds or more.
        reporter.peer.refusals.push_back(true);
        reporter.peer.refusals.extend([false; 60]);
        reporter.peer.refusals.push_back(true);
        execute!("rep.late");
        assert!(
            reporter
                .flush(soon())
                .unwrap_err()
                .starts_with("there refused: ")
        );
        assert_eq!(counts(&reporter), (1, 2), "one late, and one in time");

        assert_eq!(reporter.flush(soon()), Ok(()));
        assert_eq!(counts(&reporter), (2, 2));
        assert!(!reporter.state.late, "all is well again");
        let sent: Vec<&[u8]> = reporter.peer.sent.iter().map(Vec::as_slice).collect();
        assert_eq!(
            sent, [b"rep.late.n:1|c"; 3],
            "what was refused in time was sent again"
        );
    }

    #[test]
    fn of_values_that_are_one_part_those_that_were_not_sent_are_sent_later() {
        for (format, max_values) in [
            (Format::Standard, 100),
            (Format::Datadog, 100),
            (Format::Standard, 10),
        ] {
            let metrics = [summary("rep.part.n")];
            let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
            let mut reporter = reporter_of(&aggregator, format, 64, max_values);
            (0..40).for_each(|_| execute!("rep.part", { n: 5 }));
            reporter.peer.sends = [Ok(()), Err(Trouble::Stop("full".into()))].into();
            assert!(reporter.flush(soon()).is_err());
            assert_eq!(reporter.peer.sent.len(), 1);
            while reporter.flush(soon()).is_err() {}

            // By weight: a value of a thinned line stands for four.
            let weight = |line: &str| -> f64 {
                let values = line.matches(":5").count() as f64;
                let rate = line
                    .rsplit_once('@')
                    .map(|(_, rate)| rate.parse::<f64>().unwrap());
                values / rate.unwrap_or(1.0)
            };
            let text = |datagram: &Vec<u8>| String::from_utf8(datagram.clone()).unwrap();
            let sent: Vec<String> = reporter.peer.sent.iter().map(text).collect();
            let total: f64 = sent.iter().flat_map(|text| text.lines()).map(weight).sum();
            assert!((total - 40.0).abs() < 1e-9, "{total}: {sent:?}");
            assert!(weight(&sent[0]) < 40.0, "there was something left");
        }
    }

    #[test]
    fn of_what_is_too_large_for_the_system_events_are_given_up_and_metrics_stay() {
        let aggregator = Aggregator::builder()
            .metrics([counter("rep.large.n")])
            .start()
            .unwrap();
        let mut reporter = reporter(&aggregator);
        let (outbox, inbox) = outbox(Some(Tail::default()), &reporter.health);
        reporter.inbox = inbox;
        let event = DatadogEvent::new("t", "x".repeat(3_000));
        outbox.event(&event).unwrap();
        execute!("rep.large");
        let too_large = || Err(Trouble::TooLarge(std::io::Error::other("too large")));
        reporter.peer.sends = [too_large(), too_large()].into();
        let why = reporter.flush(soon()).unwrap_err();
        assert!(
            why.ends_with("lower `mtu`; 2 lines are left for the next flush"),
            "{why}"
        );
        assert_eq!(reporter.flush(soon()), Ok(()));
        assert_eq!(reporter.peer.sent, [b"rep.large.n:1|c"]);
        let report = reporter.health.report();
        assert_eq!((report.sent, report.failed, report.dropped), (1, 2, 1));
    }

    #[test]
    fn what_a_flush_that_panicked_had_packed_is_not_sent_by_the_next() {
        let aggregator = Aggregator::builder()
            .metrics([counter("rep.panic.n")])
            .start()
            .unwrap();
        let mut reporter = reporter(&aggregator);
        execute!("rep.panic");
        let mut nowhere = Told::default();
        let mut delivery = Delivery::new(&mut nowhere, soon(), false);
        let (encoder, packer) = (&mut reporter.encoder, &mut reporter.packer);
        reporter
            .reader
            .scan(|delta| encoder.encode(&delta, packer, &mut delivery));
        assert_eq!(reporter.flush(soon()), Ok(()));
        assert_eq!(reporter.peer.sent, [b"rep.panic.n:1|c"]);
    }
}
