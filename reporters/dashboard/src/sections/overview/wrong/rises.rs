//! [`Rises`]: when counts that nobody keeps a history of were last seen to grow.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::sections::RECENTLY;

/// More counts than this are not remembered.
const MOST: usize = 10_000;

/// When counts were last seen to grow. There is one for all who look, as long as the process runs: what
/// failed once, days ago, is no news to whoever comes next.
#[derive(Debug, Default)]
pub(crate) struct Rises(Mutex<HashMap<String, (u64, Duration)>>);

impl Rises {
    /// Whether the count grew within the last ten minutes, as far as was watched. Of one that is not zero when it
    /// is first looked at nobody knows, so it may have.
    pub(super) fn is_recent(&self, key: &str, count: u64, now: Duration) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 {
            counts.remove(key);
            return false;
        }
        let Some((known, since)) = counts.get_mut(key) else {
            if counts.len() < MOST {
                counts.insert(key.to_owned(), (count, now));
            }
            return true;
        };
        if *known != count {
            (*known, *since) = (count, now);
        }
        now.saturating_sub(*since) < RECENTLY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_stands_still_for_ten_minutes_is_old() {
        let rises = Rises::default();
        let at = |count, seconds| rises.is_recent("it", count, Duration::from_secs(seconds));
        assert!(!at(0, 0));
        assert!(at(1, 10));
        assert!(at(1, 609));
        assert!(!at(1, 610));
        assert!(at(2, 611));
        assert!(!at(0, 612));
        assert!(at(1, 613), "it began anew");
    }
}
