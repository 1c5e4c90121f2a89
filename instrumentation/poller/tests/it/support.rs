//! Waiting with deadlines, and polls that run only when asked for.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use telemetry_poller::{MeasurementInfo, Poller, PollerBuilder};

/// Longer than anything takes, on a machine as busy as it may be.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until `done`, and fails if that does not happen.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < DEADLINE, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// A poller without ticks: it polls when `poll_now` is called.
pub(crate) fn on_request() -> PollerBuilder {
    Poller::builder().init_delay(Duration::MAX)
}

#[track_caller]
pub(crate) fn row(poller: &Poller, name: &str) -> MeasurementInfo {
    let rows = poller.list_measurements();
    rows.into_iter()
        .find(|row| row.name == name)
        .unwrap_or_else(|| panic!("no row `{name}`"))
}

/// A function that hangs until the sender is dropped.
pub(crate) fn hangs() -> (mpsc::Sender<()>, impl FnMut() + Send + 'static) {
    let (release, gate) = mpsc::channel::<()>();
    (release, move || {
        let _ = gate.recv();
    })
}
