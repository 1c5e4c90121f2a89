//! [`Statsd`]: the handle; and what its thread does at each flush.

use std::time::{Duration, Instant};

use telemetry_metrics::push::{Flush, FlushError, Push};
use telemetry_metrics::{Aggregator, Health, Reader};

use crate::builder::StatsdBuilder;
use crate::delivery::{Delivery, Outcome, Wire};
use crate::encode::Encoder;
use crate::notice::Notice;
use crate::pack::{GivenUp, Packer};

/// What clocks can be asked for without trouble; whoever waits longer waits for ever.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// A running StatsD reporter. Dropping it flushes once more, for at most
/// [`DROP_TIMEOUT`](telemetry_metrics::push::DROP_TIMEOUT), and stops it.
///
/// ```
/// use std::net::UdpSocket;
/// use std::time::Duration;
/// use telemetry_metrics::{Aggregator, counter};
/// use telemetry_statsd::{Format, Statsd};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let daemon = UdpSocket::bind("127.0.0.1:0")?; // in place of a real one
///
/// let orders = counter("shop.order.placed.count").tags(["currency"]);
/// let aggregator = Aggregator::builder().metrics([orders]).start()?;
/// let statsd = Statsd::builder(&aggregator)
///     .address(daemon.local_addr()?.to_string())
///     .format(Format::Datadog)
///     .start()?;
///
/// for _ in 0..3 {
///     telemetry::execute!("shop.order.placed", {}, { currency: "EUR" });
/// }
/// statsd.flush(Duration::from_secs(1))?;
///
/// let mut datagram = [0; 100];
/// let length = daemon.recv(&mut datagram)?;
/// assert_eq!(&datagram[..length], b"shop.order.placed.count:3|c|#currency:EUR");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Statsd {
    push: Push,
}

impl Statsd {
    /// Begins with plain StatsD to `127.0.0.1:8125` every ten seconds.
    pub fn builder(aggregator: &Aggregator) -> StatsdBuilder<'_> {
        StatsdBuilder::new(aggregator)
    }

    pub(crate) fn of(push: Push) -> Self {
        Self { push }
    }

    /// Sends now what has been counted since the last flush, and waits for it at most `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then. What was not sent stays, and is part of the
    /// next flush.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.push.flush(timeout.min(LONGEST))
    }

    /// Flushes once more and stops, within `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then; there is no later flush that could send it.
    pub fn stop(self, timeout: Duration) -> Result<(), FlushError> {
        self.push.stop(timeout.min(LONGEST))
    }
}

/// What the thread of a [`Statsd`] owns.
pub(crate) struct Reporter<W> {
    reader: Reader,
    encoder: Encoder,
    packer: Packer,
    peer: W,
    health: Health,
    /// The lines of the datagram that was sent last.
    last_lines: u64,
    /// Whether a refusal came after the end of its flush, and none was clean since.
    late: bool,
    failing: Notice,
    given_up: Notice,
}

impl<W: Wire> Reporter<W> {
    pub(crate) fn new(
        reader: Reader,
        encoder: Encoder,
        packer: Packer,
        peer: W,
        health: Health,
    ) -> Self {
        Self {
            reader,
            encoder,
            packer,
            peer,
            health,
            last_lines: 0,
            late: false,
            failing: Notice::default(),
            given_up: Notice::default(),
        }
    }

    /// A refusal that the last flush did not wait for. Its marks are taken; so this is all that can
    /// be said of it.
    fn look_back(&mut self) {
        if let Some(error) = self.peer.refusal() {
            let name = self.peer.name();
            self.health.failed(std::mem::take(&mut self.last_lines));
            self.late = true;
            self.peer.turn();
            self.failing.say(format_args!(
                "{name} refused: {error}; this was known too late to keep what was sent last"
            ));
        }
    }

    fn account(&mut self, outcome: &Outcome) -> Result<(), String> {
        self.last_lines = outcome.last_lines;
        if outcome.sent > 0 {
            self.health.sent(outcome.sent);
            self.late &= outcome.why.is_some();
        }
        if outcome.dropped > 0 {
            self.health.dropped(outcome.dropped);
            self.tell_given_up(outcome);
        }
        let Some(why) = &outcome.why else {
            return Ok(());
        };
        self.health.failed(outcome.failed);
        let left = format!(
            "{why}; {} lines are left for the next flush",
            outcome.failed
        );
        self.failing.say(format_args!("{left}"));
        Err(left)
    }

    fn tell_given_up(&mut self, outcome: &Outcome) {
        let mtu = self.packer.mtu();
        match &outcome.given_up {
            Some(GivenUp::TooLong { start, bytes }) => self.given_up.say_once(format_args!(
                "a line of {bytes} bytes does not fit into a datagram of {mtu}, and is dropped, as \
                 all such lines will be: `{start}...`; raise `mtu`, or use shorter tags"
            )),
            Some(GivenUp::NotFinite) => self.given_up.say_once(format_args!(
                "a number that is not finite was dropped, as all such are"
            )),
            None => {}
        }
    }
}

impl<W: Wire + Send + 'static> Flush for Reporter<W> {
    fn flush(&mut self, deadline: Instant) -> Result<(), String> {
        self.look_back();
        self.peer.begin();
        // Left over only if the last flush panicked.
        self.packer.clear();
        let mut delivery = Delivery::new(&mut self.peer, deadline, self.late);
        let (encoder, packer) = (&mut self.encoder, &mut self.packer);
        self.reader
            .scan(|delta| encoder.encode(&delta, packer, &mut delivery));
        packer.finish(&mut delivery);
        let outcome = delivery.finish();
        for claim in &outcome.settled {
            self.reader.take(claim.mark.of(claim.count));
        }
        self.account(&outcome)
    }
}

#[cfg(test)]
mod tests {
    use telemetry::execute;
    use telemetry_metrics::{Needs, counter, summary};

    use super::*;
    use crate::delivery::Trouble;
    use crate::delivery::tests::Told;
    use crate::format::Format;

    fn reporter(aggregator: &Aggregator) -> Reporter<Told> {
        reporter_of(aggregator, Format::Standard, 1_432, 1)
    }

    fn reporter_of(
        aggregator: &Aggregator,
        format: Format,
        mtu: usize,
        max_values: u64,
    ) -> Reporter<Told> {
        Reporter::new(
            aggregator.reader(Needs::Values),
            Encoder::new(format, "", &[], max_values),
            Packer::new(mtu),
            Told::default(),
            aggregator.register_health("statsd"),
        )
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
        assert!(!reporter.late, "all is well again");
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
