//! [`Sink`]: where the exporter's lines go, and what becomes of them.
//!
//! The exporter knows nothing of delivery: it writes a line and forgets it. But it is our thread
//! that makes it write, and our sink that it writes to, so each line is known to be on account of a
//! ticket, and a ticket is settled when the datagram with its line was not refused.
//!
//! UDP acknowledges nothing; what it has is the *refusal*, if nobody listens on the port. On loopback
//! it is pending as soon as the datagram was sent, so the datagram before the one that finds it was
//! not delivered, and everything earlier was. From another host it comes later and does not say what
//! it is about, so then nothing of the flush is settled. A refusal ends the flush.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cadence::MetricSink;

use super::text;
use super::wire::Wire;
use crate::feed::Outcome;
use crate::notice::Notice;

/// How long to wait at the end of a flush for a refusal: by loopback, and by a network.
const WAIT_LOOPBACK: Duration = Duration::from_millis(1);
const WAIT: Duration = Duration::from_millis(20);

/// After so many datagrams there is a pause, for the daemon to empty its buffer: by default that
/// holds a hundred or so, and what does not fit is lost without a word.
const BURST: u32 = 4;
const PAUSE: Duration = Duration::from_millis(1);

/// Datagrams that the system refuses to send until the flush ends. It may be about one of them: too
/// large for the network.
const FAILURES: u32 = 10;

/// Gathers lines into datagrams, and sends them.
pub(super) struct Sink<W>(Arc<Mutex<State<W>>>);

impl<W> Clone for Sink<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct State<W> {
    wire: W,
    mtu: usize,
    /// Whether the daemon knows only `c`, `g` and `ms`, and takes a signed gauge for a step.
    is_plain: bool,
    /// What lines are on account of, and whether each stands for one number or for all of it.
    ticket: Option<(usize, bool)>,
    datagram: String,
    lines: u64,
    claims: Vec<(usize, u64)>,
    /// Sent, and not known to be refused or not.
    unsettled: Outcome,
    datagrams: u32,
    deadline: Instant,
    failures: u32,
    is_stuck: bool,
    outcome: Outcome,
    too_long: Notice,
}

impl<W: Wire> Sink<W> {
    pub(super) fn new(wire: W, mtu: usize, is_plain: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            wire,
            mtu,
            is_plain,
            ticket: None,
            datagram: String::new(),
            lines: 0,
            claims: Vec::new(),
            unsettled: Outcome::default(),
            datagrams: 0,
            deadline: Instant::now(),
            failures: 0,
            is_stuck: false,
            outcome: Outcome::default(),
            too_long: Notice::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, deadline: Instant) {
        let mut state = self.lock();
        state.clear();
        (state.datagrams, state.failures) = (0, 0);
        state.deadline = deadline;
        state.is_stuck = false;
        state.outcome = Outcome::default();
        if let Err(why) = state.wire.begin() {
            state.stick(why);
        }
    }

    pub(super) fn expect(&self, ticket: usize, each: bool) {
        self.lock().ticket = Some((ticket, each));
    }

    pub(super) fn is_stuck(&self) -> bool {
        self.lock().is_stuck
    }

    /// Sends what is left, waits for a refusal of what was sent last, and says what became of it all.
    pub(super) fn end(&self) -> Outcome {
        let mut state = self.lock();
        state.send();
        state.wait();
        state.ticket = None;
        std::mem::take(&mut state.outcome)
    }
}

impl<W: Wire> MetricSink for Sink<W> {
    fn emit(&self, line: &str) -> io::Result<usize> {
        self.lock().line(line);
        Ok(line.len())
    }
}

impl<W: Wire> State<W> {
    fn line(&mut self, line: &str) {
        let Some((name, value, kind, ending)) = text::parts(line) else {
            return;
        };
        let mut written = String::with_capacity(line.len() + 8);
        let mut count = 1;
        let kind = match kind {
            "h" | "d" if self.is_plain => "ms",
            kind => kind,
        };
        if kind == "g" && self.is_plain && value.starts_with('-') {
            // A signed gauge is a step, not a value; so step down from zero. Both lines in one
            // datagram: one that came alone, or in the other order, would leave a wrong value.
            written.push_str(&format!("{name}:0|g{ending}\n"));
            count = 2;
        }
        written.push_str(&format!("{name}:{value}|{kind}{ending}"));
        self.push(&written, count);
    }

    fn push(&mut self, text: &str, lines: u64) {
        if text.len() > self.mtu {
            self.outcome.dropped += lines;
            let start: String = text.chars().take(40).collect();
            self.too_long.say(format_args!(
                "a line of {} bytes does not fit into a datagram of {}, and is dropped: \
                 `{start}...`; raise `mtu`, or use shorter tags",
                text.len(),
                self.mtu
            ));
            claim(&mut self.outcome.settled, self.ticket);
            return;
        }
        if self.is_stuck {
            self.outcome.failed += lines;
            return;
        }
        let separator = usize::from(!self.datagram.is_empty());
        if self.datagram.len() + separator + text.len() > self.mtu {
            self.send();
        }
        if !self.datagram.is_empty() {
            self.datagram.push('\n');
        }
        self.datagram.push_str(text);
        self.lines += lines;
        claim(&mut self.claims, self.ticket);
    }

    fn send(&mut self) {
        if self.datagram.is_empty() {
            return;
        }
        if self.datagrams > 0 {
            if self.datagrams % BURST == 0 {
                std::thread::sleep(PAUSE);
            }
            self.look_for_refusal();
        }
        if !self.is_stuck && Instant::now() >= self.deadline {
            self.stick("no time was left".into());
        }
        if self.is_stuck {
            self.outcome.failed += self.lines;
            self.forget();
            return;
        }
        match self.wire.send(self.datagram.as_bytes()) {
            Ok(()) => {
                if self.wire.refuses_at_once() {
                    self.settle();
                }
                self.datagrams = self.datagrams.wrapping_add(1);
                self.unsettled.settled.append(&mut self.claims);
                self.unsettled.sent += self.lines;
            }
            // About the datagram before.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.outcome.failed += self.lines;
                self.refuse(&error);
            }
            Err(error) => {
                self.outcome.failed += self.lines;
                let why = format!("cannot send to {}: {error}", self.wire.name());
                self.failures += 1;
                if self.failures >= FAILURES {
                    self.wire.turn();
                    self.stick(why);
                } else {
                    self.outcome.why.get_or_insert(why);
                }
            }
        }
        self.forget();
    }

    fn wait(&mut self) {
        if self.unsettled.sent == 0 {
            return;
        }
        let wait = if self.wire.refuses_at_once() {
            WAIT_LOOPBACK
        } else {
            WAIT
        };
        let until = Instant::now() + wait;
        loop {
            self.look_for_refusal();
            let left = until.saturating_duration_since(Instant::now());
            if self.is_stuck || left.is_zero() {
                // After a refusal there is nothing to settle.
                return self.settle();
            }
            std::thread::sleep(PAUSE.min(left));
        }
    }

    fn look_for_refusal(&mut self) {
        if let Some(error) = self.wire.refusal() {
            self.refuse(&error);
        }
    }

    fn refuse(&mut self, error: &io::Error) {
        self.outcome.failed += std::mem::take(&mut self.unsettled).sent;
        let why = format!("{} refused: {error}", self.wire.name());
        self.wire.turn();
        self.stick(why);
    }

    fn settle(&mut self) {
        let unsettled = std::mem::take(&mut self.unsettled);
        self.outcome.settled.extend(unsettled.settled);
        self.outcome.sent += unsettled.sent;
    }

    fn stick(&mut self, why: String) {
        self.is_stuck = true;
        self.outcome.why.get_or_insert(why);
    }

    /// The datagram at hand is sent, or never will be.
    fn forget(&mut self) {
        self.datagram.clear();
        self.claims.clear();
        self.lines = 0;
    }

    fn clear(&mut self) {
        self.forget();
        self.unsettled = Outcome::default();
        self.ticket = None;
    }
}

fn claim(claims: &mut Vec<(usize, u64)>, ticket: Option<(usize, bool)>) {
    let Some((ticket, each)) = ticket else {
        return;
    };
    let count = if each { 1 } else { u64::MAX };
    match claims.last_mut() {
        Some((last, so_far)) if *last == ticket => *so_far = so_far.saturating_add(count),
        _ => claims.push((ticket, count)),
    }
}

#[cfg(test)]
mod tests;
