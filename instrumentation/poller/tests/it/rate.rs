//! The fixed rate, and polls on request.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_poller::{PollNowError, Poller};

use crate::support::{DEADLINE, on_request, row, wait_until};

#[test]
fn the_first_poll_is_right_after_the_start() {
    let poller = Poller::builder()
        .period(Duration::from_secs(3600))
        .measurement("m", || {})
        .start()
        .unwrap();
    wait_until("it has polled", || row(&poller, "m").runs == 1);
    assert_eq!(poller.missed_ticks(), 0);
}

#[test]
fn the_first_poll_waits_for_the_initial_delay() {
    let delay = Duration::from_millis(200);
    let (sender, polled) = mpsc::channel();
    let start = Instant::now();
    let _poller = Poller::builder()
        .init_delay(delay)
        .measurement("m", move || {
            let _ = sender.send(Instant::now());
        })
        .start()
        .unwrap();
    let first = polled.recv_timeout(DEADLINE).unwrap() - start;
    assert!(first >= delay, "{first:?}");
}

/// How far into its period each of `runs` polls began, the middle one of them: about zero at a
/// fixed rate, anything at a fixed delay.
fn median_phase(period: Duration, work: Duration, runs: usize) -> (Duration, u64) {
    let (sender, polled) = mpsc::channel();
    let start = Instant::now();
    let poller = Poller::builder()
        .period(period)
        .measurement("m", move || {
            let _ = sender.send(Instant::now());
            std::thread::sleep(work);
        })
        .start()
        .unwrap();
    let mut phases: Vec<u128> = (0..runs)
        .map(|_| polled.recv_timeout(DEADLINE).unwrap() - start)
        .map(|since| since.as_nanos() % period.as_nanos())
        .collect();
    let missed = poller.missed_ticks();
    drop(poller);
    phases.sort_unstable();
    (
        Duration::from_nanos(u64::try_from(phases[runs / 2]).unwrap()),
        missed,
    )
}

#[test]
fn work_does_not_make_the_ticks_drift() {
    let period = Duration::from_millis(100);
    // At a fixed delay the phases would be 0, 30, 60, 90, 20, …: 45 in the middle.
    let (phase, _) = median_phase(period, Duration::from_millis(30), 11);
    assert!(phase < period / 4, "{phase:?}");
}

#[test]
fn work_longer_than_a_period_misses_ticks_and_keeps_to_the_others() {
    let period = Duration::from_millis(60);
    // 1.75 periods: every second tick is missed. A poller that starts again at once would have
    // phases of 0, 45, 30, 15, 0, …, and so would one with a fixed delay.
    let (phase, missed) = median_phase(period, Duration::from_millis(105), 11);
    assert!(phase < period / 4, "{phase:?}");
    assert!(missed >= 10, "{missed}");
}

#[test]
fn a_poll_on_request_has_run_when_it_returns() {
    let poller = on_request().measurement("m", || {}).start().unwrap();
    for runs in 1..=50 {
        poller.poll_now(DEADLINE).unwrap();
        assert_eq!(row(&poller, "m").runs, runs);
    }
}

#[test]
fn a_request_made_during_a_poll_gets_a_poll_of_its_own() {
    let (entered, running) = mpsc::channel();
    let (go, gate) = mpsc::channel::<()>();
    let poller = on_request()
        .measurement("m", move || {
            let _ = entered.send(());
            let _ = gate.recv();
        })
        .start()
        .unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| poller.poll_now(DEADLINE));
        running.recv_timeout(DEADLINE).unwrap();
        let second = scope.spawn(|| poller.poll_now(DEADLINE));
        go.send(()).unwrap();
        // The second run waits at the gate, so its request is not answered by the first run.
        running.recv_timeout(DEADLINE).unwrap();
        assert_eq!(first.join().unwrap(), Ok(()));
        assert!(!second.is_finished());
        go.send(()).unwrap();
        assert_eq!(second.join().unwrap(), Ok(()));
    });
    assert_eq!(row(&poller, "m").runs, 2);
}

#[test]
fn a_request_that_takes_too_long_is_given_up_and_the_hanging_measurement_shows() {
    let (go, gate) = mpsc::channel::<()>();
    let poller = on_request()
        .measurement("quick", || {})
        .measurement("hangs", move || {
            let _ = gate.recv();
        })
        .start()
        .unwrap();
    assert_eq!(
        poller.poll_now(Duration::from_millis(20)),
        Err(PollNowError::TimedOut)
    );
    wait_until("the second runs", || {
        row(&poller, "hangs").running_since.is_some()
    });
    assert_eq!(row(&poller, "quick").running_since, None);
    drop(go);
    wait_until("the poll is over", || row(&poller, "hangs").runs == 1);
    assert_eq!(row(&poller, "hangs").running_since, None);
}

#[test]
fn requests_from_many_threads_are_all_answered() {
    let poller = on_request().measurement("m", || {}).start().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
                }
            });
        }
    });
    let runs = row(&poller, "m").runs;
    assert!((100..=400).contains(&runs), "{runs}");
}
