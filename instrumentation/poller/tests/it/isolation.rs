//! One measurement that hangs or is slow, and the others that do not notice.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry::attach;
use telemetry_poller::{Measurement, MeasurementInfo, Poller, PollerError};

use crate::support::{DEADLINE, hangs, on_request, row, wait_until};

/// When each run began, counted from the start.
fn stamps() -> (mpsc::Receiver<Instant>, impl FnMut() + Send + 'static) {
    let (sender, stamps) = mpsc::channel();
    (stamps, move || {
        let _ = sender.send(Instant::now());
    })
}

#[test]
fn the_others_keep_their_rate_while_one_hangs_and_one_is_slow() {
    let period = Duration::from_millis(100);
    let (release, hang) = hangs();
    let (polled, stamp) = stamps();
    let start = Instant::now();
    let poller = Poller::builder()
        .period(period)
        .with(Measurement::new("hangs", hang).timeout(Duration::from_millis(150)))
        // Slower than a period, and well within its time.
        .measurement("slow", || std::thread::sleep(Duration::from_millis(130)))
        .measurement("quick", stamp)
        .start()
        .unwrap();
    let mut phases: Vec<u128> = (0..21)
        .map(|_| polled.recv_timeout(DEADLINE).unwrap() - start)
        .map(|since| since.as_nanos() % period.as_nanos())
        .collect();
    let took = start.elapsed();
    let (hung, slow, quick) = (
        row(&poller, "hangs"),
        row(&poller, "slow"),
        row(&poller, "quick"),
    );
    drop(release);

    // Behind both, it would have run at every third tick, if at all.
    let ticks = took.as_nanos() / period.as_nanos() + 1;
    assert!(ticks <= 21 + 10, "21 runs took {ticks} ticks: {quick:?}");
    // It waits at most a quarter of a period behind the slow one, at most once per tick.
    phases.sort_unstable();
    let phase = Duration::from_nanos(u64::try_from(phases[10]).unwrap());
    assert!(phase < period / 2, "{phase:?}");

    assert!(hung.hanging && hung.running_since.is_some(), "{hung:?}");
    assert_eq!((hung.runs, hung.failures, hung.timeouts), (0, 1, 1));
    assert_eq!(
        hung.last_error.as_deref(),
        Some("it took longer than 150ms")
    );
    assert!(slow.runs >= 3 && slow.missed >= 3, "{slow:?}");
    assert_eq!((slow.failures, slow.timeouts, slow.hanging), (0, 0, false));
    assert_eq!((quick.failures, quick.skipped), (0, 0));
}

#[test]
fn what_hung_is_started_again_after_it_returned_and_rested() {
    let (release, gate) = mpsc::channel::<()>();
    let poller = Poller::builder()
        .period(Duration::from_millis(5))
        .timeout(Duration::from_millis(20))
        .max_rest(3)
        .measurement("m", move || {
            let _ = gate.recv();
        })
        .start()
        .unwrap();
    wait_until("it hangs", || row(&poller, "m").hanging);
    wait_until("ticks pass", || row(&poller, "m").missed >= 20);
    let hung = row(&poller, "m");
    assert_eq!((hung.runs, hung.failures_in_a_row), (0, 1), "{hung:?}");
    drop(release);
    wait_until("it runs again", || row(&poller, "m").runs >= 2);
    let back = row(&poller, "m");
    assert_eq!((back.failures, back.timeouts), (1, 1), "{back:?}");
    assert_eq!((back.failures_in_a_row, back.hanging), (0, false));
}

#[test]
fn a_handler_that_hangs_counts_as_the_measurement() {
    let (entered, running) = mpsc::channel();
    let (release, gate) = mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let handler = move |_: &telemetry::Event<'_>| {
        let _ = entered.send(());
        let _ = gate.lock().unwrap().recv();
    };
    let _guard = attach("poller-slow-handler", "poller.slowly.handled", handler)
        .unwrap()
        .guard();
    let poller = on_request()
        .timeout(Duration::from_millis(20))
        .measurement(
            "emits",
            || telemetry::execute!("poller.slowly.handled", { n: 1 }),
        )
        .measurement("other", || {})
        .start()
        .unwrap();
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    running.recv_timeout(DEADLINE).unwrap();
    assert!(row(&poller, "emits").hanging);
    assert_eq!(row(&poller, "other").runs, 1);
    drop(release);
    wait_until("it returns", || !row(&poller, "emits").hanging);
}

#[test]
fn a_request_waits_for_a_timeout_and_not_for_what_hangs_already() {
    let (release, hang) = hangs();
    let poller = on_request()
        .with(Measurement::new("hangs", hang).timeout(Duration::from_millis(20)))
        .measurement("other", || {})
        .start()
        .unwrap();
    for runs in 1..=10 {
        assert_eq!(poller.poll_now(DEADLINE), Ok(()));
        let hung = row(&poller, "hangs");
        assert!(hung.hanging, "{hung:?}");
        assert_eq!((hung.runs, hung.failures), (0, 1), "counted once");
        assert_eq!(row(&poller, "other").runs, runs);
    }
    drop(release);
    wait_until("it returns", || row(&poller, "hangs").runs == 1);
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    assert_eq!(row(&poller, "hangs").runs, 2, "and it is started again");
}

#[test]
fn many_that_hang_do_not_keep_the_last_one_from_running() {
    let (releases, hanging): (Vec<_>, Vec<_>) = (0..40).map(|_| hangs()).unzip();
    let mut builder = on_request();
    for (n, hang) in hanging.into_iter().enumerate() {
        builder = builder.measurement(format!("hangs-{n}"), hang);
    }
    let poller = builder
        .timeout(Duration::from_secs(1))
        .measurement("last", || {})
        .start()
        .unwrap();
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    assert_eq!(row(&poller, "last").runs, 1);
    let hang = |row: &MeasurementInfo| row.hanging;
    assert_eq!(
        poller
            .list_measurements()
            .iter()
            .filter(|row| hang(row))
            .count(),
        40
    );
    drop(releases);
    wait_until("all have returned", || {
        !poller.list_measurements().iter().any(hang)
    });
    assert!(poller.stop());
}

#[test]
fn two_slow_ones_run_side_by_side() {
    // Each goes on when both have begun.
    let barrier = std::sync::Arc::new(std::sync::Barrier::new(2));
    let other = barrier.clone();
    let poller = on_request()
        .measurement("one", move || {
            barrier.wait();
        })
        .measurement("other", move || {
            other.wait();
        })
        .start()
        .unwrap();
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    let runs = |name| row(&poller, name).runs;
    assert_eq!((runs("one"), runs("other")), (1, 1));
}

#[test]
fn a_measurement_of_every_third_tick_runs_a_third_as_often() {
    let poller = Poller::builder()
        .period(Duration::from_millis(2))
        .measurement("each", || {})
        .with(Measurement::new("third", || {}).every(3))
        .start()
        .unwrap();
    wait_until("it has run", || row(&poller, "third").runs >= 20);
    let (each, third) = (row(&poller, "each"), row(&poller, "third"));
    // What the poller was late for is missed by the one and made up for by the other.
    let ticks = each.runs + each.missed + poller.missed_ticks();
    let mine = third.runs + third.missed;
    assert!(mine * 3 <= ticks + 3, "{third:?} of {ticks} ticks");
    assert!(
        mine * 3 + 3 + poller.missed_ticks() * 3 >= each.runs,
        "{third:?} {each:?}"
    );
}

#[test]
fn settings_that_make_no_sense_are_errors() {
    let start = |measurement| Poller::builder().with(measurement).start().unwrap_err();
    let m = || Measurement::new("m", || {});
    let error = start(m().every(0));
    assert!(
        matches!(&error, PollerError::ZeroEvery { name } if name == "m"),
        "{error}"
    );
    let error = start(m().timeout(Duration::ZERO));
    assert!(matches!(error, PollerError::ZeroTimeout), "{error}");
    let error = Poller::builder()
        .timeout(Duration::ZERO)
        .start()
        .unwrap_err();
    assert!(matches!(error, PollerError::ZeroTimeout), "{error}");

    let poller = on_request().start().unwrap();
    assert!(poller.add(m().every(0)).is_err());
    assert_eq!(poller.list_measurements(), []);
    poller.add(m()).unwrap();
}
