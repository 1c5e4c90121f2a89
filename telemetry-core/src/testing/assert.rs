//! `assert_emitted!` and `assert_not_emitted!`, and what they say when they fail.

use std::fmt::{self, Write as _};

use super::Capture;
use super::report::{Line, Listed, Missed, write_braces};
use crate::pattern::Pattern;
use crate::{Number, OwnedEvent, Value};

/// How many of the events that come closest a message shows.
const SHOWN: usize = 5;

/// Asserts that a [`Capture`](crate::testing::Capture) has an event of this name with these
/// measurements and metadata, and answers a copy of the first such event.
///
/// ```
/// use telemetry::testing::{assert_emitted, capture};
///
/// let orders = capture("shop.order.*");
/// telemetry::execute!("shop.order.placed", { total: 3, items: 2 }, { currency: "EUR" });
///
/// assert_emitted!(orders, "shop.order.placed", { total: 3 }, { currency: "EUR" });
/// assert_emitted!(orders, "shop.order.placed", {}, { user: None::<&str> });
/// let order = assert_emitted!(orders, "shop.order.placed");
/// assert!(order.measurement("items").is_some());
/// ```
///
/// Name, keys and values are written as in [`execute!`](crate::execute!), and the name may be a
/// pattern. The event may have other keys, too; `None` says that it has not this one. Metadata
/// compares as in [`Event::metadata_is`](crate::Event::metadata_is) and measurements as
/// [`Number`](crate::Number)s: `3` is `3u8`, and not `3.0`. For anything else there is
/// [`wait_where`](crate::testing::Capture::wait_where), and what
/// [`named`](crate::testing::Capture::named) answers.
///
/// It does not wait: for events of other threads and tasks, see
/// [`wait_for`](crate::testing::Capture::wait_for).
///
/// # Panics
///
/// If there is no such event. The message shows those that come closest, and how they differ.
#[macro_export]
macro_rules! assert_emitted {
    ($capture:expr, $name:expr $(,)?) => {
        $crate::assert_emitted!($capture, $name, {}, {})
    };
    ($capture:expr, $name:expr, { $($measurements:tt)* } $(,)?) => {
        $crate::assert_emitted!($capture, $name, { $($measurements)* }, {})
    };
    ($capture:expr, $name:expr, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                                { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {
        $crate::testing::__emitted(
            &$capture,
            &$name,
            &[$(($crate::__key!($measurement), $crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?)))),*],
            &[$(($crate::__key!($metadata), $crate::ToValue::to_value($crate::__value!($metadata $(, $value)?)))),*],
        )
    };
}

/// Asserts that a [`Capture`](crate::testing::Capture) has no event that
/// [`assert_emitted!`](crate::assert_emitted!) would accept.
///
/// ```
/// use telemetry::testing::{assert_not_emitted, capture};
///
/// let shop = capture("shop.*");
/// telemetry::execute!("shop.order.placed", { total: 3 });
///
/// assert_not_emitted!(shop, "shop.order.placed", { total: 4 });
/// assert_not_emitted!(shop, "shop.mail.*");
/// ```
///
/// # Panics
///
/// If there is one, or if there may have been one: the capture had no room for some event.
#[macro_export]
macro_rules! assert_not_emitted {
    ($capture:expr, $name:expr $(,)?) => {
        $crate::assert_not_emitted!($capture, $name, {}, {})
    };
    ($capture:expr, $name:expr, { $($measurements:tt)* } $(,)?) => {
        $crate::assert_not_emitted!($capture, $name, { $($measurements)* }, {})
    };
    ($capture:expr, $name:expr, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                                { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {
        $crate::testing::__not_emitted(
            &$capture,
            &$name,
            &[$(($crate::__key!($measurement), $crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?)))),*],
            &[$(($crate::__key!($metadata), $crate::ToValue::to_value($crate::__value!($metadata $(, $value)?)))),*],
        )
    };
}

type Numbers<'w> = &'w [(&'static str, Option<Number>)];
type Values<'w> = &'w [(&'static str, Option<Value<'w>>)];

/// What `assert_emitted!` calls.
#[track_caller]
pub fn emitted(
    capture: &Capture,
    name: &(impl AsRef<str> + ?Sized),
    measurements: Numbers<'_>,
    metadata: Values<'_>,
) -> OwnedEvent {
    let expected = Expected::new(capture, name.as_ref(), measurements, metadata);
    let mut events = capture.events();
    match events.iter().position(|event| expected.is(event)) {
        Some(at) => events.swap_remove(at),
        None => panic!("{}", expected.missing(&events, capture)),
    }
}

/// What `assert_not_emitted!` calls.
#[track_caller]
pub fn not_emitted(
    capture: &Capture,
    name: &(impl AsRef<str> + ?Sized),
    measurements: Numbers<'_>,
    metadata: Values<'_>,
) {
    let expected = Expected::new(capture, name.as_ref(), measurements, metadata);
    let mut events = capture.events();
    events.retain(|event| expected.is(event));
    let missed = Missed {
        foreign: 0,
        ..capture.store.missed()
    };
    assert!(
        events.is_empty() && missed.dropped == 0,
        "not expected: {expected}; {}",
        Listed {
            events: &events,
            missed,
        }
    );
}

struct Expected<'w> {
    name: Pattern,
    measurements: Numbers<'w>,
    metadata: Values<'w>,
}

impl<'w> Expected<'w> {
    #[track_caller]
    fn new(capture: &Capture, name: &str, measurements: Numbers<'w>, metadata: Values<'w>) -> Self {
        Self {
            name: capture.pattern(name),
            measurements,
            metadata,
        }
    }

    fn is(&self, event: &OwnedEvent) -> bool {
        self.name.matches(event.name()) && self.differences(event).is_empty()
    }

    /// A line for each key that is not as expected.
    fn differences(&self, event: &OwnedEvent) -> Vec<String> {
        let numbers = self
            .measurements
            .iter()
            .filter_map(|(key, number)| differs(key, *number, event.measurement(key)));
        let values = self
            .metadata
            .iter()
            .filter_map(|(key, value)| differs(key, *value, event.metadata(key)));
        numbers.chain(values).collect()
    }

    fn missing(&self, events: &[OwnedEvent], capture: &Capture) -> String {
        let mut message = format!("expected: {self}");
        let mut closest: Vec<_> = events
            .iter()
            .filter(|event| self.name.matches(event.name()))
            .map(|event| (event, self.differences(event)))
            .collect();
        closest.sort_by_key(|(_, differences)| differences.len());
        for (event, differences) in closest.iter().take(SHOWN) {
            let _ = write!(message, "\nclosest:  {}", Line(event));
            for difference in differences {
                let _ = write!(message, "\n            {difference}");
            }
        }
        if let Some(more @ 1..) = closest.len().checked_sub(SHOWN) {
            let _ = write!(message, "\n… and {more} more of that name");
        }
        let missed = capture.store.missed();
        let _ = if closest.is_empty() {
            write!(message, "\n{}", Listed { events, missed })
        } else {
            write!(message, "{missed}")
        };
        message
    }
}

fn differs<V: PartialEq + fmt::Debug + Copy>(
    key: &str,
    expected: Option<V>,
    is: Option<V>,
) -> Option<String> {
    let text = |value: &Option<V>| match value {
        Some(value) => format!("{value:?}"),
        None => "absent".to_owned(),
    };
    (expected != is).then(|| format!("{key}: expected {}, is {}", text(&expected), text(&is)))
}

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        write_braces(f, self.measurements.iter().map(|(k, n)| (*k, Shown(n))))?;
        write_braces(f, self.metadata.iter().map(|(k, v)| (*k, Shown(v))))
    }
}

/// `None` where a key is to be absent.
struct Shown<'v, V>(&'v Option<V>);

impl<V: fmt::Debug> fmt::Debug for Shown<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("absent"),
        }
    }
}
