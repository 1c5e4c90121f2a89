//! The clock's thread: it says when, and never calls what is measured.
//!
//! At a tick it queues what is due. A worker takes from the queue, one measurement after the
//! other. The clock watches it: when a measurement takes longer than the poller's patience while
//! others wait, a new worker takes the place of the one that is stuck, which ends when its
//! measurement returns. So there is at most one thread per measurement, and the others keep their
//! rate whatever one of them does. What takes longer than its timeout is counted, and stopped if it
//! is a task.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::report::Report;
use crate::shared::{Shared, stop_task};
use crate::state::State;

/// After how long to try again when the operating system gave no thread.
const RETRY: Duration = Duration::from_secs(1);

/// What the thread does.
pub(crate) fn run(shared: &Arc<Shared>) {
    let mut retry: Option<Instant> = None;
    let mut told = false;
    let mut state = shared.lock();
    while !state.stopping {
        let now = Instant::now();
        if state.tick(now) {
            shared.work.notify_all();
        }
        let (expired, aborts) = state.expire(now);
        if expired > 0 {
            shared.done.notify_all();
            shared.work.notify_all();
        }
        if !aborts.is_empty() {
            drop(state);
            aborts.iter().for_each(stop_task);
            state = shared.lock();
            continue;
        }
        if state.needs_worker(now, shared.patience) && retry.is_none_or(|at| at <= now) {
            let worker = state.hire();
            drop(state);
            let spawned = shared.spawn_worker(worker);
            state = shared.lock();
            retry = spawned.as_ref().err().map(|_| Instant::now() + RETRY);
            if let Err(error) = spawned {
                if !told {
                    told = true;
                    state.reports.add(Some(Report::no_thread(&error)));
                }
            }
            continue;
        }
        state = match wake_at(&state, shared.patience, retry, now) {
            Some(at) => {
                let within = at.saturating_duration_since(now);
                let waited = shared.clock.wait_timeout(state, within);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => {
                let waited = shared.clock.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
        };
    }
    let (functions, aborts) = state.clear();
    drop(state);
    aborts.iter().for_each(stop_task);
    for function in functions {
        shared.discard(function);
    }
    shared.lock().clock_ended = true;
    shared.done.notify_all();
}

/// When there is something to do; `None` is not before somebody says so.
fn wake_at(
    state: &State,
    patience: Duration,
    retry: Option<Instant>,
    now: Instant,
) -> Option<Instant> {
    let mut wake = [state.ticks.next_at(), state.next_deadline()]
        .into_iter()
        .flatten()
        .min();
    let mut at = |instant: Option<Instant>| {
        wake = [wake, instant].into_iter().flatten().min();
    };
    if state.has_work() {
        let duty = state.duty.as_ref();
        let stuck_at = duty.and_then(|duty| duty.busy.unwrap_or(now).checked_add(patience));
        match stuck_at.filter(|at| *at > now) {
            Some(stuck) => {
                at(Some(stuck));
                // What waits may begin at any moment, and have less time than that.
                at(state
                    .shortest_timeout()
                    .and_then(|timeout| now.checked_add(timeout)));
            }
            // It is stuck, and for now there is no other worker to be had.
            None => {
                let retry = retry.filter(|at| *at > now);
                at(retry.or_else(|| now.checked_add(RETRY)));
            }
        }
    }
    wake
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;
    use std::sync::mpsc;
    use std::thread;

    use crate::info::MeasurementInfo;
    use crate::poller::Poller;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);
    const PERIOD: Duration = Duration::from_millis(10);

    /// Runs a poller with one measurement `runs` times. Answers in which period each run began,
    /// which does not depend on how busy the machine is, how the measurement fared, and how many
    /// ticks the poller was late for.
    fn poll(
        runs: usize,
        max_rest: u32,
        mut function: impl FnMut() -> Result<(), String> + Send + 'static,
    ) -> (Vec<u64>, MeasurementInfo, u64) {
        let (sender, periods) = mpsc::channel();
        let (own, handle) = mpsc::channel::<Arc<Shared>>();
        let shared = OnceCell::new();
        let mut left = runs;
        let poller = Poller::builder()
            .period(PERIOD)
            .init_delay(PERIOD)
            .max_rest(max_rest)
            .stop_timeout(DEADLINE)
            .try_measurement("m", move || {
                let shared = shared.get_or_init(|| handle.recv().expect("sent after the start"));
                let _ = sender.send(shared.lock().ticks.after(Instant::now()));
                left -= 1;
                if left == 0 {
                    shared.stop();
                }
                function()
            })
            .start()
            .expect("the settings are right");
        own.send(poller.shared.clone())
            .expect("it is being waited for");
        let periods = (0..runs)
            .map(|_| periods.recv_timeout(DEADLINE).expect("it keeps polling"))
            .collect();
        assert!(poller.stop());
        let info = poller.list_measurements().remove(0);
        (periods, info, poller.missed_ticks())
    }

    #[test]
    fn no_two_runs_begin_in_one_period_whatever_they_take() {
        let mut works = [0, 25, 0, 0, 35, 5, 0, 12]
            .map(Duration::from_millis)
            .into_iter()
            .cycle();
        let (periods, row, late) = poll(40, 0, move || {
            thread::sleep(works.next().unwrap_or_default());
            Ok(())
        });
        assert!(periods.is_sorted_by(|a, b| a < b), "a burst: {periods:?}");
        // The work of 25, 35 and 12 ms came five times each, and costs 2, 3 and 1 ticks.
        assert!(
            row.missed + late >= 30,
            "{row:?}, late for {late}: {periods:?}"
        );
        assert_eq!((row.runs, row.failures, row.skipped), (40, 0, 0));
    }

    #[test]
    fn a_failing_measurement_rests_longer_each_time() {
        let (periods, row, late) = poll(6, 4, || Err("no".into()));
        let gaps: Vec<u64> = periods.windows(2).map(|two| two[1] - two[0]).collect();
        for (gap, rest) in gaps.iter().zip([1, 2, 4, 4, 4]) {
            assert!(*gap > rest, "{gaps:?}");
        }
        // The ticks of the five rests were skipped, unless they were missed altogether.
        let all = row.skipped + row.missed + late;
        assert!(row.skipped <= 15 && all >= 15, "{row:?}, late for {late}");
        assert_eq!((row.runs, row.failures), (6, 6));
    }

    #[test]
    fn a_success_ends_the_rests() {
        let mut results = [Err("no".to_owned()), Err("no".to_owned()), Ok(())]
            .into_iter()
            .cycle();
        let (periods, row, _) = poll(13, 1_000, move || results.next().unwrap_or(Ok(())));
        // Were they not ended, the fourth failure in a row would rest for 8 periods, not 2.
        assert!(row.skipped <= 4 * (1 + 2), "{row:?} {periods:?}");
        assert_eq!((row.runs, row.failures), (13, 9));
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
}
