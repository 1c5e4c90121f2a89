//! Clocks: when the process began, as far as this library knows (the first time anything asked),
//! and the moments at which spans begin and end.
//!
//! With the feature `tsc`, moments are read from the processor's time-stamp counter where there is
//! an invariant one, which costs less than half of what asking the operating system does. No time
//! of day is ever derived from it: its rate is a little off, which over days adds up.

use std::time::{Duration, SystemTime};

use once_cell::sync::Lazy;

#[cfg(not(feature = "tsc"))]
pub(crate) use std::time::Instant as Moment;
#[cfg(feature = "tsc")]
pub(crate) use tsc::Moment;

#[cfg(feature = "tsc")]
mod tsc {
    use std::time::{Duration, Instant};

    /// By the counter, if there is one that can be used. `fastant` alone would read the time of day
    /// elsewhere, and that may be set back.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Moment {
        Counter(fastant::Instant),
        System(Instant),
    }

    impl Moment {
        #[inline]
        pub(crate) fn now() -> Self {
            if fastant::is_tsc_available() {
                Self::Counter(fastant::Instant::now())
            } else {
                Self::system()
            }
        }

        #[inline]
        pub(super) fn system() -> Self {
            Self::System(Instant::now())
        }

        /// Zero if `earlier` is later.
        #[inline]
        pub(crate) fn duration_since(&self, earlier: Self) -> Duration {
            match (self, earlier) {
                (Self::Counter(to), Self::Counter(from)) => to.duration_since(from),
                (Self::System(to), Self::System(from)) => to.duration_since(from),
                // Never: which it is is settled when the process begins.
                _ => Duration::ZERO,
            }
        }

        #[inline]
        pub(crate) fn elapsed(&self) -> Duration {
            match self {
                Self::Counter(from) => from.elapsed(),
                Self::System(from) => from.elapsed(),
            }
        }
    }
}

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

#[cfg(all(test, feature = "tsc"))]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn without_a_counter_that_can_be_used_the_clock_is_one_that_never_goes_back() {
        let is_counter = matches!(Moment::now(), Moment::Counter(_));
        assert_eq!(is_counter, fastant::is_tsc_available());
        for now in [Moment::now, Moment::system] {
            let (outer, first) = (Instant::now(), now());
            let second = now();
            let apart = second.duration_since(first);
            assert!(apart <= outer.elapsed() * 2 && first.duration_since(second).is_zero());
            assert!(first.elapsed() >= apart);
        }
    }
}
