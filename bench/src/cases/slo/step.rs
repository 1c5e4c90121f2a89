//! [`Steps`]: evaluations one by one.
//!
//! They are made by a thread of the library, at an interval. Here that is the shortest there is, and a
//! handler of the last event that an evaluation emits keeps the thread until it is told to go on. So
//! whoever tells it knows when it was done, nothing is done in between, and what is seen in between is
//! always of the same moment.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use telemetry::attach;
use telemetry_metrics::Aggregator;
use telemetry_slo::{Alarm, Objective, Slo};

use crate::alloc;

/// An evaluation is due as soon as the last one was done.
const AT_ONCE: Duration = Duration::from_nanos(1);

/// Evaluates when it is told to.
pub struct Steps {
    slo: Slo,
    gate: Arc<Gate>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    allowed: u64,
    arrived: u64,
    /// Allocations of the thread and their bytes, as far as they are counted.
    allocated: (u64, u64),
}

impl Steps {
    /// The last of the alarms is the one that is waited for. There must be one.
    pub fn start(aggregator: &Aggregator, objectives: &[Objective], alarms: &[Alarm]) -> Self {
        let slo = Slo::builder(aggregator)
            .objectives(objectives.iter().cloned())
            .alarms(alarms.iter().cloned())
            .interval(AT_ONCE)
            .start()
            .expect("valid objectives and alarms");
        let gate = Arc::new(Gate::default());
        let waited = gate.clone();
        let last = alarms.last().expect("an alarm").name().to_owned();
        attach("bench-steps", "telemetry.alarm.status", move |event| {
            if event.metadata_is("alarm", &last) {
                waited.wait();
            }
        })
        .expect("a valid name and a new id");
        gate.until(1);
        Self { slo, gate }
    }

    /// So many evaluations, from the end of one to the end of another. What they allocate is the
    /// caller's.
    pub fn evaluate(&self, times: u64) {
        let mut state = self.gate.lock();
        let (until, before) = (state.arrived + times, state.allocated);
        state.allowed += times;
        drop(state);
        self.gate.changed.notify_all();
        let now = self.gate.until(until);
        alloc::on_behalf(now.0 - before.0, now.1 - before.1);
    }

    /// How many there were.
    pub fn evaluations(&self) -> u64 {
        self.slo.report().evaluations
    }
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The side of the thread that evaluates.
    fn wait(&self) {
        let mut state = self.lock();
        state.arrived += 1;
        state.allocated = alloc::of_this_thread();
        if state.allowed == 0 {
            self.changed.notify_all();
        }
        while state.allowed == 0 {
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        state.allowed -= 1;
    }

    /// The other side: waits until it has been there so often. Returns what it allocated until then.
    fn until(&self, arrived: u64) -> (u64, u64) {
        let mut state = self.lock();
        while state.arrived < arrived {
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        state.allocated
    }
}
