//! Stopping: prompt, bounded, and for good.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use telemetry_poller::{PollNowError, Poller};

use crate::support::{DEADLINE, on_request, row, wait_until};

#[test]
fn stop_does_not_wait_for_the_next_tick() {
    let kept = Arc::new(());
    let captured = kept.clone();
    let poller = Poller::builder()
        .period(Duration::from_secs(3600))
        .stop_timeout(DEADLINE)
        .measurement("m", move || drop(captured.clone()))
        .start()
        .unwrap();
    wait_until("it sleeps", || row(&poller, "m").runs == 1);
    let asked = Instant::now();
    assert!(poller.stop());
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(Arc::strong_count(&kept), 1, "the measurements are dropped");
    assert!(poller.stop(), "stopping twice is harmless");
    assert_eq!(row(&poller, "m").runs, 1, "the rows can still be read");
}

#[test]
fn dropping_the_poller_stops_its_thread() {
    let kept = Arc::new(());
    let captured = kept.clone();
    let poller = Poller::builder()
        .period(Duration::from_millis(1))
        .stop_timeout(DEADLINE)
        .measurement("m", move || drop(captured.clone()))
        .start()
        .unwrap();
    wait_until("it polls", || row(&poller, "m").runs >= 3);
    drop(poller);
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn nothing_polls_after_the_stop() {
    let poller = on_request().measurement("m", || {}).start().unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert!(poller.stop());
    assert_eq!(poller.poll_now(DEADLINE), Err(PollNowError::Stopped));
    assert_eq!(row(&poller, "m").runs, 1);
}

/// A poller whose second of three measurements hangs, until the sender is dropped; and what it
/// captured.
fn hanging() -> (Poller, mpsc::Sender<()>, Arc<()>) {
    let (release, gate) = mpsc::channel::<()>();
    let kept = Arc::new(());
    let captured = kept.clone();
    let poller = Poller::builder()
        .stop_timeout(Duration::from_millis(50))
        .measurement("before", || {})
        .measurement("hangs", move || {
            let _captured = &captured;
            let _ = gate.recv();
        })
        .measurement("after", || {})
        .start()
        .unwrap();
    wait_until("it hangs", || row(&poller, "hangs").running_since.is_some());
    wait_until("the others have run", || row(&poller, "after").runs == 1);
    (poller, release, kept)
}

#[test]
fn stop_gives_up_on_a_measurement_that_hangs() {
    let (poller, release, kept) = hanging();
    assert!(!poller.stop());
    assert_eq!(Arc::strong_count(&kept), 2, "it does hang");
    drop(release);
    wait_until("the thread has ended by itself", || poller.stop());
    assert_eq!(Arc::strong_count(&kept), 1);
    let runs: Vec<u64> = poller
        .list_measurements()
        .iter()
        .map(|row| row.runs)
        .collect();
    assert_eq!(runs, [1, 1, 1]);
}

#[test]
fn dropping_a_poller_that_hangs_returns() {
    let (poller, release, kept) = hanging();
    drop(poller);
    assert_eq!(Arc::strong_count(&kept), 2, "it does hang");
    drop(release);
    wait_until("the thread has ended by itself", || {
        Arc::strong_count(&kept) == 1
    });
}

#[test]
fn what_waits_behind_a_run_at_the_stop_does_not_run() {
    let (release, gate) = mpsc::channel::<()>();
    let (entered, running) = mpsc::channel();
    let poller = on_request()
        .measurement("runs", move || {
            let _ = entered.send(());
            let _ = gate.recv();
        })
        .start()
        .unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| poller.poll_now(DEADLINE));
        running.recv_timeout(DEADLINE).unwrap();
        let second = scope.spawn(|| poller.poll_now(DEADLINE));
        let stopped = scope.spawn(|| poller.stop());
        wait_until("it is being stopped", || {
            poller.poll_now(Duration::ZERO) == Err(PollNowError::Stopped)
        });
        drop(release);
        assert!(stopped.join().unwrap());
        // The first may see its run end or the stop, whichever comes first.
        let _ = first.join().unwrap();
        assert_eq!(second.join().unwrap(), Err(PollNowError::Stopped));
    });
    assert_eq!(row(&poller, "runs").runs, 1);
}

#[test]
fn a_request_that_waits_learns_of_the_stop() {
    let (poller, _release, _kept) = hanging();
    std::thread::scope(|scope| {
        let request = scope.spawn(|| poller.poll_now(Duration::MAX));
        poller.stop();
        assert_eq!(request.join().unwrap(), Err(PollNowError::Stopped));
    });
}

#[test]
fn a_measurement_that_uses_its_own_poller_does_not_wait_for_itself() {
    let slot: Arc<Mutex<Option<Poller>>> = Arc::default();
    let (sender, answers) = mpsc::channel();
    let own = slot.clone();
    let poller = on_request()
        .stop_timeout(DEADLINE)
        .measurement("m", move || {
            let poller = own.lock().unwrap().take().unwrap();
            sender
                .send((poller.poll_now(DEADLINE), poller.stop()))
                .unwrap();
            let dropping = Instant::now();
            drop(poller);
            assert!(dropping.elapsed() < DEADLINE / 2);
        })
        .period(Duration::from_millis(1));
    // The tick comes while the lock is held, so the poller is there when the measurement looks.
    let mut guard = slot.lock().unwrap();
    *guard = Some(poller.init_delay(Duration::ZERO).start().unwrap());
    drop(guard);
    let answer = answers.recv_timeout(DEADLINE).unwrap();
    assert_eq!(answer, (Err(PollNowError::InsideMeasurement), false));
    // Its thread has dropped the closure, and with it the last reference but ours.
    wait_until("the thread has ended", || Arc::strong_count(&slot) == 1);
}

#[test]
fn a_destructor_that_panics_does_not_keep_the_poller_from_stopping() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let kept = Arc::new(());
    let (bomb, captured) = (Bomb, kept.clone());
    let poller = on_request()
        .stop_timeout(DEADLINE)
        .measurement("bomb", move || {
            let _captured = &bomb;
        })
        .measurement("other", move || drop(captured.clone()))
        .start()
        .unwrap();
    assert!(poller.stop());
    assert_eq!(Arc::strong_count(&kept), 1);
}
