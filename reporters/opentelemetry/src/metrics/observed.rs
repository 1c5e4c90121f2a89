//! [`Observed`]: deltas of totals that are kept elsewhere and only read.

use std::collections::HashMap;
use std::sync::Arc;

use telemetry_metrics::{Amount, Data};

/// The number of a plan, and the tags of a series.
pub(super) type Key = (usize, Arc<[Box<str>]>);

/// What was delivered of each.
#[derive(Debug, Default)]
pub(super) struct Observed {
    known: HashMap<Key, Known>,
    round: u64,
}

#[derive(Debug)]
struct Known {
    /// The total as it was delivered, if it ever was.
    data: Option<Data>,
    /// Up to when.
    until: u64,
    /// When it was last there.
    round: u64,
}

impl Observed {
    /// The next collection begins.
    pub(super) fn begin(&mut self) {
        self.round += 1;
    }

    /// What was added since the last delivery, and since when that is; nothing if nothing was.
    ///
    /// A total that fell began anew, so all of it was added.
    pub(super) fn delta(
        &mut self,
        key: &Key,
        now: &Data,
        started: u64,
        time: u64,
    ) -> Option<(Data, u64)> {
        let known = self.known.entry(key.clone()).or_insert(Known {
            data: None,
            until: started,
            round: 0,
        });
        known.round = self.round;
        let delta = since(now, known.data.as_ref());
        let start = known.until;
        if delta.is_none() {
            known.until = time;
        }
        delta.map(|delta| (delta, start))
    }

    /// This total was delivered.
    pub(super) fn delivered(&mut self, key: &Key, total: &Data, time: u64) {
        if let Some(known) = self.known.get_mut(key) {
            known.data = Some(total.clone());
            known.until = time;
        }
    }

    /// Forgets what was not there in this collection.
    pub(super) fn end(&mut self) {
        let round = self.round;
        self.known.retain(|_, known| known.round == round);
    }
}

/// What is more than then; nothing if that is nothing.
fn since(now: &Data, then: Option<&Data>) -> Option<Data> {
    match (now, then) {
        (Data::Counter(now), then) => {
            let then = match then {
                Some(Data::Counter(then)) => *then,
                _ => 0,
            };
            let more = now.checked_sub(then).unwrap_or(*now);
            (more > 0).then_some(Data::Counter(more))
        }
        (Data::LastValue(now), then) => {
            let more = match (*now, then) {
                (Amount::Integer(now), Some(Data::LastValue(Amount::Integer(then))))
                    if now >= *then =>
                {
                    Amount::Integer(now.saturating_sub(*then))
                }
                (Amount::Real(now), Some(Data::LastValue(Amount::Real(then)))) if now >= *then => {
                    Amount::Real(now - then)
                }
                (now, _) => now,
            };
            (!more.is_zero() && !more.is_negative()).then_some(Data::LastValue(more))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        (0, Arc::from(Vec::new()))
    }

    #[test]
    fn what_was_not_delivered_is_added_again() {
        let mut observed = Observed::default();
        let delta = |observed: &mut Observed, total, time| {
            observed.begin();
            let delta = observed.delta(&key(), &Data::Counter(total), 5, time);
            observed.end();
            delta
        };
        assert_eq!(delta(&mut observed, 3, 10), Some((Data::Counter(3), 5)));
        assert_eq!(delta(&mut observed, 4, 20), Some((Data::Counter(4), 5)));
        observed.delivered(&key(), &Data::Counter(4), 20);
        assert_eq!(delta(&mut observed, 4, 30), None);
        assert_eq!(delta(&mut observed, 6, 40), Some((Data::Counter(2), 30)));
        // It began anew.
        observed.delivered(&key(), &Data::Counter(6), 40);
        assert_eq!(delta(&mut observed, 1, 50), Some((Data::Counter(1), 40)));
    }

    #[test]
    fn a_series_that_is_gone_is_forgotten() {
        let mut observed = Observed::default();
        observed.begin();
        let seconds = Data::LastValue(Amount::Integer(7));
        assert!(observed.delta(&key(), &seconds, 0, 1).is_some());
        observed.end();
        observed.begin();
        observed.end();
        assert!(observed.known.is_empty());
    }
}
