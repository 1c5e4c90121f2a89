//! What can be started, and what cannot.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use telemetry_poller::{Poller, PollerError};

use crate::support::{DEADLINE, on_request};

#[test]
fn a_period_of_zero_is_an_error() {
    let error = Poller::builder()
        .period(Duration::ZERO)
        .start()
        .unwrap_err();
    assert!(matches!(error, PollerError::ZeroPeriod), "{error:?}");
    assert_eq!(error.to_string(), "the period is zero: give a positive one");
}

#[test]
fn two_measurements_of_one_name_are_an_error() {
    let error = Poller::builder()
        .measurement("shop.queue", || {})
        .measurement("shop.carts", || {})
        .measurement("shop.queue", || {})
        .start()
        .unwrap_err();
    let PollerError::DuplicateMeasurement { name } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(name, "shop.queue");
}

#[test]
#[cfg(target_os = "linux")]
fn a_built_in_measurement_added_twice_is_an_error() {
    let error = on_request().vm().memory().start().unwrap_err();
    assert!(error.to_string().contains("`vm.memory`"), "{error}");
}

#[test]
fn a_name_that_no_thread_can_have_is_an_error_and_not_a_panic() {
    let error = Poller::builder().name("a\0b").start().unwrap_err();
    assert!(matches!(error, PollerError::ThreadName { .. }), "{error:?}");
}

#[test]
fn nothing_runs_after_an_error() {
    let (sender, ran) = mpsc::channel();
    let again = sender.clone();
    let result = Poller::builder()
        .measurement("m", move || sender.send(()).unwrap())
        .measurement("m", move || again.send(()).unwrap())
        .start();
    assert!(result.is_err());
    // Both senders are gone, and nothing was sent before.
    assert_eq!(ran.try_recv(), Err(mpsc::TryRecvError::Disconnected));
}

#[test]
fn it_runs_on_a_thread_of_the_name_given() {
    let (sender, names) = mpsc::channel();
    let _poller = Poller::builder()
        .name("stock-poll")
        .measurement("m", move || {
            let _ = sender.send(thread::current().name().map(str::to_owned));
        })
        .start()
        .unwrap();
    assert_eq!(
        names.recv_timeout(DEADLINE).unwrap().as_deref(),
        Some("stock-poll")
    );
}

#[test]
fn a_poller_without_measurements_is_fine() {
    let poller = Poller::builder().start().unwrap();
    assert_eq!(poller.poll_now(DEADLINE), Ok(()));
    assert_eq!(poller.list_measurements(), []);
    assert!(poller.stop());
}

#[test]
fn measurements_are_listed_and_run_in_the_order_of_adding() {
    let (sender, order) = mpsc::channel();
    let mut builder = on_request();
    for name in ["c", "a", "b"] {
        let sender = sender.clone();
        builder = builder.measurement(name, move || sender.send(name).unwrap());
    }
    let poller = builder.start().unwrap();
    poller.poll_now(DEADLINE).unwrap();
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["c", "a", "b"]);
    let names: Vec<String> = poller
        .list_measurements()
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert_eq!(names, ["c", "a", "b"]);
}
