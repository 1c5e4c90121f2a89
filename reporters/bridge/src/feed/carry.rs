//! What is kept between feeds for a sum: counters over there are integers, and gauges are set, not
//! stepped.
//!
//! A sum that only grows is a counter. Its whole units are recorded, and the rest waits for the next
//! feed, so the counter is never more than one unit behind. A sum that may fall is a gauge, set to
//! the total: `metrics` has steps for gauges, but not every exporter takes them.

use std::collections::HashMap;
use std::time::SystemTime;

use telemetry_metrics::{Amount, Delta, Kind, Snapshot};

/// For how many series something is kept.
const MOST: usize = 100_000;

/// So many are no reason to look which of them are gone.
const FEW: usize = 1_000;

/// A series, as long as no delta of it is at hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SeriesKey {
    kind: Kind,
    name: String,
    tags: Vec<Box<str>>,
    is_overflow: bool,
}

impl SeriesKey {
    pub(super) fn of(delta: &Delta<'_>) -> Self {
        Self {
            kind: delta.definition.kind(),
            name: delta.definition.name().to_owned(),
            tags: delta.tags.to_vec(),
            is_overflow: delta.is_overflow,
        }
    }
}

#[derive(Debug)]
struct Kept {
    /// Of the series: one that comes back after it had expired starts anew.
    started: SystemTime,
    amount: Amount,
}

/// The rests and totals of all series. What is not there is zero.
#[derive(Debug)]
pub(super) struct Carry {
    kept: HashMap<SeriesKey, Kept>,
    /// So many may be added by the feed at hand.
    reserved: usize,
    /// Looks which of them are gone when there are so many.
    look_at: usize,
}

impl Default for Carry {
    fn default() -> Self {
        Self {
            kept: HashMap::new(),
            reserved: 0,
            look_at: FEW,
        }
    }
}

impl Carry {
    pub(super) fn get(&self, key: &SeriesKey, started: SystemTime) -> Option<Amount> {
        let kept = self.kept.get(key)?;
        (kept.started == started).then_some(kept.amount)
    }

    /// A feed begins.
    pub(super) fn begin(&mut self) {
        self.reserved = 0;
    }

    /// Whether there will be room for this one, at the end of the feed at hand.
    pub(super) fn reserve(&mut self, key: &SeriesKey) -> bool {
        if self.kept.contains_key(key) {
            return true;
        }
        let has_room = self.kept.len() + self.reserved < MOST;
        self.reserved += usize::from(has_room);
        has_room
    }

    /// Keeps this for a series for which there is room.
    pub(super) fn put(&mut self, key: SeriesKey, started: SystemTime, amount: Amount) {
        if amount.is_zero() {
            self.kept.remove(&key);
        } else {
            self.kept.insert(key, Kept { started, amount });
        }
    }

    /// Forgets series that have expired: theirs is the room of those that come. To be called when
    /// nothing is left to take of any series, because one that is on its way out is in no snapshot.
    pub(super) fn forget_gone(&mut self, now: impl FnOnce() -> Snapshot) {
        if self.kept.len() < self.look_at {
            return;
        }
        let snapshot = now();
        let mut there = HashMap::new();
        for family in &snapshot.families {
            if family.definition.kind() != Kind::Sum {
                continue;
            }
            for series in &family.series {
                let key = SeriesKey {
                    kind: Kind::Sum,
                    name: family.definition.name().to_owned(),
                    tags: series.tags.to_vec(),
                    is_overflow: series.is_overflow,
                };
                there.insert(key, series.started);
            }
        }
        self.kept
            .retain(|key, kept| there.get(key) == Some(&kept.started));
        // Each look is paid for by as many that have come since.
        self.look_at = (2 * self.kept.len()).clamp(FEW, MOST);
    }
}

/// `kept + added`, of one dimension.
pub(super) fn total(kept: Option<Amount>, added: Amount) -> Amount {
    match (kept, added) {
        (None, added) => added,
        (Some(Amount::Integer(kept)), Amount::Integer(added)) => {
            Amount::Integer(kept.saturating_add(added))
        }
        (Some(kept), added) => Amount::Real(kept.as_f64() + added.as_f64()),
    }
}

/// Whole units of so many nanoseconds, bytes or ones, and the rest. `None` if that is negative, or
/// more than a counter takes.
pub(super) fn split(amount: Amount, factor: u64) -> Option<(u64, Amount)> {
    if let Amount::Integer(n) = amount {
        let n = u64::try_from(n).ok()?;
        let rest = i64::try_from(n % factor).ok()?;
        return Some((n / factor, Amount::Integer(rest)));
    }
    let units = amount.as_f64() / factor as f64;
    // 2^64, the first that is too much.
    if !(0.0..18_446_744_073_709_551_616.0).contains(&units) {
        return None;
    }
    let whole = units.floor();
    let rest = (units - whole) * factor as f64;
    Some((whole as u64, Amount::Real(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units_and_a_rest_are_all_of_it() {
        let integer = Amount::Integer;
        assert_eq!(
            split(integer(2_500_000), 1_000_000),
            Some((2, integer(500_000)))
        );
        assert_eq!(
            split(integer(i64::MAX), 1),
            Some((i64::MAX as u64, integer(0)))
        );
        assert_eq!(split(Amount::Real(2.75), 1), Some((2, Amount::Real(0.75))));
        assert_eq!(split(Amount::Real(0.25), 1), Some((0, Amount::Real(0.25))));
    }

    #[test]
    fn what_no_counter_takes_is_refused() {
        for bad in [-1.0, 1.9e19, f64::MAX, f64::INFINITY, f64::NAN] {
            assert_eq!(split(Amount::Real(bad), 1), None, "{bad}");
        }
        assert_eq!(split(Amount::Integer(-1), 1), None);
    }

    #[test]
    fn totals_are_exact_and_never_wrap() {
        let integer = Amount::Integer;
        assert_eq!(total(None, integer(3)), integer(3));
        assert_eq!(total(Some(integer(3)), integer(-5)), integer(-2));
        assert_eq!(
            total(Some(integer(i64::MAX)), integer(1)),
            integer(i64::MAX)
        );
        assert_eq!(
            total(Some(Amount::Real(0.5)), Amount::Real(1.0)),
            Amount::Real(1.5)
        );
    }
}
