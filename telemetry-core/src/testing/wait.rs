//! Waiting for events, with a deadline: as a future, or blocking.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::Capture;
use super::bell::Bell;
use super::report::Listed;
use super::store::Store;
use crate::OwnedEvent;

impl Capture {
    /// Waits for an event that is called `name`, or matches it. One that is there already counts,
    /// unless it was [taken](Self::take).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let orders = telemetry::testing::capture("shop.order.*");
    /// let placing = telemetry::span!("shop.order");
    /// std::thread::spawn(move || placing.finish());
    ///
    /// let stop = orders.wait_for("shop.order.stop", Duration::from_secs(5)).blocking()?;
    /// assert!(stop.metadata_is("outcome", "ok"));
    /// # Ok::<(), telemetry::testing::WaitError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`named`](Self::named).
    #[track_caller]
    pub fn wait_for(&self, name: &str, timeout: Duration) -> Wait<'static, OwnedEvent> {
        let wanted = self.pattern(name);
        let what = (format!("`{name}`"), Location::caller());
        Wait::new(&self.store, timeout, what, move |new| {
            let mut new = new.iter();
            new.find(|event| wanted.matches(event.name())).cloned()
        })
    }

    /// Waits for an event of which `wanted` says yes.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry::{Number, OwnedEvent};
    /// # let orders = telemetry::testing::capture("shop.order.*");
    /// # telemetry::execute!("shop.order.placed", { total: 120 }, { id: 7 });
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let is_large = |event: &OwnedEvent| {
    ///     event.measurement("total").and_then(Number::as_u64) > Some(100)
    /// };
    /// let order = orders.wait_where(is_large, Duration::from_secs(5)).await?;
    /// assert!(order.metadata_is("id", 7));
    /// # Ok::<(), telemetry::testing::WaitError>(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn wait_where<'p>(
        &self,
        mut wanted: impl FnMut(&OwnedEvent) -> bool + Send + 'p,
        timeout: Duration,
    ) -> Wait<'p, OwnedEvent> {
        let what = ("such an event".to_owned(), Location::caller());
        Wait::new(&self.store, timeout, what, move |new| {
            new.iter().find(|event| wanted(event)).cloned()
        })
    }

    /// Waits until there are at least `count` events that are called `name`, or match it (`"*"` is
    /// all that is captured), those that are there already included, and answers them.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # let mails = telemetry::testing::capture("shop.mail.sent");
    /// # for _ in 0..3 { telemetry::execute!("shop.mail.sent"); }
    /// let all = mails.wait_for_count("shop.mail.sent", 3, Duration::from_secs(5)).blocking()?;
    /// assert_eq!(all.len(), 3);
    /// # Ok::<(), telemetry::testing::WaitError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`named`](Self::named).
    #[track_caller]
    pub fn wait_for_count(
        &self,
        name: &str,
        count: usize,
        timeout: Duration,
    ) -> Wait<'static, Vec<OwnedEvent>> {
        let wanted = self.pattern(name);
        let what = (format!("{count} times `{name}`"), Location::caller());
        let mut all = Vec::new();
        Wait::new(&self.store, timeout, what, move |new| {
            let wanted = new.iter().filter(|event| wanted.matches(event.name()));
            all.extend(wanted.cloned());
            (all.len() >= count).then(|| std::mem::take(&mut all))
        })
    }
}

/// What is looked for, among the events that have come since the last look.
type Look<'p, T> = Box<dyn FnMut(&[OwnedEvent]) -> Option<T> + Send + 'p>;

/// Waits for what a test expects: `.await` it, or call [`blocking`](Self::blocking). Made by
/// [`Capture::wait_for`] and its likes.
///
/// It ends early, with an error, when the capture is dropped. As a future it needs no particular
/// runtime. Its deadline is one of the real clock, also where a
/// runtime's is paused.
#[must_use = "a wait does nothing unless it is awaited or `blocking` is called"]
pub struct Wait<'p, T> {
    store: Arc<Store>,
    look: Look<'p, T>,
    cursor: u64,
    timeout: Duration,
    /// `None` is never.
    deadline: Option<Instant>,
    bell: Option<Arc<Bell>>,
    wanted: String,
    at: &'static Location<'static>,
}

impl<'p, T> Wait<'p, T> {
    pub(super) fn new(
        store: &Arc<Store>,
        timeout: Duration,
        (wanted, at): (String, &'static Location<'static>),
        look: impl FnMut(&[OwnedEvent]) -> Option<T> + Send + 'p,
    ) -> Self {
        Self {
            store: store.clone(),
            look: Box::new(look),
            cursor: 0,
            timeout,
            deadline: Instant::now().checked_add(timeout),
            bell: None,
            wanted,
            at,
        }
    }

    /// Waits on this thread.
    ///
    /// For tests that are not async. On a thread that runs a runtime's tasks, these would wait as
    /// well, perhaps what should emit the event among them: use `.await` there.
    ///
    /// # Errors
    ///
    /// A [`WaitError`] when the time is up, or the capture is dropped meanwhile.
    pub fn blocking(mut self) -> Result<T, WaitError> {
        loop {
            if let Some(found) = self.look() {
                return Ok(found);
            }
            if !self.store.wait_beyond(self.cursor, self.deadline) {
                return Err(self.error());
            }
        }
    }

    fn look(&mut self) -> Option<T> {
        let (new, cursor) = self.store.since(self.cursor);
        self.cursor = cursor;
        (self.look)(&new)
    }

    fn error(&self) -> WaitError {
        let missed = self.store.missed();
        let state = self.store.lock();
        let when = if state.is_over {
            "before the capture was dropped".to_owned()
        } else {
            format!("within {:?}", self.timeout)
        };
        let message = format!(
            "{} did not come {when} (waited for at {}); {}",
            self.wanted,
            self.at,
            Listed {
                events: &state.events,
                missed,
            },
        );
        WaitError { message }
    }
}

/// Polling it again after it has ended waits anew, until the same deadline.
impl<T> Future for Wait<'_, T> {
    type Output = Result<T, WaitError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let first = this.bell.is_none();
        let bell = this.bell.get_or_insert_default();
        // The bell hangs before the look, so that no event comes between the two.
        bell.set(cx.waker());
        if first {
            this.store.hang_up(bell.clone());
        }
        let bell = bell.clone();
        // Asked before the look as well, so that it sees all that came before.
        let late = this.deadline.is_some_and(|end| Instant::now() >= end);
        let is_over = late || this.store.lock().is_over;
        if let Some(found) = this.look() {
            return Poll::Ready(Ok(found));
        }
        if is_over {
            return Poll::Ready(Err(this.error()));
        }
        match this.deadline {
            Some(deadline) if first => match bell.ring_at(deadline) {
                Ok(()) => Poll::Pending,
                Err(error) => {
                    let message = format!("nobody can watch over the deadline: {error}");
                    Poll::Ready(Err(WaitError { message }))
                }
            },
            _ => Poll::Pending,
        }
    }
}

impl<T> Drop for Wait<'_, T> {
    fn drop(&mut self) {
        if let Some(bell) = &self.bell {
            self.store.take_down(bell);
            bell.end();
        }
    }
}

impl<T> fmt::Debug for Wait<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("wanted", &self.wanted)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// What was waited for did not come in time, or cannot come any more. The message lists what was captured instead.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitError {
    message: String,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The message as it is, because `unwrap` and a test that returns an error print this.
impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WaitError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::capture;

    #[test]
    fn a_wait_that_is_dropped_leaves_neither_a_bell_nor_a_thread() {
        let captured = capture("wait.test");
        let mut wait = captured.wait_for("wait.test", Duration::from_secs(3600));
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut wait).poll(&mut context).is_pending());
        assert!(Pin::new(&mut wait).poll(&mut context).is_pending());
        let bell = wait.bell.clone().unwrap();
        // The wait, the capture, here, and one thread, however often it is polled.
        assert_eq!(Arc::strong_count(&bell), 4);
        assert_eq!(captured.store.lock().bells.len(), 1);
        drop(wait);
        assert!(captured.store.lock().bells.is_empty());
        let given_up = Instant::now() + Duration::from_secs(20);
        while Arc::strong_count(&bell) > 1 {
            assert!(Instant::now() < given_up, "its thread still waits");
            std::thread::yield_now();
        }
    }
}
