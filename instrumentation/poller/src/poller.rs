//! [`Poller`]: the handle of a running poller.

use std::sync::Arc;
use std::time::Duration;

use crate::builder::PollerBuilder;
use crate::error::{PollNowError, PollerError};
use crate::info::MeasurementInfo;
use crate::isolate::is_inside;
use crate::measurement::Measurement;
use crate::shared::{Shared, stop_task};
use crate::state::State;

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
    pub(crate) stop_timeout: Duration,
}

impl Poller {
    /// A poller yet to be configured and started.
    pub fn builder() -> PollerBuilder {
        PollerBuilder::new()
    }

    /// Adds a measurement to the running poller. Its first run is at the next tick.
    ///
    /// ```
    /// # use telemetry_poller::{Measurement, Poller, PollerError};
    /// let poller = Poller::builder().start()?;
    /// poller.add(Measurement::new("shop.carts", || telemetry::execute!("shop.carts", { open: 3 })))?;
    ///
    /// let again = poller.add(Measurement::new("shop.carts", || {}));
    /// assert!(matches!(again, Err(PollerError::DuplicateMeasurement { .. })));
    /// # Ok::<(), PollerError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`PollerError`] if there is a measurement of this name, if this one's settings make no
    /// sense, or if the poller was stopped.
    pub fn add(&self, measurement: Measurement) -> Result<(), PollerError> {
        let measurement = measurement.check()?;
        let error = {
            let mut state = self.shared.lock();
            match state.refuses(&measurement.name) {
                None => {
                    state.push(measurement);
                    return Ok(());
                }
                Some(error) => error,
            }
        };
        self.shared.discard(measurement);
        Err(error)
    }

    /// Removes a measurement; `false` if there is none of this name.
    ///
    /// It is not started again after this has returned, and its name is free. A run that goes on
    /// is not waited for: a function runs to its end, a future is dropped by its runtime. What the
    /// measurement captured is dropped here, or after that last run.
    pub fn remove(&self, name: &str) -> bool {
        let Some(entry) = self.shared.lock().remove(name) else {
            return false;
        };
        // Who waits for a poll does not have to wait for this one any more.
        self.shared.done.notify_all();
        if let Some(abort) = entry.run.and_then(|run| run.abort) {
            stop_task(&abort);
        }
        self.shared.discard(entry.function);
        true
    }

    /// Runs all measurements once, whether or not they are due or rest after a failure, and waits
    /// until they have run or have taken longer than their timeouts, at most `within`. One that
    /// hangs already is neither started nor waited for.
    ///
    /// The ticks stay where they are. Of use in tests, and before a report that should be fresh. It
    /// blocks the calling thread.
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
        if is_inside(self.shared.id) {
            return Err(PollNowError::InsideMeasurement);
        }
        let ticket = {
            let mut state = self.shared.lock();
            if state.stopping {
                return Err(PollNowError::Stopped);
            }
            state.request()
        };
        self.shared.clock.notify_all();
        self.shared.work.notify_all();
        let state = self
            .shared
            .wait(within, |state| state.stopping || state.is_served(&ticket));
        if state.is_served(&ticket) {
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
        let state = self.shared.lock();
        state.entries.iter().map(|one| one.info.clone()).collect()
    }

    /// How many ticks have passed without a poll, because the poller woke too late, or because
    /// everything that was due was still running.
    #[must_use]
    pub fn missed_ticks(&self) -> u64 {
        self.shared.lock().ticks.missed()
    }

    /// Stops the poller: nothing more is started, and asynchronous runs are dropped by their
    /// runtime. Waits until what runs has returned, all measurements have been dropped and the
    /// threads are done, at most the [`stop_timeout`](PollerBuilder::stop_timeout).
    ///
    /// `false` if that was not enough. The thread of a measurement that hangs then ends by itself
    /// when the measurement returns. Called by a measurement of this poller, it does not wait.
    ///
    /// It blocks the calling thread, in asynchronous code as well; without a measurement that takes
    /// its time that is a matter of microseconds. On the only thread of a runtime that is to drop
    /// an asynchronous run, it waits in vain.
    ///
    /// Stopping twice is harmless; the second answers whether all have ended by now.
    pub fn stop(&self) -> bool {
        self.shared.stop();
        let patience = if is_inside(self.shared.id) {
            Duration::ZERO
        } else {
            self.stop_timeout
        };
        self.shared.wait(patience, State::ended).ended()
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.stop();
    }
}
