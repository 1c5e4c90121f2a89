//! The threads that call what is measured. One is on duty: it takes from the queue.
//!
//! When another was put in its place while it was in a measurement, it ends with that measurement.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::isolate::{guarded, one_line};
use crate::measurement::{Ending, Function};
use crate::shared::Shared;
use crate::state::Job;

/// The thread that takes from the queue.
#[derive(Debug)]
pub(crate) struct Duty {
    pub(crate) worker: u64,
    /// Since when it runs a measurement; `None` while it waits for one.
    pub(crate) busy: Option<Instant>,
}

/// What the thread does.
pub(crate) fn run(shared: &Arc<Shared>, me: u64) {
    let mut state = shared.lock();
    loop {
        if state.duty.as_ref().is_some_and(|duty| duty.worker != me) {
            break;
        }
        let now = Instant::now();
        let duty = |busy| Some(Duty { worker: me, busy });
        if let Some(report) = state.reports.take() {
            state.duty = duty(Some(now));
            drop(state);
            report.write();
            state = shared.lock();
            state.reports.written();
            // If another is on duty by now, the next line is for that one.
            shared.work.notify_all();
        } else if state.stopping {
            break;
        } else if let Some(job) = state.begin(now) {
            state.duty = duty(Some(now));
            drop(state);
            execute(shared, job);
            state = shared.lock();
        } else {
            state.duty = duty(None);
            let waited = shared.work.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
    state.leave(me);
    drop(state);
    shared.clock.notify_all();
    shared.done.notify_all();
}

/// Calls the function; whatever it does, if it returns, this returns.
fn execute(shared: &Arc<Shared>, job: Job) {
    let Job {
        id,
        sequence,
        function,
    } = job;
    match function {
        Function::Thread(mut call) => {
            let ending = tidy(guarded(shared.id, &mut call));
            shared.finish(id, sequence, Function::Thread(call), ending);
        }
        #[cfg(feature = "tokio")]
        Function::Runtime(handle, make) => {
            crate::task::spawn(shared, id, sequence, handle, make);
        }
        // Was refused when it was to be added.
        other => shared.finish(id, sequence, other, Ending::Gone),
    }
}

/// A panic is a failure, and what a failure says is one line.
pub(crate) fn tidy(result: Result<Ending, String>) -> Ending {
    match result {
        Ok(Ending::Failed(error)) => Ending::Failed(one_line(&error)),
        Ok(ending) => ending,
        Err(panic) => Ending::Failed(panic),
    }
}
