//! How much the dashboard does for those who look, and what it says to whoever is one too many.

use std::time::Duration;

/// How many may look, and at how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Streams at once.
    pub(crate) viewers: usize,
    /// Different sections that are kept up to date at once, by all viewers together.
    pub(crate) sections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            viewers: 256,
            sections: 512,
        }
    }
}

/// How many answers of the JSON api are made at once; the others wait for their turn.
pub(super) const ANSWERS: usize = 4;

/// A message takes no further section when it is longer than this: the others are in the next.
pub(super) const FULL_MESSAGE: usize = 1 << 20;

/// A section that is longer than this is not sent; a notice stands in its place.
pub(super) const LONGEST_SECTION: usize = 4 << 20;

/// When things happen. Tests are in more of a hurry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// From one tick to the next.
    pub(super) pace: Duration,
    /// Whether a tick waits for a new sample of the history, which come at this pace.
    pub(super) waits_for_sample: bool,
    /// How long a section is kept for a viewer who comes back, as one who reloads the page does.
    pub(super) grace: Duration,
    /// After so much silence there is a comment, so that nobody on the way thinks the stream dead.
    pub(super) heartbeat: Duration,
    /// A viewer who takes nothing for so long is ended.
    pub(super) patience: Duration,
    /// When a section that panicked is tried again.
    pub(super) retry: Duration,
    /// How long a tick waits for the pages of the host, so that they are in the same message.
    pub(super) host: Duration,
}

impl Times {
    /// As fast as there are samples, but neither a burden nor a bore.
    pub(super) fn of(interval: Duration) -> Self {
        let pace = interval.clamp(Duration::from_millis(100), Duration::from_secs(1));
        Self {
            pace,
            waits_for_sample: interval <= pace,
            grace: Duration::from_secs(5),
            heartbeat: Duration::from_secs(15),
            patience: Duration::from_secs(60),
            retry: Duration::from_secs(10),
            host: Duration::from_millis(50),
        }
    }
}

/// Why somebody is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// So many look already.
    Viewers(usize),
    /// So many different sections are looked at already.
    Sections(usize),
    /// The dashboard was closed.
    Closed,
}

impl Busy {
    /// For whoever reads it.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Viewers(limit) => format!(
                "{limit} viewers watch already, which is as many as this dashboard serves at once"
            ),
            Self::Sections(limit) => format!(
                "viewers watch {limit} different sections already, which is as many as this dashboard \
                 keeps up to date at once"
            ),
            Self::Closed => "this dashboard is closing".to_owned(),
        }
    }

    /// When to try again: seconds, for `Retry-After`.
    pub(crate) fn retry_after(self) -> u32 {
        match self {
            Self::Viewers(_) | Self::Sections(_) => 10,
            Self::Closed => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_as_far_apart_as_samples_within_reason() {
        let pace = |millis| {
            let times = Times::of(Duration::from_millis(millis));
            (times.pace.as_millis(), times.waits_for_sample)
        };
        assert_eq!(pace(10), (100, true));
        assert_eq!(pace(250), (250, true));
        assert_eq!(pace(1_000), (1_000, true));
        // Traces and the tail go on between two samples.
        assert_eq!(pace(10_000), (1_000, false));
    }
}
