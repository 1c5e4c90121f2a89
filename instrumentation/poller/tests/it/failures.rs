//! Measurements that fail are kept, counted and backed off, and do not disturb the others.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use telemetry::{FailurePolicy, attach};
use telemetry_poller::{MeasurementInfo, Poller};

use crate::support::{DEADLINE, on_request, row, wait_until};

#[test]
fn a_panic_does_not_keep_the_others_from_running() {
    let poller = on_request()
        .measurement("before", || {})
        .measurement("panics", || panic!("no stock"))
        .measurement("after", || {})
        .start()
        .unwrap();
    for _ in 0..3 {
        poller.poll_now(DEADLINE).unwrap();
    }
    for (name, failures, error) in [
        ("before", 0, None),
        ("panics", 3, Some("no stock")),
        ("after", 0, None),
    ] {
        let row = row(&poller, name);
        assert_eq!((row.runs, row.failures), (3, failures), "{row:?}");
        assert_eq!(row.last_error.as_deref(), error);
    }
}

#[test]
fn a_failing_measurement_is_kept_and_recovers() {
    let mut runs = 0;
    let poller = on_request()
        .try_measurement("m", move || {
            runs += 1;
            if runs <= 3 {
                Err(format!("attempt {runs}"))
            } else {
                Ok(())
            }
        })
        .start()
        .unwrap();
    for in_a_row in [1, 2, 3, 0, 0] {
        poller.poll_now(DEADLINE).unwrap();
        assert_eq!(row(&poller, "m").failures_in_a_row, in_a_row);
    }
    let row = row(&poller, "m");
    assert_eq!((row.runs, row.failures), (5, 3));
    assert_eq!(
        row.last_error.as_deref(),
        Some("attempt 3"),
        "it stays, to be looked at"
    );
}

#[test]
fn while_a_failing_measurement_rests_the_others_run() {
    let poller = Poller::builder()
        .period(Duration::from_millis(2))
        .measurement("runs", || {})
        .try_measurement("fails", || Err("no"))
        .start()
        .unwrap();
    wait_until("it has failed five times", || {
        row(&poller, "fails").runs >= 5
    });
    assert!(poller.stop());
    let (runs, fails) = (row(&poller, "runs"), row(&poller, "fails"));
    assert_eq!((runs.failures, runs.skipped), (0, 0));
    // Each tick ran, skipped or missed each of the two, but for the one that the stop cut short.
    let ticks = |row: &MeasurementInfo| row.runs + row.skipped + row.missed;
    assert!(
        ticks(&runs).abs_diff(ticks(&fails)) <= 1,
        "{runs:?} {fails:?}"
    );
    // Rests of 1, 2, 4 and 8 ticks lie between five failures.
    assert!(
        fails.skipped + fails.missed + poller.missed_ticks() >= 15,
        "{fails:?}"
    );
}

#[test]
fn with_a_maximum_of_zero_it_runs_at_every_tick() {
    let poller = Poller::builder()
        .period(Duration::from_millis(2))
        .max_rest(0)
        .try_measurement("fails", || Err("no"))
        .start()
        .unwrap();
    wait_until("it has failed often", || {
        row(&poller, "fails").failures >= 20
    });
    assert_eq!(row(&poller, "fails").skipped, 0);
}

#[test]
fn a_request_runs_what_rests() {
    let poller = Poller::builder()
        .period(Duration::from_secs(3600))
        .try_measurement("fails", || Err("no"))
        .start()
        .unwrap();
    wait_until("it rests", || row(&poller, "fails").failures == 1);
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(row(&poller, "fails").failures, 2);
}

#[test]
fn a_request_that_succeeds_ends_the_rest() {
    let works = Arc::new(AtomicBool::new(false));
    let asked = works.clone();
    let poller = Poller::builder()
        .period(Duration::from_millis(20))
        .max_rest(1_000_000)
        .try_measurement("m", move || {
            if asked.load(SeqCst) {
                Ok(())
            } else {
                Err("no")
            }
        })
        .start()
        .unwrap();
    for _ in 0..20 {
        poller.poll_now(DEADLINE).unwrap();
    }
    // By now it rests for hours.
    works.store(true, SeqCst);
    poller.poll_now(DEADLINE).unwrap();
    let recovered = row(&poller, "m");
    wait_until("ticks run it again", || {
        row(&poller, "m").runs >= recovered.runs + 3
    });
    assert_eq!(row(&poller, "m").skipped, recovered.skipped);
}

#[test]
fn a_handler_that_panics_is_no_failure_of_the_measurement() {
    let options = telemetry::AttachOptions::new().on_failure(FailurePolicy::Keep);
    let handler = |_: &telemetry::Event<'_>| panic!("handler");
    let _guard = telemetry::attach_with(
        "poller-bad-handler",
        ["poller.badly.handled"],
        options,
        handler,
    )
    .unwrap()
    .guard();
    let poller = on_request()
        .measurement(
            "m",
            || telemetry::execute!("poller.badly.handled", { n: 1 }),
        )
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(
        telemetry::list_handlers("poller.badly.handled")[0].failures,
        1
    );
    assert_eq!(row(&poller, "m").failures, 0);
}

#[test]
fn a_measurement_may_attach_and_emit() {
    let poller = on_request()
        .measurement("m", || {
            let _guard = attach("poller-inner", "poller.inner", |_| {})
                .unwrap()
                .guard();
            telemetry::execute!("poller.inner", { n: 1 });
        })
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(row(&poller, "m").failures, 0);
}

/// Not a test by itself: what `failures_are_reported_at_powers_of_two` looks at from outside.
#[test]
#[ignore = "run by failures_are_reported_at_powers_of_two, which reads its standard error"]
fn nine_failures() {
    let poller = on_request()
        .try_measurement("m\n", || Err("two\nlines"))
        .start()
        .unwrap();
    for _ in 0..9 {
        poller.poll_now(DEADLINE).unwrap();
    }
    assert_eq!(row(&poller, "m\n").failures, 9);
}

#[test]
fn failures_are_reported_at_powers_of_two() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "failures::nine_failures"])
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    let text = String::from_utf8(child.stderr).unwrap();
    let line = |failure: u32, periods: u32| {
        format!(
            "telemetry-poller: measurement `m\\n` failed and is kept, skipped for {periods} \
             period(s) (failure {failure}): two lines"
        )
    };
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines, [line(1, 1), line(2, 2), line(4, 8), line(8, 32)]);
}

/// Set where standard error is a pipe that nobody reads.
const UNREAD: &str = "TELEMETRY_POLLER_TEST_UNREAD";

/// Not a test by itself: what `a_standard_error_that_nobody_reads_costs_one_thread` looks at from
/// outside.
#[test]
#[ignore = "run by a_standard_error_that_nobody_reads_costs_one_thread, which does not read it"]
fn more_failures_than_a_pipe_holds() {
    if std::env::var_os(UNREAD).is_none() {
        return;
    }
    let mut builder = Poller::builder()
        .period(Duration::from_millis(2))
        .max_rest(0)
        .stop_timeout(Duration::from_millis(20))
        .measurement("good", || {});
    for n in 0..50 {
        // Each of them has more to say than a pipe can hold.
        let name = format!("{n}{}", "x".repeat(100_000));
        builder = builder.try_measurement(name, || Err("no"));
    }
    let poller = builder.start().unwrap();
    wait_until("all have failed often", || {
        let rows = poller.list_measurements();
        rows.iter().all(|row| row.runs >= 20)
    });
    let good = row(&poller, "good").runs;
    wait_until("it still polls", || row(&poller, "good").runs >= good + 20);
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    assert!(!poller.stop(), "one thread waits for the pipe");
}

#[test]
fn a_standard_error_that_nobody_reads_costs_one_thread() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact"])
        .arg("failures::more_failures_than_a_pipe_holds")
        .env(UNREAD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
}
