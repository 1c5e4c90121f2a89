//! When the process began, as far as this library knows: the first time anything asked.

use std::time::{Duration, Instant, SystemTime};

use once_cell::sync::Lazy;

static START: Lazy<Instant> = Lazy::new(Instant::now);

/// The moment from which `monotonic_time` counts.
pub(crate) fn start() -> Instant {
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
