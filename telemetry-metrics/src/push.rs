//! The driver of reporters that push: a thread, an interval, flushing with a deadline, stopping.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long dropping a [`Push`] waits for the last flush.
pub const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// What a push reporter does at each interval.
pub trait Flush: Send + 'static {
    /// Sends what there is, and returns by `deadline`. What could not be sent stays for the next
    /// flush; keeping the account of it is the reporter's own business.
    ///
    /// # Errors
    ///
    /// A sentence, if not all of it was sent.
    fn flush(&mut self, deadline: Instant) -> Result<(), String>;
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
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(interval, reporter, &received))?;
        Ok(Self {
            requests,
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
        let deadline = later(timeout);
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
        match answer.recv_timeout(timeout) {
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
    let mut next = later(interval);
    loop {
        let wait = next.saturating_duration_since(Instant::now());
        match requests.recv_timeout(wait) {
            Ok(Request {
                deadline,
                stop,
                reply,
            }) => {
                // Whoever asked may have given up waiting.
                let _ = reply.send(flush(&mut reporter, deadline));
                if stop {
                    return;
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = Instant::now();
                let _ = flush(&mut reporter, now + interval);
                next += interval;
                // Ticks that a slow flush has missed are not made up for.
                let now = Instant::now();
                if next < now {
                    let missed = (now - next).as_nanos() / interval.as_nanos() + 1;
                    next += interval * u32::try_from(missed).unwrap_or(u32::MAX);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// So long from now; what is too long for the clock is a year.
fn later(time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3_600);
    let now = Instant::now();
    now.checked_add(time).unwrap_or_else(|| now + YEAR)
}

/// A reporter that panics is a reporter that failed; it is tried again at the next tick.
fn flush(reporter: &mut impl Flush, deadline: Instant) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| reporter.flush(deadline)))
        .unwrap_or_else(|_| Err("the reporter panicked".into()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_secs(10);

    struct Counting<F>(Arc<AtomicU32>, F);

    impl<F: FnMut(u32) -> Result<(), String> + Send + 'static> Flush for Counting<F> {
        fn flush(&mut self, _: Instant) -> Result<(), String> {
            (self.1)(self.0.fetch_add(1, Ordering::SeqCst) + 1)
        }
    }

    fn start<F>(interval: Duration, then: F) -> (Push, Arc<AtomicU32>)
    where
        F: FnMut(u32) -> Result<(), String> + Send + 'static,
    {
        let flushes = Arc::new(AtomicU32::new(0));
        (
            Push::start("push-test", interval, Counting(flushes.clone(), then)).unwrap(),
            flushes,
        )
    }

    #[test]
    fn flushes_at_its_interval() {
        let (tick, ticked) = channel();
        let (push, _) = start(Duration::from_millis(5), move |n| {
            tick.send(n).map_err(|error| error.to_string())
        });
        for n in 1..=3 {
            assert_eq!(ticked.recv_timeout(SOON), Ok(n));
        }
        drop(push);
    }

    #[test]
    fn flushes_on_request_and_once_more_when_it_stops() {
        let (push, flushes) = start(LONG, |_| Ok(()));
        assert_eq!(push.flush(SOON), Ok(()));
        assert_eq!(flushes.load(Ordering::SeqCst), 1);
        assert_eq!(push.stop(SOON), Ok(()));
        assert_eq!(flushes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn dropping_flushes_and_ends_the_thread() {
        let (push, flushes) = start(LONG, |_| Ok(()));
        drop(push);
        assert_eq!(flushes.load(Ordering::SeqCst), 1);
        assert_eq!(
            Arc::strong_count(&flushes),
            1,
            "the thread has dropped its reporter"
        );
    }

    #[test]
    fn a_failure_is_told_and_a_panic_is_survived() {
        let (push, _) = start(LONG, |n| match n {
            1 => Err("no peer".into()),
            2 => panic!("on purpose"),
            _ => Ok(()),
        });
        assert_eq!(push.flush(SOON), Err(FlushError::Failed("no peer".into())));
        assert!(matches!(push.flush(SOON), Err(FlushError::Failed(_))));
        assert_eq!(push.flush(SOON), Ok(()));
    }

    #[test]
    fn a_request_has_a_deadline() {
        let (release, wait) = channel::<()>();
        let (push, flushes) = start(LONG, move |_| {
            let _ = wait.recv();
            Ok(())
        });
        assert_eq!(
            push.flush(Duration::from_millis(10)),
            Err(FlushError::Timeout)
        );
        assert_eq!(
            push.stop(Duration::from_millis(10)),
            Err(FlushError::Timeout)
        );
        drop(release);
        let deadline = Instant::now() + SOON;
        while Arc::strong_count(&flushes) > 1 {
            assert!(
                Instant::now() < deadline,
                "the thread ends once its flush returns"
            );
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_longest_durations_are_as_good_as_for_ever() {
        let (push, flushes) = start(Duration::MAX, |_| Ok(()));
        assert_eq!(push.flush(Duration::MAX), Ok(()));
        assert_eq!(push.stop(Duration::MAX), Ok(()));
        assert_eq!(flushes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn an_interval_of_zero_is_an_error() {
        let nothing = Counting(Arc::default(), |_: u32| Ok(()));
        assert!(Push::start("push-test", Duration::ZERO, nothing).is_err());
    }
}
