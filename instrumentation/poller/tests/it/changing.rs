//! Adding and removing while the poller runs.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use telemetry_poller::{Measurement, Poller, PollerError};

use crate::support::{DEADLINE, hangs, on_request, row, wait_until};

fn names(poller: &Poller) -> Vec<String> {
    let rows = poller.list_measurements();
    rows.into_iter().map(|row| row.name).collect()
}

#[test]
fn what_is_added_runs_at_the_next_ticks() {
    let poller = Poller::builder()
        .period(Duration::from_millis(2))
        .measurement("first", || {})
        .start()
        .unwrap();
    wait_until("it polls", || row(&poller, "first").runs >= 2);
    poller.add(Measurement::new("second", || {})).unwrap();
    assert_eq!(names(&poller), ["first", "second"]);
    wait_until("the new one runs", || row(&poller, "second").runs >= 3);
}

#[test]
fn a_name_that_is_there_is_refused_and_the_measurement_dropped() {
    let kept = Arc::new(());
    let captured = kept.clone();
    let poller = on_request().measurement("m", || {}).start().unwrap();
    let error = poller
        .add(Measurement::new("m", move || drop(captured.clone())))
        .unwrap_err();
    assert!(matches!(error, PollerError::DuplicateMeasurement { .. }));
    assert_eq!(Arc::strong_count(&kept), 1);
    assert_eq!(names(&poller), ["m"]);
}

#[test]
fn nothing_is_added_after_the_stop() {
    let poller = on_request().start().unwrap();
    poller.stop();
    let error = poller.add(Measurement::new("m", || {})).unwrap_err();
    assert!(matches!(error, PollerError::Stopped), "{error}");
}

#[test]
fn what_is_removed_is_dropped_at_once_and_never_runs_again() {
    let runs = Arc::new(AtomicU64::new(0));
    let counted = runs.clone();
    let poller = Poller::builder()
        .period(Duration::from_millis(1))
        .measurement("stays", || {})
        .measurement("goes", move || {
            counted.fetch_add(1, SeqCst);
        })
        .start()
        .unwrap();
    wait_until("it runs", || runs.load(SeqCst) >= 3);
    assert!(poller.remove("goes"));
    assert!(!poller.remove("goes"), "it is gone");
    // A run that went on during the removal has ended when the closure is dropped.
    wait_until("it is dropped", || Arc::strong_count(&runs) == 1);
    assert_eq!(names(&poller), ["stays"]);
    let (before, polls) = (runs.load(SeqCst), row(&poller, "stays").runs);
    wait_until("ticks pass", || row(&poller, "stays").runs >= polls + 5);
    assert_eq!(runs.load(SeqCst), before);
}

#[test]
fn a_name_is_free_while_the_removed_measurement_still_hangs() {
    let (release, hang) = hangs();
    let poller = on_request()
        .timeout(Duration::from_millis(20))
        .measurement("m", hang)
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert!(row(&poller, "m").hanging);
    assert!(poller.remove("m"));
    poller.add(Measurement::new("m", || {})).unwrap();
    poller.poll_now(DEADLINE).unwrap();
    drop(release);
    // The end of the old run is not taken for one of the new measurement.
    wait_until("the old thread has ended", || {
        poller.poll_now(DEADLINE).unwrap();
        let row = row(&poller, "m");
        assert!(!row.hanging && row.failures == 0, "{row:?}");
        row.runs >= 20
    });
    assert!(poller.stop());
}

#[test]
fn what_waits_in_the_queue_is_removed_from_it() {
    let (go, gate) = mpsc::channel::<()>();
    let (entered, running) = mpsc::channel();
    let runs = Arc::new(AtomicU64::new(0));
    let counted = runs.clone();
    let poller = on_request()
        .measurement("first", move || {
            let _ = entered.send(());
            let _ = gate.recv();
        })
        .start()
        .unwrap();
    std::thread::scope(|scope| {
        let request = scope.spawn(|| poller.poll_now(DEADLINE));
        running.recv_timeout(DEADLINE).unwrap();
        poller
            .add(Measurement::new("second", move || {
                counted.fetch_add(1, SeqCst);
            }))
            .unwrap();
        assert!(poller.remove("second"));
        drop(go);
        assert_eq!(request.join().unwrap(), Ok(()));
    });
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(runs.load(SeqCst), 0);
    assert_eq!(Arc::strong_count(&runs), 1);
}

#[test]
fn who_waits_for_a_poll_does_not_wait_for_what_is_removed() {
    let (release, hang) = hangs();
    let poller = on_request().measurement("hangs", hang).start().unwrap();
    std::thread::scope(|scope| {
        let request = scope.spawn(|| poller.poll_now(DEADLINE));
        wait_until("it runs", || row(&poller, "hangs").running_since.is_some());
        assert!(poller.remove("hangs"));
        assert_eq!(request.join().unwrap(), Ok(()));
    });
    drop(release);
}

#[test]
fn a_measurement_may_remove_itself_and_add_others() {
    let own: Arc<OnceLock<Poller>> = Arc::default();
    let handle = own.clone();
    let poller = on_request()
        .measurement("once", move || {
            let poller = handle.get().expect("set before the first poll");
            assert!(poller.remove("once"));
            poller.add(Measurement::new("next", || {})).unwrap();
        })
        .start()
        .unwrap();
    own.set(poller).unwrap();
    let poller = own.get().unwrap();
    // Who waits for a poll does not wait for what was removed.
    poller.poll_now(DEADLINE).unwrap();
    wait_until("the other is there", || names(poller) == ["next"]);
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(row(poller, "next").runs, 1);
    wait_until("its closure is dropped", || Arc::strong_count(&own) == 1);
    assert!(poller.stop());
}

#[test]
fn a_destructor_that_panics_or_uses_the_poller_does_not_disturb_a_removal() {
    struct Drops(Arc<OnceLock<Poller>>);
    impl Drop for Drops {
        fn drop(&mut self) {
            let poller = self.0.get().expect("set before");
            let _ = poller.add(Measurement::new("from the destructor", || {}));
            panic!("in a destructor");
        }
    }
    let own: Arc<OnceLock<Poller>> = Arc::default();
    assert!(own.set(on_request().start().unwrap()).is_ok());
    let poller = own.get().unwrap();
    let drops = Drops(own.clone());
    poller
        .add(Measurement::new("m", move || {
            let _captured = &drops;
        }))
        .unwrap();
    assert!(poller.remove("m"));
    assert_eq!(names(poller), ["from the destructor"]);
    poller.stop();
}

#[test]
fn ten_thousand_that_come_and_go_leave_nothing_behind() {
    let kept = Arc::new(());
    let poller = Poller::builder()
        .period(Duration::from_millis(1))
        .measurement("stays", || {})
        .start()
        .unwrap();
    for n in 0..10_000 {
        let captured = kept.clone();
        let name = format!("m-{n}");
        let function = move || drop(captured.clone());
        poller
            .add(Measurement::new(name.clone(), function))
            .unwrap();
        if n % 100 == 0 {
            poller.poll_now(DEADLINE).unwrap();
            assert!(row(&poller, &name).runs >= 1);
        }
        assert!(poller.remove(&name));
    }
    wait_until("all are dropped", || Arc::strong_count(&kept) == 1);
    assert_eq!(names(&poller), ["stays"]);
    assert_eq!(row(&poller, "stays").failures, 0);
    assert!(poller.stop());
}

#[test]
fn threads_may_add_and_remove_at_the_same_time() {
    let poller = Poller::builder()
        .period(Duration::from_millis(1))
        .start()
        .unwrap();
    let runs = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (poller, runs) = (&poller, &runs);
            scope.spawn(move || {
                for n in 0..200 {
                    let name = format!("{thread}-{n}");
                    let counted = runs.clone();
                    let count = move || {
                        counted.fetch_add(1, SeqCst);
                    };
                    poller.add(Measurement::new(name.clone(), count)).unwrap();
                    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
                    assert!(poller.remove(&name));
                }
            });
        }
    });
    assert!(runs.load(SeqCst) >= 800);
    wait_until("all are dropped", || Arc::strong_count(&runs) == 1);
    assert_eq!(poller.list_measurements(), []);
}
