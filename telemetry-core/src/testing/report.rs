//! How events look in the messages of tests that fail.

use std::fmt;

use crate::OwnedEvent;

/// More are only counted: a message is read by people.
const LISTED: usize = 20;

/// `2 events were captured:` and one line for each.
pub(super) struct Listed<'e> {
    pub(super) events: &'e [OwnedEvent],
    pub(super) dropped: u64,
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
        match self.dropped {
            0 => Ok(()),
            dropped => write!(f, "\n  and {dropped} that there was no room for"),
        }
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
