//! [`Bounds`]: which bucket of a distribution a number belongs to.

use crate::amount::Amount;
use crate::definition::Definition;
use crate::unit::Dimension;

/// Upper bounds, ascending, as the numbers are stored: integers are compared with integers.
#[derive(Debug)]
pub(super) enum Bounds {
    Integers(Box<[i64]>),
    Reals(Box<[f64]>),
}

impl Bounds {
    pub(super) fn new(metric: &Definition) -> Self {
        let bounds = &metric.stored_bounds;
        let integers = bounds.iter().filter_map(|bound| match bound {
            Amount::Integer(n) => Some(*n),
            Amount::Real(_) => None,
        });
        match metric.dimension() {
            Dimension::None => Self::Reals(bounds.iter().map(|bound| bound.as_f64()).collect()),
            Dimension::Time | Dimension::Bytes => Self::Integers(integers.collect()),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Integers(bounds) => bounds.len(),
            Self::Reals(bounds) => bounds.len(),
        }
    }

    /// The bucket of a number; one equal to a bound belongs to it.
    #[inline(always)]
    pub(super) fn bucket(&self, amount: Amount) -> usize {
        match (self, amount) {
            (Self::Integers(bounds), Amount::Integer(n)) => {
                bounds.partition_point(|bound| *bound < n)
            }
            (Self::Reals(bounds), amount) => {
                let n = amount.as_f64();
                bounds.partition_point(|bound| *bound < n)
            }
            // An amount is always of its metric's dimension.
            (Self::Integers(bounds), Amount::Real(_)) => bounds.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let integers = Bounds::Integers([10, 20].into());
        let reals = Bounds::Reals([10.0, 20.0].into());
        for (n, bucket) in [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2)] {
            assert_eq!(integers.bucket(Amount::Integer(n)), bucket);
            assert_eq!(reals.bucket(Amount::Real(n as f64)), bucket);
        }
    }
}
