//! Measurements that are futures: they run on the runtime, and are really stopped.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use telemetry_poller::{Measurement, PollNowError, Poller, PollerError};
use tokio::runtime::{Builder, Runtime};

use crate::support::{DEADLINE, hangs, on_request, row, wait_until};

fn one_worker() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("async-worker")
        .enable_time()
        .build()
        .unwrap()
}

/// Counts how many of it there are.
struct Alive(Arc<AtomicU64>);

impl Alive {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Who does not wait for the end of this destructor is caught at it.
        thread::sleep(Duration::from_millis(5));
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn it_runs_on_the_runtime_from_its_first_line() {
    let runtime = one_worker();
    let (sender, threads) = mpsc::channel();
    let poller = on_request()
        .with(
            Measurement::future("m", move || {
                let name = || thread::current().name().map(str::to_owned);
                let sender = sender.clone();
                let called = name();
                async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    let _ = sender.send((called, name()));
                }
            })
            .on(runtime.handle()),
        )
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    let worker = Some("async-worker".to_owned());
    assert_eq!(threads.try_recv().unwrap(), (worker.clone(), worker));
    assert_eq!((row(&poller, "m").runs, row(&poller, "m").failures), (1, 0));
}

#[test]
fn it_takes_the_runtime_in_which_it_was_made_and_needs_one() {
    let runtime = one_worker();
    let builder = {
        let _entered = runtime.enter();
        on_request().async_measurement("m", || async {})
    };
    builder.start().unwrap().poll_now(DEADLINE).unwrap();

    let error = on_request().async_measurement("m", || async {}).start();
    let error = error.unwrap_err();
    assert!(
        matches!(&error, PollerError::NoRuntime { name } if name == "m"),
        "{error}"
    );
}

#[test]
fn one_that_takes_too_long_is_dropped_and_the_others_do_not_wait() {
    let runtime = one_worker();
    let alive = Arc::new(AtomicU64::new(0));
    let count = alive.clone();
    let never = Measurement::future("never", move || {
        let alive = Alive::new(&count);
        async move {
            let _alive = alive;
            pending::<()>().await;
        }
    });
    let poller = on_request()
        .with(
            never
                .on(runtime.handle())
                .timeout(Duration::from_millis(20)),
        )
        .measurement("other", || {})
        .start()
        .unwrap();
    for run in 1..=5 {
        poller.poll_now(DEADLINE).unwrap();
        wait_until("it is dropped", || row(&poller, "never").runs == run);
        assert_eq!(alive.load(SeqCst), 0, "before the run counts as ended");
        let never = row(&poller, "never");
        assert_eq!((never.failures, never.timeouts), (run, run));
        assert!(!never.hanging && never.running_since.is_none());
        assert_eq!(
            never.last_error.as_deref(),
            Some("it took longer than 20ms")
        );
        assert_eq!(row(&poller, "other").runs, run);
    }
    assert!(poller.stop());
}

#[test]
fn ticks_go_on_while_a_future_takes_its_time() {
    let runtime = one_worker();
    let poller = Poller::builder()
        .period(Duration::from_millis(2))
        .with(Measurement::future("never", pending::<()>).on(runtime.handle()))
        .measurement("other", || {})
        .start()
        .unwrap();
    wait_until("ticks pass", || row(&poller, "other").runs >= 50);
    let never = row(&poller, "never");
    assert_eq!((never.runs, never.failures), (0, 0));
    assert!(
        never.missed >= 40 && never.running_since.is_some(),
        "{never:?}"
    );
}

#[test]
fn the_runtime_is_not_blocked_by_a_function_that_hangs() {
    let runtime = one_worker();
    let (release, hang) = hangs();
    let poller = on_request()
        .timeout(Duration::from_millis(20))
        .measurement("hangs", hang)
        .with(Measurement::future("future", || async {}).on(runtime.handle()))
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(row(&poller, "future").runs, 1);
    assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
    drop(release);
}

#[test]
fn one_that_blocks_its_runtime_hangs_and_the_others_run() {
    let runtime = one_worker();
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(std::sync::Mutex::new(gate));
    let blocks = Measurement::future("blocks", move || {
        let gate = gate.clone();
        async move {
            let _ = gate.lock().unwrap().recv();
        }
    });
    let poller = on_request()
        .with(
            blocks
                .on(runtime.handle())
                .timeout(Duration::from_millis(20)),
        )
        .measurement("other", || {})
        .start()
        .unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert!(row(&poller, "blocks").hanging);
    assert_eq!(row(&poller, "other").runs, 1);
    drop(release);
    wait_until("it returns", || row(&poller, "blocks").runs == 1);
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(
        (row(&poller, "blocks").runs, row(&poller, "blocks").failures),
        (2, 1)
    );
}

#[test]
fn panics_and_errors_are_isolated_wherever_they_come() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let runtime = one_worker();
    let handle = runtime.handle();
    let call = Measurement::future("call", || -> std::future::Ready<()> { panic!("call") });
    let poll = Measurement::future("poll", || async {
        tokio::task::yield_now().await;
        panic!("poll");
    });
    let error = Measurement::fallible_future("error", || async { Err("no\nanswer") });
    let end = Measurement::future("end", || async {
        let _bomb = Bomb;
    });
    let cut = Measurement::future("cut", || async {
        let _bomb = Bomb;
        pending::<()>().await;
    })
    .timeout(Duration::from_millis(100));
    let poller = on_request()
        .timeout(DEADLINE)
        .with(call.on(handle))
        .with(poll.on(handle))
        .with(error.on(handle))
        .with(end.on(handle))
        .with(cut.on(handle))
        .with(Measurement::future("fine", || async {}).on(handle))
        .start()
        .unwrap();
    for run in 1..=3 {
        poller.poll_now(DEADLINE).unwrap();
        wait_until("all have ended", || {
            poller.list_measurements().iter().all(|row| row.runs == run)
        });
    }
    for (name, failures, error) in [
        ("call", 3, Some("call")),
        ("poll", 3, Some("poll")),
        ("error", 3, Some("no answer")),
        ("end", 3, Some("in a destructor")),
        ("cut", 3, Some("it took longer than 100ms")),
        ("fine", 0, None),
    ] {
        let row = row(&poller, name);
        assert_eq!((row.failures, row.last_error.as_deref()), (failures, error));
    }
    assert!(poller.stop());
}

#[test]
fn a_removed_one_is_dropped_while_it_runs() {
    let runtime = one_worker();
    let alive = Arc::new(AtomicU64::new(0));
    let count = alive.clone();
    let never = Measurement::future("never", move || {
        let alive = Alive::new(&count);
        async move {
            let _alive = alive;
            pending::<()>().await;
        }
    });
    let poller = Poller::builder()
        .with(never.on(runtime.handle()))
        .start()
        .unwrap();
    wait_until("it runs", || alive.load(SeqCst) == 1);
    assert!(poller.remove("never"));
    wait_until("it is dropped", || Arc::strong_count(&alive) == 1);
    assert_eq!(alive.load(SeqCst), 0);
    assert!(poller.stop());
}

#[test]
fn a_stop_drops_what_runs_and_is_no_failure_of_it() {
    let runtime = one_worker();
    let kept = Arc::new(());
    let captured = kept.clone();
    let never = Measurement::future("never", move || {
        let captured = captured.clone();
        async move {
            let _captured = captured;
            pending::<()>().await;
        }
    });
    let poller = Poller::builder()
        .stop_timeout(DEADLINE)
        .with(never.on(runtime.handle()))
        .start()
        .unwrap();
    wait_until("it runs", || Arc::strong_count(&kept) == 3);
    let asked = Instant::now();
    assert!(poller.stop());
    assert!(asked.elapsed() < DEADLINE / 2, "{:?}", asked.elapsed());
    assert_eq!(Arc::strong_count(&kept), 1);
    let never = row(&poller, "never");
    assert_eq!((never.runs, never.failures), (1, 0), "{never:?}");
}

#[test]
fn a_runtime_that_shuts_down_fails_the_run_and_those_after_it() {
    let runtime = one_worker();
    let never = Measurement::future("never", pending::<()>).on(runtime.handle());
    let poller = on_request().timeout(DEADLINE).with(never).start().unwrap();
    thread::scope(|scope| {
        let request = scope.spawn(|| poller.poll_now(DEADLINE));
        wait_until("it runs", || row(&poller, "never").running_since.is_some());
        drop(runtime);
        assert_eq!(request.join().unwrap(), Ok(()));
    });
    poller.poll_now(DEADLINE).unwrap();
    let never = row(&poller, "never");
    assert_eq!((never.runs, never.failures, never.timeouts), (2, 2, 0));
    let error = never.last_error.unwrap();
    assert!(error.contains("runtime"), "{error}");
    assert!(poller.stop());
}

#[test]
fn a_runtime_that_nobody_drives_costs_a_timeout_and_nothing_else() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let future = Measurement::future("m", || async {}).on(runtime.handle());
    let poller = on_request()
        .stop_timeout(Duration::from_millis(20))
        .with(future.timeout(Duration::from_millis(20)))
        .measurement("other", || {})
        .start()
        .unwrap();
    for _ in 0..3 {
        poller.poll_now(DEADLINE).unwrap();
    }
    let m = row(&poller, "m");
    assert!(m.hanging, "it is not started again: {m:?}");
    assert_eq!((m.runs, m.failures, m.timeouts), (0, 1, 1));
    assert_eq!(row(&poller, "other").runs, 3);
    assert!(!poller.stop(), "the task is still there");
    runtime.block_on(tokio::task::yield_now());
    wait_until("the runtime has dropped it", || poller.stop());
}

#[test]
fn a_future_that_uses_its_own_poller_does_not_wait_for_itself() {
    let runtime = one_worker();
    let own: Arc<OnceLock<Poller>> = Arc::default();
    let handle = own.clone();
    let (sender, answers) = mpsc::channel();
    let future = Measurement::future("m", move || {
        let (own, sender) = (handle.clone(), sender.clone());
        async move {
            let poller = own.get().expect("set before the first poll");
            let _ = sender.send((poller.poll_now(DEADLINE), poller.stop()));
        }
    });
    let poller = on_request()
        .stop_timeout(DEADLINE)
        .with(future.on(runtime.handle()));
    assert!(own.set(poller.start().unwrap()).is_ok());
    let asked = Instant::now();
    let _ = own.get().unwrap().poll_now(DEADLINE);
    let answer = answers.recv_timeout(DEADLINE).unwrap();
    assert_eq!(answer, (Err(PollNowError::InsideMeasurement), false));
    assert!(asked.elapsed() < DEADLINE / 2);
    assert!(own.get().unwrap().stop());
}
