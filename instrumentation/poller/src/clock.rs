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
                    state.reports.push_back(Report::no_thread(&error));
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
    if !state.queue.is_empty() || !state.reports.is_empty() {
        // When the worker on duty has been stuck for too long; if that is so already, there is no
        // further one to be had, for now.
        let since = state
            .duty
            .as_ref()
            .map_or(now, |one| one.busy.unwrap_or(now));
        let stuck = since.checked_add(patience).filter(|at| *at > now);
        at(stuck
            .or(retry.filter(|at| *at > now))
            .or(now.checked_add(RETRY)));
        // What waits may begin at any moment, and have less time than that.
        at(state
            .shortest_timeout()
            .and_then(|timeout| now.checked_add(timeout)));
    }
    wake
}
