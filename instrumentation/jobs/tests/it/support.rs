//! A prefix per test, and how its events are looked at.

use std::sync::Once;
use std::time::Duration;

use telemetry::OwnedEvent;
use telemetry::testing::{Capture, capture};
use telemetry_jobs::{Jobs, Queue};

/// Longer than anything takes, on a machine as busy as it may be.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// All events below the test's prefix, of whatever thread, and a queue called `q`.
pub(crate) fn observed(prefix: &str) -> (Capture, Jobs, Queue) {
    let events = capture(&format!("{prefix}.*")).everywhere();
    let jobs = Jobs::new(prefix).unwrap();
    let queue = jobs.queue("q");
    (events, jobs, queue)
}

/// The last segments of the events' names, in order.
pub(crate) fn names(events: &Capture) -> Vec<&'static str> {
    let last = |event: OwnedEvent| event.name().rsplit('.').next().unwrap_or_default();
    events.events().into_iter().map(last).collect()
}

/// The one event whose name ends so.
#[track_caller]
pub(crate) fn one(events: &Capture, last: &str) -> OwnedEvent {
    let mut found = events.events();
    found.retain(|event| event.name().ends_with(&format!(".{last}")));
    match <[OwnedEvent; 1]>::try_from(found) {
        Ok([event]) => event,
        Err(found) => panic!("not one `{last}`: {found:?}"),
    }
}

pub(crate) fn text(event: &OwnedEvent, key: &str) -> String {
    event
        .metadata(key)
        .map(|value| value.to_string())
        .unwrap_or_default()
}

#[track_caller]
pub(crate) fn number(event: &OwnedEvent, key: &str) -> u64 {
    let number = event.measurement(key).and_then(telemetry::Number::as_u64);
    number.unwrap_or_else(|| panic!("no `{key}` in {event:?}"))
}

#[track_caller]
pub(crate) fn time(event: &OwnedEvent, key: &str) -> Duration {
    let time = event
        .measurement(key)
        .and_then(telemetry::Number::as_duration);
    time.unwrap_or_else(|| panic!("no time `{key}` in {event:?}"))
}

#[track_caller]
pub(crate) fn assert_idle(queue: &Queue) {
    assert_eq!(
        (queue.waiting(), queue.running()),
        (0, 0),
        "waiting and running"
    );
}

/// What [`quiet`] says nothing about.
pub(crate) const EXPECTED: &str = "as the test wants";

/// Keeps panics that a test makes on purpose out of its output.
pub(crate) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let expected = payload.downcast_ref::<&str>() == Some(&EXPECTED)
                || payload
                    .downcast_ref::<String>()
                    .is_some_and(|text| text == EXPECTED);
            if !expected {
                before(info);
            }
        }));
    });
}
