//! What the tests share: one at a time, a log that handlers write to, threads with a deadline.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::list_handlers;

#[path = "../shared/log.rs"]
mod log;

pub(crate) use log::Log;

/// How long anything may take before it counts as stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// One test at a time. Nothing is attached when it begins.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(list_handlers(""), []);
    alone
}

/// How often the handler failed, as `list_handlers` shows it.
pub(crate) fn failures(id: &str) -> u64 {
    let rows = list_handlers("");
    let row = rows.iter().find(|row| row.id == id);
    row.map_or(0, |row| row.failures)
}

/// Panics without the lines that the panic hook would write.
pub(crate) fn panic_quietly(payload: impl Any + Send) -> ! {
    resume_unwind(Box::new(payload))
}

/// Waits for a condition.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::yield_now();
    }
}

/// Runs `work` on a thread of its own, and fails if it gets stuck there.
pub(crate) fn unstuck<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        let _ = send.send(catch_unwind(AssertUnwindSafe(work)));
    });
    match receive.recv_timeout(DEADLINE) {
        Ok(Ok(result)) => {
            thread.join().expect("it has sent its result");
            result
        }
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => panic!("stuck"),
    }
}
