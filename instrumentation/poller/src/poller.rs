//! [`Poller`]: the handle of a running poller.

use std::sync::Arc;
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::builder::PollerBuilder;
use crate::error::PollNowError;
use crate::measurement::MeasurementInfo;
use crate::worker::Shared;

/// A running poller; see the [crate's documentation](crate). Dropping it stops it.
///
/// ```
/// use std::time::Duration;
/// use telemetry_poller::Poller;
///
/// let poller = Poller::builder().vm().period(Duration::from_secs(10)).start()?;
/// // .. the program runs ..
/// assert!(poller.stop());
/// # Ok::<(), telemetry_poller::PollerError>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the poller stops it"]
pub struct Poller {
    pub(crate) shared: Arc<Shared>,
    pub(crate) thread: ThreadId,
    pub(crate) stop_timeout: Duration,
}

impl Poller {
    /// A poller yet to be configured and started.
    pub fn builder() -> PollerBuilder {
        PollerBuilder::new()
    }

    /// Runs all measurements once, those that rest after a failure included, and waits until they
    /// have run, at most `within`.
    ///
    /// It happens on the poller's thread and leaves the ticks where they are. Of use in tests, and
    /// before a report that should be fresh.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry_poller::Poller;
    /// let poller = Poller::builder()
    ///     .init_delay(Duration::MAX)
    ///     .measurement("shop.queue", || telemetry::execute!("shop.queue", { length: 3 }))
    ///     .start()?;
    /// poller.poll_now(Duration::from_secs(10))?;
    /// assert_eq!(poller.list_measurements()[0].runs, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`PollNowError`] if the time runs out, the poller is stopped, or a measurement of this
    /// poller asks. A measurement that fails is no error here.
    pub fn poll_now(&self, within: Duration) -> Result<(), PollNowError> {
        if self.is_own_thread() {
            return Err(PollNowError::InsideMeasurement);
        }
        let ticket = {
            let mut state = self.shared.lock();
            state.requested += 1;
            state.requested
        };
        self.shared.notify();
        let state = self
            .shared
            .wait(within, |state| state.served >= ticket || state.stopping);
        if state.served >= ticket {
            Ok(())
        } else if state.stopping {
            Err(PollNowError::Stopped)
        } else {
            Err(PollNowError::TimedOut)
        }
    }

    /// How each measurement fares, in the order in which they were added. It answers at once, also
    /// while one of them hangs.
    #[must_use]
    pub fn list_measurements(&self) -> Vec<MeasurementInfo> {
        self.shared.lock().rows.clone()
    }

    /// How many ticks have passed without a poll, because the one before took too long or the
    /// thread woke too late.
    #[must_use]
    pub fn missed_ticks(&self) -> u64 {
        self.shared.lock().missed
    }

    /// Stops the poller: a measurement that runs is the last one. Waits until it has returned and
    /// all measurements have been dropped, at most the
    /// [`stop_timeout`](PollerBuilder::stop_timeout).
    ///
    /// `false` if that was not enough. The thread then ends by itself when the measurement that
    /// hangs returns, and runs no other. Called by a measurement of this poller, it does not wait.
    ///
    /// It blocks the calling thread, in asynchronous code as well; without a measurement that takes
    /// its time that is a matter of microseconds.
    ///
    /// Stopping twice is harmless; the second answers whether the thread has ended by now.
    pub fn stop(&self) -> bool {
        self.shared.lock().stopping = true;
        self.shared.notify();
        let patience = if self.is_own_thread() {
            Duration::ZERO
        } else {
            self.stop_timeout
        };
        self.shared.wait(patience, |state| state.ended).ended
    }

    fn is_own_thread(&self) -> bool {
        thread::current().id() == self.thread
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.stop();
    }
}
