//! The driver of reporters that push: a thread, an interval, flushing with a deadline, stopping.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use crate::health::Health;
use crate::isolate::isolated;

/// How long dropping a [`Push`] waits for the last flush.
pub const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// How much longer than its deadline a flush is waited for, to hear why it failed.
const GRACE: Duration = Duration::from_millis(50);

/// What a push reporter does at each interval.
///
/// ```
/// use std::time::{Duration, Instant};
/// use telemetry_metrics::push::{Flush, Push};
/// use telemetry_metrics::{Aggregator, Needs, Reader, counter};
///
/// struct Print(Reader);
///
/// impl Flush for Print {
///     fn flush(&mut self, _deadline: Instant) -> Result<(), String> {
///         let mut marks = Vec::new();
///         self.0.scan(|delta| {
///             println!("{} {:?}", delta.definition.name(), delta.data);
///             marks.push(delta.mark);
///         });
///         marks.into_iter().for_each(|mark| self.0.take(mark));
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let aggregator = Aggregator::builder().metrics([counter("push.example.count")]).start()?;
/// let reporter = Print(aggregator.reader(Needs::Totals));
/// let push = Push::start("print", Duration::from_secs(10), reporter)?;
/// telemetry::execute!("push.example");
/// push.stop(Duration::from_secs(1))?; // prints it
/// # Ok(()) }
/// ```
pub trait Flush: Send + 'static {
    /// Sends what there is, and returns by `deadline`. What could not be sent stays for the next
    /// flush; keeping the account of it is the reporter's own business.
    ///
    /// # Errors
    ///
    /// A sentence, if not all of it was sent.
    fn flush(&mut self, deadline: Instant) -> Result<(), String>;

    /// The same, when the reporter stops: what is not sent now never will be. For reporters that
    /// would otherwise keep something for the next time, or wait for an answer.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    fn last_flush(&mut self, deadline: Instant) -> Result<(), String> {
        self.flush(deadline)
    }

    /// Where to count a flush that panicked: as one failure. By default it is not counted.
    fn health(&self) -> Option<&Health> {
        None
    }
}

/// Why a requested flush did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlushError {
    /// It was not done by its deadline; it goes on in the background.
    Timeout,
    /// The reporter's thread has ended.
    Stopped,
    /// Not all was sent; what is left is part of the next flush.
    Failed(String),
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the flush was not done by its deadline"),
            Self::Stopped => f.write_str("the reporter has stopped"),
            Self::Failed(why) => write!(f, "not all was sent: {why}"),
        }
    }
}

impl std::error::Error for FlushError {}

struct Request {
    deadline: Instant,
    stop: bool,
    reply: Sender<Result<(), String>>,
}

/// A running push reporter. Dropping it flushes once more and stops the thread.
pub struct Push {
    requests: Sender<Request>,
    thread: Option<JoinHandle<()>>,
    id: ThreadId,
}

impl Push {
    /// Starts a thread of this name that flushes every `interval`, at a fixed rate: a slow flush
    /// delays the next one at most to the following tick.
    ///
    /// # Errors
    ///
    /// If the system refuses a thread, or the interval is zero.
    pub fn start(
        name: &str,
        interval: Duration,
        reporter: impl Flush,
    ) -> Result<Self, std::io::Error> {
        if interval.is_zero() {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "the flush interval is zero",
            ));
        }
        let (requests, received) = channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(interval, reporter, &received))?;
        Ok(Self {
            requests,
            id: thread.thread().id(),
            thread: Some(thread),
        })
    }

    /// Flushes now, and waits for it at most `timeout`.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.request(timeout, false)
    }

    /// Flushes once more and stops, within `timeout`. Nothing is flushed afterwards.
    ///
    /// # Errors
    ///
    /// A [`FlushError`] if not all was sent by then. The thread ends in any case as soon as its
    /// flush returns.
    pub fn stop(mut self, timeout: Duration) -> Result<(), FlushError> {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> Result<(), FlushError> {
        let Some(thread) = self.thread.take() else {
            return Err(FlushError::Stopped);
        };
        let result = self.request(timeout, true);
        // After a timeout the thread is left to itself: it ends when its flush returns.
        if result != Err(FlushError::Timeout) {
            let _ = thread.join();
        }
        result
    }

    fn request(&self, timeout: Duration, stop: bool) -> Result<(), FlushError> {
        let deadline = later(Instant::now(), timeout);
        let (reply, answer) = channel();
        if self
            .requests
            .send(Request {
                deadline,
                stop,
                reply,
            })
            .is_err()
        {
            return Err(FlushError::Stopped);
        }
        if thread::current().id() == self.id {
            // Asked from within a flush, as by a handler that drops the reporter: it is done when that
            // returns, and waiting for it here would only delay it.
            return Err(FlushError::Timeout);
        }
        // A reporter that uses all its time up says why at its very end.
        match answer.recv_timeout(timeout.saturating_add(GRACE)) {
            Ok(result) => result.map_err(FlushError::Failed),
            Err(RecvTimeoutError::Timeout) => Err(FlushError::Timeout),
            Err(RecvTimeoutError::Disconnected) => Err(FlushError::Stopped),
        }
    }
}

impl Drop for Push {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let _ = self.end(DROP_TIMEOUT);
        }
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .thread
            .as_ref()
            .and_then(|thread| thread.thread().name());
        f.debug_struct("Push")
            .field("thread", &name)
            .finish_non_exhaustive()
    }
}

fn run(interval: Duration, mut reporter: impl Flush, requests: &Receiver<Request>) {
    let mut next = later(Instant::now(), interval);
    loop {
        let wait = next.saturating_duration_since(Instant::now());
        match requests.recv_timeout(wait) {
            Ok(first) => {
                // What was asked for during a slow flush is done at once, however often it was.
                let asked: Vec<_> = std::iter::once(first).chain(requests.try_iter()).collect();
                let stop = asked.iter().any(|request| request.stop);
                let deadline = asked.iter().map(|request| request.deadline).max();
                let deadline = deadline.unwrap_or(next);
                let result = flush(&mut reporter, deadline, stop);
                for request in asked {
                    // Whoever asked may have given up waiting.
                    let _ = request.reply.send(result.clone());
                }
                if stop {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = flush(&mut reporter, later(Instant::now(), interval), false);
                next = tick_after(next, interval, Instant::now());
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The first tick after `last` that is still to come. Those that were missed, because a flush was
/// slow or the process was suspended, are not made up for.
fn tick_after(last: Instant, interval: Duration, now: Instant) -> Instant {
    let next = later(last, interval);
    if next >= now {
        return next;
    }
    let since = (now - next).as_nanos() % interval.as_nanos();
    // Less than the time since `next`, which fits.
    let since = Duration::from_nanos(u64::try_from(since).unwrap_or(0));
    later(now - since, interval)
}

/// So long after a moment; what is too long for the clock is a year.
fn later(moment: Instant, time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
    moment.checked_add(time).unwrap_or_else(|| moment + YEAR)
}

/// A reporter that panics is a reporter that failed; it is tried again at the next tick.
fn flush(reporter: &mut impl Flush, deadline: Instant, is_last: bool) -> Result<(), String> {
    let flushed = isolated(|| {
        if is_last {
            reporter.last_flush(deadline)
        } else {
            reporter.flush(deadline)
        }
    });
    flushed.unwrap_or_else(|| {
        isolated(|| {
            if let Some(health) = reporter.health() {
                health.failed(1);
            }
        });
        Err("the reporter panicked".into())
    })
}

#[cfg(test)]
mod tests;
