//! Listening to the built-in events, with real figures.
//!
//! All pollers of the process emit events of the same names, and a handler runs on the thread that
//! emits. So each test names its poller's threads, and listens to those only.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use telemetry::{AttachGuard, Number, attach};
use telemetry_poller::Poller;

use crate::support::DEADLINE;

pub(crate) type Measurements = BTreeMap<&'static str, Number>;

pub(crate) struct Listener {
    pub(crate) events: mpsc::Receiver<Measurements>,
    _guard: AttachGuard,
}

/// Listens to `event` as emitted on the thread called `poller`.
pub(crate) fn listen(event: &str, poller: &'static str) -> Listener {
    let (sender, events) = mpsc::channel();
    let guard = attach(format!("{poller} {event}"), event, move |event| {
        assert_eq!(event.all_metadata().count(), 0);
        if thread::current().name() == Some(poller) {
            let _ = sender.send(event.measurements().collect());
        }
    })
    .unwrap()
    .guard();
    Listener {
        events,
        _guard: guard,
    }
}

impl Listener {
    /// The only event of one poll.
    pub(crate) fn poll(&self, poller: &Poller) -> Measurements {
        poller.poll_now(DEADLINE).unwrap();
        let events: Vec<Measurements> = self.events.try_iter().collect();
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_iter().next().unwrap()
    }
}

pub(crate) fn keys(measurements: &Measurements) -> Vec<&'static str> {
    measurements.keys().copied().collect()
}

pub(crate) fn integer(measurements: &Measurements, key: &str) -> u64 {
    measurements[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} in {measurements:?}"))
}

pub(crate) fn duration(measurements: &Measurements, key: &str) -> Duration {
    match measurements[key] {
        Number::Duration(time) => time,
        other => panic!("{key} is {other:?}"),
    }
}
