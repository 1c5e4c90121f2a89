//! [`Latest`]: a series as it stands.

use super::step::{Shape, Step};
use crate::amount::Amount;
use crate::metric::Kind;
use crate::snapshot::Data;

/// What a series has counted since it began, which may be before the history did: as Prometheus would
/// show it, had it asked at the newest sample.
///
/// Of a total it is what was counted in all series that there are, or were since the history began.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Latest {
    /// How many events or numbers; 0 for sums and last values.
    pub count: u64,
    /// The total of a sum, summary or distribution.
    pub sum: Option<Amount>,
    /// The last value; `None` when its series is gone.
    pub value: Option<Amount>,
}

impl Latest {
    pub(super) fn nothing(shape: Shape) -> Self {
        let sum = match Step::nothing(shape) {
            Step::Sum(sum) | Step::Bounds(sum, _) | Step::Indices(sum, _) => Some(sum),
            Step::Count(_) | Step::Value(_) => None,
        };
        Self {
            count: 0,
            sum,
            value: None,
        }
    }

    pub(super) fn of(data: &Data) -> Self {
        let (count, sum, value) = match data {
            Data::Counter(count) => (*count, None, None),
            Data::Sum(sum) => (0, Some(*sum), None),
            Data::LastValue(value) => (0, None, Some(*value)),
            Data::Summary(summary) => (summary.count, Some(summary.sum), None),
            Data::Distribution(distribution) => (distribution.count, Some(distribution.sum), None),
        };
        Self { count, sum, value }
    }

    /// With what was counted in another series.
    pub(super) fn and(self, other: Self) -> Self {
        let sum = match (self.sum, other.sum) {
            (Some(one), Some(another)) => Some(one.plus(another)),
            (one, another) => one.or(another),
        };
        Self {
            count: self.count.saturating_add(other.count),
            sum,
            value: self.value,
        }
    }

    /// What a step added.
    pub(super) fn added(step: &Step, kind: Kind) -> Self {
        let sum = match step {
            Step::Sum(sum) | Step::Bounds(sum, _) | Step::Indices(sum, _) => Some(*sum),
            Step::Count(_) | Step::Value(_) => None,
        };
        let counts = !matches!(kind, Kind::Sum | Kind::LastValue);
        Self {
            count: if counts { step.events() } else { 0 },
            sum,
            value: None,
        }
    }
}
