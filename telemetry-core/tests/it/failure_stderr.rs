//! Failures that nobody listens to, or that cannot be an event: one line on standard error.

use std::sync::atomic::{AtomicU32, Ordering};

use telemetry::{FailurePolicy, MAX_NESTING, attach, attach_with, execute};

use crate::failure::{policy, watch};
use crate::support::{Log, failures, in_own_process, panic_quietly};

#[test]
fn without_a_listener_one_line_goes_to_standard_error() {
    let test = "failure_stderr::without_a_listener_one_line_goes_to_standard_error";
    let stderr = in_own_process(test, || {
        attach("it-failure-stderr", "it.failure.stderr", |_| {
            panic_quietly("oops")
        })
        .unwrap();
        for _ in 0..4 {
            execute!("it.failure.stderr");
        }
        let event = ["it.failure.stderr.detach"];
        attach_with(
            "it-failure-stderr-2",
            event,
            policy(FailurePolicy::Detach),
            |_| panic_quietly("oops"),
        )
        .unwrap();
        execute!("it.failure.stderr.detach");
    });
    let Some(stderr) = stderr else { return };
    let lines: Vec<_> = stderr.lines().collect();
    assert_eq!(
        lines.len(),
        4,
        "at the 1st, 2nd and 4th, and one that was detached: {stderr}"
    );
    for (line, count) in lines.iter().zip(["1", "2", "4"]) {
        let says = [
            "`it-failure-stderr`",
            "`it.failure.stderr`",
            "is kept",
            "oops",
        ];
        assert!(says.iter().all(|text| line.contains(text)), "{line}");
        assert!(line.contains(&format!("failure {count}")), "{line}");
    }
    assert!(lines[3].contains("`it-failure-stderr-2`") && lines[3].contains("was detached"));
}

#[test]
fn whatever_the_reason_contains_it_is_one_line_on_standard_error() {
    let test = "failure_stderr::whatever_the_reason_contains_it_is_one_line_on_standard_error";
    let stderr = in_own_process(test, || {
        // What `assert_eq!` says has three lines, and a hostile text could forge lines of a log.
        attach("it-failure\nlines", "it.failure.lines", |_| {
            panic_quietly("left\n  right\r\nforged \u{1b}[31m");
        })
        .unwrap();
        execute!("it.failure.lines");
    });
    let Some(stderr) = stderr else { return };
    assert_eq!(
        stderr.trim_end().chars().filter(|c| c.is_control()).count(),
        0,
        "{stderr:?}"
    );
    assert!(
        stderr.contains("left") && stderr.contains("forged"),
        "{stderr}"
    );
}

#[test]
fn a_failure_too_deep_to_be_an_event_goes_to_standard_error() {
    let test = "failure_stderr::a_failure_too_deep_to_be_an_event_goes_to_standard_error";
    let stderr = in_own_process(test, || {
        let log = Log::new();
        let _watch = watch("it-failure-deep-watch", "it-failure-deep-", &log);
        let depth = AtomicU32::new(0);
        attach("it-failure-deep-1", "it.failure.deep", move |_| {
            if depth.fetch_add(1, Ordering::Relaxed) + 1 == MAX_NESTING {
                panic_quietly("at the bottom");
            }
            execute!("it.failure.deep");
        })
        .unwrap();
        execute!("it.failure.deep");
        assert_eq!(failures("it-failure-deep-1"), 1);
        assert_eq!(log.len(), 0, "it cannot be an event");
    });
    let Some(stderr) = stderr else { return };
    assert!(stderr.contains("`it-failure-deep-1`"), "{stderr}");
}
