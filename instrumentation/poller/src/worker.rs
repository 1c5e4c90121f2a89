//! The poller's thread, and the state that it shares with the handle.
//!
//! The thread sleeps until a tick, a request or a stop, and then passes over the measurements. The
//! lock is never held while one of them runs, so the handle answers even while one hangs.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::measurement::{Measurement, MeasurementInfo, rest};
use crate::ticks::Ticks;

#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) stopping: bool,
    /// Set once the measurements have been dropped, as the last thing that the thread does.
    pub(crate) ended: bool,
    /// Polls asked for are numbered. One pass serves all requests made before it began.
    pub(crate) requested: u64,
    pub(crate) served: u64,
    pub(crate) missed: u64,
    /// In the order of the measurements.
    pub(crate) rows: Vec<MeasurementInfo>,
}

impl Shared {
    pub(crate) fn new(measurements: &[Measurement]) -> Self {
        Self {
            state: Mutex::new(State {
                stopping: false,
                ended: false,
                requested: 0,
                served: 0,
                missed: 0,
                rows: measurements.iter().map(Measurement::info).collect(),
            }),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // No user code runs under the lock; a panic would have to come from an allocation.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn notify(&self) {
        self.changed.notify_all();
    }

    /// Waits, at most so long, until `done`; the caller looks at the state to see which it was.
    pub(crate) fn wait(
        &self,
        within: Duration,
        mut done: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'_, State> {
        self.changed
            .wait_timeout_while(self.lock(), within, |state| !done(state))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) ticks: Ticks,
    pub(crate) max_rest: u32,
    pub(crate) measurements: Vec<Measurement>,
}

/// Why a pass is made: for a tick, for requests, or for both.
struct Pass {
    tick: Option<u64>,
    ticket: Option<u64>,
}

impl Worker {
    /// What the thread does.
    pub(crate) fn run(mut self) {
        while let Some(pass) = self.next_pass() {
            self.pass(&pass);
        }
        for measurement in self.measurements {
            measurement.discard();
        }
        self.shared.lock().ended = true;
        self.shared.notify();
    }

    /// Sleeps until there is something to do; `None` is to stop.
    fn next_pass(&mut self) -> Option<Pass> {
        let mut state = self.shared.lock();
        loop {
            if state.stopping {
                return None;
            }
            let now = Instant::now();
            let tick = self.ticks.take(now);
            state.missed = self.ticks.missed();
            let ticket = (state.requested > state.served).then_some(state.requested);
            if tick.is_some() || ticket.is_some() {
                return Some(Pass { tick, ticket });
            }
            let changed = &self.shared.changed;
            state = match self.ticks.next_at() {
                Some(at) => {
                    let waited = changed.wait_timeout(state, at.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn pass(&mut self, pass: &Pass) {
        for index in 0..self.measurements.len() {
            // A request is somebody who wants to know: it also runs those that rest.
            let rests = pass.ticket.is_none()
                && pass
                    .tick
                    .is_some_and(|tick| tick < self.measurements[index].resting_until);
            let mut state = self.shared.lock();
            if state.stopping {
                return;
            }
            if rests {
                state.rows[index].skipped += 1;
                continue;
            }
            state.rows[index].running_since = Some(Instant::now());
            drop(state);
            let result = self.measurements[index].run();
            self.record(index, result);
        }
        self.ticks.finish(Instant::now());
        let mut state = self.shared.lock();
        state.missed = self.ticks.missed();
        if let Some(ticket) = pass.ticket {
            state.served = ticket;
            drop(state);
            self.shared.notify();
        }
    }

    fn record(&mut self, index: usize, result: Result<(), String>) {
        let mut state = self.shared.lock();
        let row = &mut state.rows[index];
        row.running_since = None;
        row.runs += 1;
        let Err(error) = result else {
            row.failures_in_a_row = 0;
            self.measurements[index].resting_until = 0;
            return;
        };
        row.failures += 1;
        row.failures_in_a_row = row.failures_in_a_row.saturating_add(1);
        row.last_error = Some(error.clone());
        let failures = row.failures;
        let periods = rest(row.failures_in_a_row, self.max_rest);
        drop(state);

        // Counted from the end of the failure: what fails by taking long rests as well.
        let next = self.ticks.after(Instant::now());
        let measurement = &mut self.measurements[index];
        measurement.resting_until = next.saturating_add(periods);
        if failures.is_power_of_two() {
            // Not `eprintln!`: it panics when standard error is closed.
            let _ = writeln!(
                std::io::stderr(),
                "telemetry-poller: measurement `{}` failed and is kept, skipped for {periods} \
                 period(s) (failure {failures}): {error}",
                measurement.name().escape_debug(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{OnceLock, mpsc};
    use std::thread;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);
    const PERIOD: Duration = Duration::from_millis(10);

    /// Runs a poller with one measurement `runs` times. Answers in which period each run began,
    /// which does not depend on how busy the machine is, how the measurement fared, and how many
    /// ticks were missed.
    fn poll(
        runs: usize,
        max_rest: u32,
        mut function: impl FnMut() -> Result<(), String> + Send + 'static,
    ) -> (Vec<u64>, MeasurementInfo, u64) {
        let start = Instant::now();
        let ticks = || Ticks::new(start, Duration::ZERO, PERIOD);
        let (sender, periods) = mpsc::channel();
        let reference = ticks();
        let own: Arc<OnceLock<Arc<Shared>>> = Arc::default();
        let stop = own.clone();
        let mut left = runs;
        let measurement = Measurement::new("m", move || {
            let _ = sender.send(reference.after(Instant::now()));
            left -= 1;
            if left == 0 {
                stop.get().expect("set before the start").lock().stopping = true;
            }
            function()
        });
        let shared = Arc::new(Shared::new(std::slice::from_ref(&measurement)));
        own.set(shared.clone()).expect("set once");
        let worker = Worker {
            shared: shared.clone(),
            ticks: ticks(),
            max_rest,
            measurements: vec![measurement],
        };
        let thread = thread::spawn(|| worker.run());
        let periods = (0..runs)
            .map(|_| periods.recv_timeout(DEADLINE).expect("it keeps polling"))
            .collect();
        thread.join().expect("the thread does not panic");
        let state = shared.lock();
        assert!(state.ended);
        (periods, state.rows[0].clone(), state.missed)
    }

    #[test]
    fn no_two_polls_fall_into_one_period_whatever_they_take() {
        let mut works = [0, 25, 0, 0, 35, 5, 0, 12]
            .map(Duration::from_millis)
            .into_iter()
            .cycle();
        let (periods, row, missed) = poll(40, 0, move || {
            let began = Instant::now();
            let work = works.next().unwrap_or_default();
            while began.elapsed() < work {
                std::hint::spin_loop();
            }
            Ok(())
        });
        assert!(periods.is_sorted_by(|a, b| a < b), "a burst: {periods:?}");
        // The work of 25, 35 and 12 ms came five times each, and costs 2, 3 and 1 ticks.
        assert!(missed >= 30, "missed {missed}, polled in {periods:?}");
        assert_eq!((row.runs, row.failures, row.skipped), (40, 0, 0));
    }

    #[test]
    fn a_failing_measurement_rests_longer_each_time() {
        let (periods, row, missed) = poll(6, 4, || Err("no".into()));
        let gaps: Vec<u64> = periods.windows(2).map(|two| two[1] - two[0]).collect();
        for (gap, rest) in gaps.iter().zip([1, 2, 4, 4, 4]) {
            assert!(*gap > rest, "{gaps:?}");
        }
        // The ticks of the five rests were skipped, unless they were missed altogether.
        assert!(
            row.skipped <= 15 && row.skipped + missed >= 15,
            "{row:?}, {missed} missed"
        );
        assert_eq!((row.runs, row.failures, row.failures_in_a_row), (6, 6, 6));
    }

    #[test]
    fn a_success_ends_the_rests() {
        let mut results = [Err("no".to_owned()), Err("no".to_owned()), Ok(())]
            .into_iter()
            .cycle();
        let (periods, row, _) = poll(13, 1_000, move || results.next().unwrap_or(Ok(())));
        // Were they not ended, the fourth failure in a row would rest for 8 periods, not 2.
        assert!(row.skipped <= 4 * (1 + 2), "{row:?} {periods:?}");
        assert_eq!((row.runs, row.failures, row.failures_in_a_row), (13, 9, 1));
    }

    #[test]
    fn what_fails_by_taking_long_rests_from_its_end() {
        let (periods, ..) = poll(2, 32, || {
            thread::sleep(PERIOD * 3);
            Err("timed out".into())
        });
        // Three periods of waiting, and one whole period of rest.
        assert!(periods[1] - periods[0] > 3 + 1, "{periods:?}");
    }

    #[test]
    fn a_request_that_falls_on_a_tick_runs_what_rests() {
        let mut resting = Measurement::new("m", || Ok::<(), String>(()));
        resting.resting_until = 10;
        let shared = Arc::new(Shared::new(std::slice::from_ref(&resting)));
        let mut worker = Worker {
            shared: shared.clone(),
            ticks: Ticks::new(Instant::now(), Duration::MAX, PERIOD),
            max_rest: 32,
            measurements: vec![resting],
        };
        worker.pass(&Pass {
            tick: Some(3),
            ticket: None,
        });
        let counts = || {
            let state = shared.lock();
            (state.rows[0].runs, state.rows[0].skipped, state.served)
        };
        assert_eq!(counts(), (0, 1, 0));
        worker.pass(&Pass {
            tick: Some(4),
            ticket: Some(1),
        });
        assert_eq!(counts(), (1, 1, 1));
    }
}
