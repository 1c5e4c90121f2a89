//! What the tests share: a log that handlers write to, quiet panics, values with destructors, and
//! processes and threads with a deadline.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::sync::{PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use telemetry::{AttachGuard, Event, HandlerInfo, attach_many, list_handlers};

#[path = "../shared/log.rs"]
mod log;

pub(crate) use log::Log;

/// How long anything may take before it counts as stuck.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

// What only these tests need of it.
impl Log {
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A handler that writes the whole event, times aside, as
    /// `name measurement=1 | metadata=a`.
    pub(crate) fn writes_event(&self) -> impl Fn(&Event<'_>) + Send + Sync + use<> + 'static {
        let log = self.clone();
        move |event| log.push(line(event))
    }
}

/// Writes all events of the span called `name`.
pub(crate) fn watch(name: &str, log: &Log) -> AttachGuard {
    let events = ["start", "stop", "exception"].map(|event| format!("{name}.{event}"));
    attach_many(name, events, log.writes_event())
        .unwrap()
        .guard()
}

/// An event in one line; `duration`, `monotonic_time` and `system_time` without their values.
pub(crate) fn line(event: &Event<'_>) -> String {
    let mut line = event.name().to_owned();
    for (key, number) in event.measurements() {
        line.push(' ');
        line.push_str(key);
        if !["duration", "monotonic_time", "system_time"].contains(&key) {
            line.push_str(&format!("={number}"));
        }
    }
    line.push_str(" |");
    for (key, value) in event.all_metadata() {
        line.push_str(&format!(" {key}={value}"));
    }
    line
}

/// Panics without the lines that the panic hook would write.
pub(crate) fn panic_quietly(payload: impl Any + Send) -> ! {
    resume_unwind(Box::new(payload))
}

/// The panic of `work`, or what it returned.
pub(crate) fn catch<R>(work: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(work))
}

/// Runs a closure when it is dropped.
pub(crate) struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> OnDrop<F> {
    pub(crate) fn new(work: F) -> Self {
        Self(work)
    }
}

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// The only row of a handler that is attached to one event.
pub(crate) fn row(id: &str) -> Option<HandlerInfo> {
    let mut rows = list_handlers("").into_iter().filter(|row| row.id == id);
    let row = rows.next();
    assert!(
        rows.next().is_none(),
        "{id} is attached to more than one event"
    );
    row
}

/// How often the handler failed, as `list_handlers` shows it.
pub(crate) fn failures(id: &str) -> u64 {
    list_handlers("")
        .iter()
        .find(|row| row.id == id)
        .map_or(0, |row| row.failures)
}

/// Runs `work` on a thread of its own, and fails if it gets stuck there.
pub(crate) fn unstuck<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        let _ = send.send(catch(work));
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

const CHILD: &str = "TELEMETRY_TEST_ALONE";

/// Runs the body of the test `test` (its full path in this binary) in a process of its own.
/// `None` in that process; in the parent, what the child wrote to standard error. A child that
/// fails or dies fails the test.
pub(crate) fn in_own_process(test: &str, body: impl FnOnce() + Send + 'static) -> Option<String> {
    if std::env::var(CHILD).is_ok_and(|name| name == test) {
        unstuck(body);
        return None;
    }
    let this = std::env::current_exe().expect("the test binary has a path");
    let child = Command::new(this)
        .args([
            "--exact",
            test,
            "--nocapture",
            "--include-ignored",
            "--test-threads=1",
        ])
        .env(CHILD, test)
        .output()
        .expect("the test binary can be started");
    let (out, err) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    assert!(child.status.success(), "{}\n{out}\n{err}", child.status);
    assert!(out.contains("1 passed"), "no test is called {test}\n{out}");
    Some(err.into_owned())
}
