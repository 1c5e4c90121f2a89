//! How events look in the messages of tests that fail.

use std::fmt;

use super::store::MAX_EVENTS;
use crate::OwnedEvent;

/// More are only counted: a message is read by people.
const LISTED: usize = 20;

/// `2 events were captured:` and one line for each.
pub(super) struct Listed<'e> {
    pub(super) events: &'e [OwnedEvent],
    pub(super) missed: Missed,
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.events.len() {
            0 => f.write_str("no event was captured")?,
            1 => f.write_str("1 event was captured:")?,
            many => write!(f, "{many} events were captured:")?,
        }
        for event in self.events.iter().take(LISTED) {
            write!(f, "\n  {}", Line(event))?;
        }
        if let Some(more @ 1..) = self.events.len().checked_sub(LISTED) {
            write!(f, "\n  … and {more} more")?;
        }
        self.missed.fmt(f)
    }
}

/// What a capture has not kept, of what is called as it asks. What a test misses may be among it.
#[derive(Clone, Copy, Default)]
pub(super) struct Missed {
    /// There was no room.
    pub(super) dropped: u64,
    /// Belonged to other scopes, or to none.
    pub(super) foreign: u64,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dropped, foreign } = self;
        if *dropped > 0 {
            write!(
                f,
                "\n  and {dropped} that there was no room for: a capture keeps {MAX_EVENTS}, so \
                 `take` them now and then, or capture less"
            )?;
        }
        if *foreign > 0 {
            write!(
                f,
                "\n  and {foreign} elsewhere, outside of the capture's scope: by other tests, or by \
                 threads and tasks that do not belong to it (see `telemetry::testing`)"
            )?;
        }
        Ok(())
    }
}

/// An event as one would emit it: `shop.order.placed {total: 3} {currency: "EUR"}`.
pub(super) struct Line<'e>(pub(super) &'e OwnedEvent);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())?;
        write_braces(f, self.0.measurements())?;
        write_braces(f, self.0.all_metadata())
    }
}

/// ` {total: 3, items: 2}`.
pub(super) fn write_braces<V: fmt::Debug>(
    f: &mut impl fmt::Write,
    all: impl Iterator<Item = (&'static str, V)>,
) -> fmt::Result {
    f.write_str(" {")?;
    for (at, (key, value)) in all.enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(f, "{comma}{key}: {value:?}")?;
    }
    f.write_str("}")
}
