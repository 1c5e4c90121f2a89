//! [`Outbox`]: sends events and service checks from anywhere, without waiting.
//!
//! A handler runs where the event was emitted, so it must not wait. It writes the line and puts it
//! into a queue; the reporter's thread takes it from there at the next flush, and keeps it until it
//! was sent. The queue has an end: what does not fit is counted and let go.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use telemetry_metrics::Health;

use super::{DatadogEvent, ServiceCheck};
use crate::encode::push_pair;

/// How many events and service checks wait at most.
pub(crate) const CAPACITY: usize = 1_000;

/// Why an event or a service check was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSent {
    /// The reporter speaks plain StatsD, which has neither.
    PlainStatsd,
    /// The title or the name is empty.
    Empty,
    /// Without its text it is too long already: 8,192 bytes.
    TooLong,
    /// 1,000 of them are waiting, so the agent is away, or there are too many for the interval.
    Full,
    /// The reporter has stopped.
    Stopped,
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlainStatsd => {
                "plain StatsD has no events and no service checks; use `Format::Datadog`"
            }
            Self::Empty => "an event needs a title, and a service check a name",
            Self::TooLong => {
                "its host, source and tags alone are more than 8192 bytes; shorten them"
            }
            Self::Full => {
                "1000 events and service checks are waiting to be sent; is the agent there?"
            }
            Self::Stopped => "the StatsD reporter has stopped",
        })
    }
}

impl std::error::Error for NotSent {}

/// What all events and service checks of a reporter end with.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    /// `env:prod,region:eu`
    tags: String,
    /// `|c:ci-..`
    pub(super) origin: String,
}

impl Tail {
    pub(crate) fn new(tags: String, origin: String) -> Self {
        Self { tags, origin }
    }

    /// Appends `|#`, these tags and the global ones, if there are any.
    pub(super) fn push_tags(&self, line: &mut String, tags: &[(String, String)]) {
        let mut all = String::new();
        for (key, value) in tags {
            push_pair(&mut all, key, value);
        }
        if !(all.is_empty() || self.tags.is_empty()) {
            all.push(',');
        }
        all.push_str(&self.tags);
        if !all.is_empty() {
            line.push_str("|#");
            line.push_str(&all);
        }
    }
}

/// Sends Datadog's events and service checks; made by [`Statsd::outbox`](crate::Statsd::outbox).
///
/// It is cheap to clone, and made for telemetry handlers: nothing waits, neither for a lock nor for
/// a socket. What is put in is sent with the next flush, carries the time at which it happened, and
/// is kept until it was sent. At most 1,000 wait; what does not fit is refused, and counted as
/// dropped in the reporter's account.
///
/// ```
/// use telemetry_metrics::Aggregator;
/// use telemetry_statsd::{AlertType, DatadogEvent, Format, Statsd};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let aggregator = Aggregator::builder().start()?;
/// let statsd = Statsd::builder(&aggregator).format(Format::Datadog).start()?;
///
/// let outbox = statsd.outbox();
/// let _guard = telemetry::attach("tell-datadog", "shop.payment.refused", move |event| {
///     let text = format!("{:?}", event.metadata("reason"));
///     let event = DatadogEvent::new("A payment was refused", text).alert_type(AlertType::Error);
///     let _ = outbox.event(&event); // what is refused is counted
/// })?
/// .guard();
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Outbox {
    /// `None` in plain StatsD.
    queue: Option<Queue>,
    health: Health,
}

#[derive(Debug, Clone)]
struct Queue {
    lines: Sender<String>,
    waiting: Arc<AtomicUsize>,
    tail: Arc<Tail>,
}

/// The other end: what waits to be sent.
#[derive(Debug)]
pub(crate) struct Inbox {
    lines: Receiver<String>,
    waiting: Arc<AtomicUsize>,
    /// In the order in which they came; `None` where one was sent.
    kept: VecDeque<Option<String>>,
    /// The number of the first one.
    first: u64,
    health: Health,
}

/// Both ends. Without a tail nothing can be put in.
pub(crate) fn outbox(tail: Option<Tail>, health: &Health) -> (Outbox, Inbox) {
    let (send, receive) = channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let queue = tail.map(|tail| Queue {
        lines: send,
        waiting: waiting.clone(),
        tail: Arc::new(tail),
    });
    let outbox = Outbox {
        queue,
        health: health.clone(),
    };
    let inbox = Inbox {
        lines: receive,
        waiting,
        kept: VecDeque::new(),
        first: 0,
        health: health.clone(),
    };
    (outbox, inbox)
}

impl Outbox {
    /// Puts an event in.
    ///
    /// # Errors
    ///
    /// [`NotSent`] says why it will not be sent; it is counted as dropped.
    pub fn event(&self, event: &DatadogEvent) -> Result<(), NotSent> {
        self.put(|tail| event.line(tail))
    }

    /// Puts a service check in.
    ///
    /// # Errors
    ///
    /// [`NotSent`] says why it will not be sent; it is counted as dropped.
    pub fn service_check(&self, check: &ServiceCheck) -> Result<(), NotSent> {
        self.put(|tail| check.line(tail))
    }

    fn put(&self, line: impl FnOnce(&Tail) -> Result<String, NotSent>) -> Result<(), NotSent> {
        let result = self.try_put(line);
        if result.is_err() {
            self.health.dropped(1);
        }
        result
    }

    fn try_put(&self, line: impl FnOnce(&Tail) -> Result<String, NotSent>) -> Result<(), NotSent> {
        let queue = self.queue.as_ref().ok_or(NotSent::PlainStatsd)?;
        // Before it is written: a handler that is called a million times while the agent is away
        // should cost little.
        if queue.waiting.fetch_add(1, Ordering::Relaxed) >= CAPACITY {
            queue.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(NotSent::Full);
        }
        let put =
            line(&queue.tail).and_then(|line| queue.lines.send(line).map_err(|_| NotSent::Stopped));
        if put.is_err() {
            queue.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        put
    }
}

impl Inbox {
    /// Takes in what has been put in, and yields all that is not sent, with its number.
    pub(crate) fn collect(&mut self) -> impl Iterator<Item = (u64, &str)> {
        self.kept.extend(self.lines.try_iter().map(Some));
        let kept = (self.first..).zip(&self.kept);
        kept.filter_map(|(number, line)| Some((number, line.as_deref()?)))
    }

    /// This one was sent, or given up.
    pub(crate) fn remove(&mut self, number: u64) {
        let at = number
            .checked_sub(self.first)
            .and_then(|at| usize::try_from(at).ok());
        let Some(line) = at.and_then(|at| self.kept.get_mut(at)) else {
            return;
        };
        if line.take().is_some() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        while self.kept.front().is_some_and(Option::is_none) {
            self.kept.pop_front();
            self.first += 1;
        }
    }
}

/// Whatever is left when the reporter stops is not sent any more.
impl Drop for Inbox {
    fn drop(&mut self) {
        let left = self.collect().count();
        self.waiting.fetch_sub(left, Ordering::Relaxed);
        if left > 0 {
            self.health.dropped(u64::try_from(left).unwrap_or(u64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::Aggregator;

    use super::super::CheckStatus;
    use super::*;

    fn health() -> Health {
        Aggregator::builder().start().unwrap().register_health("x")
    }

    fn check(name: &str) -> ServiceCheck {
        ServiceCheck::new(name, CheckStatus::Ok)
    }

    #[test]
    fn what_was_not_sent_stays_in_its_order() {
        let (outbox, mut inbox) = outbox(Some(Tail::default()), &health());
        for name in ["a", "b", "c"] {
            outbox.service_check(&check(name)).unwrap();
        }
        let numbers =
            |inbox: &mut Inbox| -> Vec<u64> { inbox.collect().map(|(number, _)| number).collect() };
        assert_eq!(numbers(&mut inbox), [0, 1, 2]);
        inbox.remove(1);
        inbox.remove(1);
        outbox.service_check(&check("d")).unwrap();
        assert_eq!(numbers(&mut inbox), [0, 2, 3]);
        inbox.remove(0);
        assert_eq!(numbers(&mut inbox), [2, 3]);
        assert!(inbox.collect().next().unwrap().1.starts_with("_sc|c|0|d:"));
        inbox.remove(7);
        inbox.remove(0);
        assert_eq!(numbers(&mut inbox), [2, 3]);
    }

    #[test]
    fn the_queue_has_an_end_and_what_does_not_fit_is_counted() {
        let health = health();
        let (outbox, mut inbox) = outbox(Some(Tail::default()), &health);
        for _ in 0..CAPACITY {
            outbox.service_check(&check("a")).unwrap();
        }
        assert_eq!(outbox.service_check(&check("a")), Err(NotSent::Full));
        assert_eq!(inbox.collect().count(), CAPACITY);
        let full = outbox.event(&DatadogEvent::new("t", ""));
        assert_eq!(full, Err(NotSent::Full), "taken in is not sent");
        inbox.remove(5);
        assert_eq!(outbox.service_check(&check("a")), Ok(()));
        assert_eq!(health.report().dropped, 2);

        drop(inbox);
        assert_eq!(health.report().dropped, 2 + CAPACITY as u64);
        assert_eq!(outbox.service_check(&check("a")), Err(NotSent::Stopped));
    }

    #[test]
    fn nothing_is_taken_where_nothing_can_be_sent() {
        let health = health();
        let (plain, _inbox) = outbox(None, &health);
        assert_eq!(plain.service_check(&check("a")), Err(NotSent::PlainStatsd));
        let (stopped, inbox) = outbox(Some(Tail::default()), &health);
        drop(inbox);
        for _ in 0..2 * CAPACITY {
            assert_eq!(stopped.service_check(&check("a")), Err(NotSent::Stopped));
        }
        assert_eq!(health.report().dropped, 1 + 2 * CAPACITY as u64);
    }
}
