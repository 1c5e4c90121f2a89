//! How a scenario is run: all its interleavings, up to a number of preemptions.

use std::any::Any;
use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use std::{env, thread};

use loom::model::Builder;

/// How often a scenario switches from a thread that could go on; it switches as often as it likes
/// from one that waits or has ended. `LOOM_MAX_PREEMPTIONS` asks for another number.
const PREEMPTIONS: usize = 2;

/// The same for scenarios of two threads, where that takes seconds.
const PREEMPTIONS_IF_DEEP: usize = 3;

/// For a thread that waits for another by looking again and again.
const MAX_BRANCHES: usize = 10_000;

/// The two flaws that are not in a text that is copied, see `flawed.rs`.
pub(crate) const NO_LIGHT_FENCE: &str = "NO_LIGHT_FENCE";
pub(crate) const NO_HEAVY_FENCE: &str = "NO_HEAVY_FENCE";

thread_local! {
    /// Of this test; loom runs all threads of an execution on the thread of the test.
    static FLAW: Cell<Option<&'static str>> = const { Cell::new(None) };
    static CAUGHT: Cell<Option<Box<dyn Any + Send>>> = const { Cell::new(None) };
}

/// Whether the flaw of this name is switched on.
pub(crate) fn flawed(name: &str) -> bool {
    FLAW.get() == Some(name)
}

/// Runs what a destructor does, as `Handler` does it in the program: a panic stays inside. It fails
/// the test when the execution is over.
pub(crate) fn quietly(action: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(action)) {
        CAUGHT.set(Some(payload));
    }
}

fn assert_nothing_caught() {
    if let Some(payload) = CAUGHT.take() {
        resume_unwind(payload);
    }
}

/// Panics if any execution of `scenario` panics or is stuck.
pub(crate) fn check(scenario: fn()) {
    run(None, PREEMPTIONS, scenario);
}

pub(crate) fn check_deep(scenario: fn()) {
    run(None, PREEMPTIONS_IF_DEEP, scenario);
}

/// As [`check`], with a flaw switched on; it is over when the flaw has shown.
pub(crate) fn check_flawed(flaw: &'static str, scenario: fn()) {
    run(Some(flaw), PREEMPTIONS, scenario);
}

pub(crate) fn check_flawed_deep(flaw: &'static str, scenario: fn()) {
    run(Some(flaw), PREEMPTIONS_IF_DEEP, scenario);
}

fn run(flaw: Option<&'static str>, preemptions: usize, scenario: fn()) {
    FLAW.set(flaw);
    let mut builder = Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.max_branches = MAX_BRANCHES;
    let began = Instant::now();
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = executions.clone();
    builder.check(move || {
        assert_nothing_caught();
        counted.fetch_add(1, Ordering::Relaxed);
        scenario();
    });
    assert_nothing_caught();
    // Threads whose order makes no difference to loom have nothing that could be checked.
    let executions = executions.load(Ordering::Relaxed);
    assert!(executions > 1, "there is only one interleaving");
    if env::var_os("MODEL_COUNTS").is_some() {
        let thread = thread::current();
        let test = thread.name().unwrap_or_default();
        let milliseconds = began.elapsed().as_millis();
        // Not by `println!`, which the test harness would keep to itself.
        let _ = writeln!(io::stdout(), "{test}: {executions} in {milliseconds} ms");
    }
}
