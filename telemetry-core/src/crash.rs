//! The crash reporter: every panic becomes an event.
//!
//! A panic hook may not panic, not even for a moment: the runtime ends the process if it does, and
//! `catch_unwind` does not help. Handlers may do anything, so they are not run in the hook. A thread
//! of our own emits the event, with the context of the code that panicked; the hook waits for it
//! a moment, because the process may be about to end.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use once_cell::sync::OnceCell;

use crate::callsite::Callsite;
use crate::context::{self, Current};
use crate::failure::panic_message;
use crate::{CallsiteInfo, EventKind, ToNumber, ToValue, clock, dispatch, local};

/// The event that [`report_panics`] emits: measurement `system_time` (a `Duration` since the Unix
/// epoch); metadata `message`,
/// `location` (`src/main.rs:7:5`), `thread` (its name, if it has one), `trace_id` and `span_id` (of
/// the span that was current, if one was).
pub const PROCESS_PANIC: &str = "process.panic";

/// By hand rather than by `execute!`; see `catalogue.rs`.
pub(crate) static CALLSITE: Callsite = Callsite::new(CallsiteInfo::new(
    PROCESS_PANIC,
    EventKind::Event,
    &["system_time"],
    &["message", "location", "thread", "trace_id", "span_id"],
    (module_path!(), file!(), line!()),
));

/// How long a panic waits for its handlers.
const PATIENCE: Duration = Duration::from_millis(250);
/// How many panics may wait to be reported; beyond that they are not.
const WAITING: usize = 256;
/// A message is cut here, in bytes.
const LONGEST_MESSAGE: usize = 8 * 1024;

struct Report {
    message: String,
    location: String,
    thread: Option<String>,
    current: Current,
    /// Dropped when the handlers have run.
    done: SyncSender<()>,
}

struct Reporter {
    thread: ThreadId,
    reports: SyncSender<Report>,
}

static REPORTER: OnceCell<Reporter> = OnceCell::new();

/// From now on every panic in the process emits [`PROCESS_PANIC`], caught or not, handlers' own
/// included.
///
/// The handlers run on a thread of their own, in the context of the code that panicked. That code
/// waits for them for up to 250 ms, so that they have run when the process ends with the panic
/// (`panic = "abort"`, or a panic in `main`); a panic that nobody observes waits for nothing. The
/// hook that was there before runs as well, afterwards. Calling this again does nothing.
///
/// ```
/// telemetry::report_panics()?;
/// telemetry::attach("crashes", telemetry::PROCESS_PANIC, |event| {
///     eprintln!(
///         "panic at {}: {} (trace {})",
///         event.metadata("location").unwrap_or_default(),
///         event.metadata("message").unwrap_or_default(),
///         event.metadata("trace_id").unwrap_or_default(),
///     );
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A panic in a handler of this event is not reported again. A context that only the
/// [source hook](crate::set_context_source) knows is not asked for: it might panic.
///
/// # Errors
///
/// If the thread cannot be started; nothing is changed then.
///
/// # Panics
///
/// If it is called while the thread panics.
pub fn report_panics() -> io::Result<()> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if REPORTER.get().is_some() {
        return Ok(());
    }
    let (reports, receiver) = mpsc::sync_channel(WAITING);
    let thread = thread::Builder::new()
        .name("telemetry-panics".into())
        .spawn(move || emit_all(&receiver))?;
    let reporter = Reporter {
        thread: thread.thread().id(),
        reports,
    };
    if REPORTER.set(reporter).is_ok() {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            report(info);
            previous(info);
        }));
    }
    Ok(())
}

/// Runs in the hook: nothing here may panic.
fn report(info: &PanicHookInfo<'_>) {
    let Some(reporter) = REPORTER.get() else {
        return;
    };
    if !CALLSITE.is_observed() || thread::current().id() == reporter.thread {
        return;
    }
    let (done, wait) = mpsc::sync_channel(0);
    let report = Report {
        message: cut(panic_message(info.payload())),
        location: info.location().map(ToString::to_string).unwrap_or_default(),
        thread: thread::current().name().map(ToOwned::to_owned),
        current: context::own(),
        done,
    };
    if reporter.reports.try_send(report).is_ok() {
        // Ends early when the report is dropped, which is when it has been emitted.
        let _ = wait.recv_timeout(PATIENCE);
    } else {
        let _ = writeln!(
            io::stderr(),
            "telemetry: a panic is not reported, because {WAITING} others are waiting"
        );
    }
}

fn cut(message: &str) -> String {
    let mut end = message.len().min(LONGEST_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message[..end].to_owned()
}

fn emit_all(reports: &Receiver<Report>) {
    for report in reports {
        let _within = context::enter(report.current);
        let span = report.current.span;
        dispatch::callsite(
            &CALLSITE,
            &[clock::system_time().to_number()],
            &[
                report.message.to_value(),
                report.location.to_value(),
                report.thread.to_value(),
                span.map(|span| span.trace_id().to_string()).to_value(),
                span.map(|span| span.span_id().to_string()).to_value(),
            ],
        );
        drop(report.done);
        // The next panic may never come, and what is attached now be detached long before.
        local::clear();
    }
}
