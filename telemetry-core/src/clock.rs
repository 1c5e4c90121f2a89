//! Clocks: when the process began, as far as this library knows (the first time anything asked),
//! and the moments at which spans begin and end.
//!
//! With the feature `tsc`, moments are read from the processor's time-stamp counter where there is
//! an invariant one, which costs less than half of what asking the operating system does. No time
//! of day is ever derived from it: its rate is a little off, which over days adds up.

use std::time::{Duration, SystemTime};

use once_cell::sync::Lazy;

#[cfg(feature = "tsc")]
pub(crate) use fastant::Instant as Moment;
#[cfg(not(feature = "tsc"))]
pub(crate) use std::time::Instant as Moment;

static START: Lazy<Moment> = Lazy::new(Moment::now);

/// The moment from which `monotonic_time` counts.
pub(crate) fn start() -> Moment {
    *START
}

/// Time since [`start`]; never goes back.
pub(crate) fn monotonic_time() -> Duration {
    start().elapsed()
}

/// Time since the Unix epoch; zero on a clock set before it.
pub(crate) fn system_time() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
