//! The crash reporter. A binary of its own: the panic hook belongs to the whole process.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{AttachGuard, OwnedEvent, PROCESS_PANIC, attach, report_panics};

const DEADLINE: Duration = Duration::from_secs(20);

static HOOK_BEFORE: AtomicUsize = AtomicUsize::new(0);

/// All panics go through one thread, so one test at a time.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static SERIAL: Mutex<()> = Mutex::new(());
    SERIAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the reporter once, above a hook that counts instead of printing.
fn install() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|_| {
            HOOK_BEFORE.fetch_add(1, Ordering::SeqCst);
        }));
        report_panics().unwrap();
    });
    report_panics().expect("again is nothing");
}

/// Panics reach every test's handler, so each looks for its own message.
fn reports(id: &'static str, message: &'static str) -> (AttachGuard, Receiver<OwnedEvent>) {
    install();
    let (sender, receiver) = mpsc::channel();
    let attached = attach(id, PROCESS_PANIC, move |event| {
        if event.metadata_is("message", message) {
            let _ = sender.send(event.to_owned());
        }
    });
    (attached.unwrap().guard(), receiver)
}

fn panics(message: &'static str) {
    let result = panic::catch_unwind(|| panic::panic_any(message));
    assert!(result.is_err());
}

#[test]
fn a_panic_says_what_where_and_on_which_thread() {
    let _serial = one_at_a_time();
    let (_guard, events) = reports("crash-what", "the roof is on fire");
    thread::Builder::new()
        .name("firefighter".into())
        .spawn(|| panics("the roof is on fire"))
        .unwrap()
        .join()
        .unwrap();
    let event = events.recv_timeout(DEADLINE).unwrap();
    assert_eq!(event.name(), "process.panic");
    assert!(event.metadata_is("thread", "firefighter"));
    let location = event.metadata("location").unwrap().to_string();
    assert!(location.contains("crash.rs:"), "{location}");
    assert!(event.metadata_is("trace_id", None::<&str>));
    assert!(event.measurement("system_time").is_some());
}

#[test]
fn a_panic_says_in_which_trace() {
    let _serial = one_at_a_time();
    let (_guard, events) = reports("crash-trace", "traced");
    let _observed = attach("crash-trace-span", "crash.trace.stop", |_| {})
        .unwrap()
        .guard();
    let span = telemetry::span!("crash.trace");
    let context = span.context().unwrap();
    let result = panic::catch_unwind(AssertUnwindSafe(|| {
        span.in_scope(|| panic::panic_any("traced"));
    }));
    assert!(result.is_err());
    let event = events.recv_timeout(DEADLINE).unwrap();
    assert!(event.metadata_is("trace_id", context.trace_id().to_string()));
    assert!(event.metadata_is("span_id", context.span_id().to_string()));
    assert_eq!(event.context(), Some(context));
}

#[test]
fn the_event_is_out_when_the_panic_goes_on() {
    let _serial = one_at_a_time();
    let (_guard, events) = reports("crash-before", "wait for me");
    let is_out_at_once = || {
        panics("wait for me");
        events.try_recv().is_ok()
    };
    // A panic waits for a quarter of a second, which a busy machine may use up now and then.
    assert!((0..5).any(|_| is_out_at_once()), "no waiting is needed");
}

#[test]
fn the_hook_that_was_there_before_still_runs() {
    let _serial = one_at_a_time();
    install();
    let before = HOOK_BEFORE.load(Ordering::SeqCst);
    panics("ordinary");
    assert!(HOOK_BEFORE.load(Ordering::SeqCst) > before);
}

#[test]
fn a_panic_in_a_handler_of_panics_neither_ends_the_process_nor_reports_itself() {
    let _serial = one_at_a_time();
    let (_guard, events) = reports("crash-loop", "first");
    let (_inner, inner_events) = reports("crash-loop-inner", "in the reporter");
    let _fails = attach("crash-loop-fails", PROCESS_PANIC, |event| {
        if event.metadata_is("message", "first") {
            panic::panic_any("in the reporter");
        }
    });
    panics("first");
    assert!(events.recv_timeout(DEADLINE).is_ok());
    // The reporter is alive.
    panics("first");
    assert!(events.recv_timeout(DEADLINE).is_ok());
    assert!(inner_events.try_recv().is_err());
    telemetry::detach("crash-loop-fails");
}

#[test]
fn a_handler_that_hangs_holds_a_panic_only_for_a_moment() {
    let _serial = one_at_a_time();
    let (release, held) = mpsc::sync_channel::<()>(0);
    let held = Mutex::new(held);
    install();
    let guard = attach("crash-hangs", PROCESS_PANIC, move |event| {
        if event.metadata_is("message", "held") {
            let _ = held.lock().unwrap().recv();
        }
    })
    .unwrap()
    .guard();
    let started = Instant::now();
    panics("held");
    assert!(
        started.elapsed() < DEADLINE,
        "it did not wait for the handler"
    );
    drop(guard);
    drop(release);
}

#[test]
fn a_long_message_is_cut_between_characters() {
    let _serial = one_at_a_time();
    install();
    let (sender, events) = mpsc::channel();
    let _guard = attach("crash-long", PROCESS_PANIC, move |event| {
        let text = event.metadata("message").unwrap().to_string();
        if text.starts_with("xü") {
            let _ = sender.send(text);
        }
    })
    .unwrap()
    .guard();
    let message = format!("x{}", "ü".repeat(100_000));
    let result = panic::catch_unwind(|| panic::panic_any(message));
    assert!(result.is_err());
    let text = events.recv_timeout(DEADLINE).unwrap();
    assert_eq!(text.len(), 8 * 1024 - 1);
}

#[test]
fn what_a_detached_handler_owned_is_let_go_although_no_panic_comes() {
    let _serial = one_at_a_time();
    install();
    let (sender, receiver) = mpsc::channel();
    let attached = telemetry::attach_spans("crash-lets-go", move |event| {
        let _ = sender.send(event.to_owned());
    });
    let (_guard, events) = reports("crash-lets-go-report", "one");
    panics("one");
    assert!(events.recv_timeout(DEADLINE).is_ok());
    attached.unwrap().detach();
    let gone = receiver.recv_timeout(DEADLINE);
    assert!(matches!(gone, Err(mpsc::RecvTimeoutError::Disconnected)));
}
