//! [`Bounds`]: which bucket of a distribution a number belongs to.

use crate::amount::Amount;
use crate::definition::Definition;
use crate::unit::Dimension;

/// Upper bounds, ascending, as the numbers are stored: integers are compared with integers.
#[derive(Debug)]
pub(super) enum Bounds {
    Integers(Integers),
    Reals(Box<[f64]>),
}

/// Bounds that are integers, and where to look for a number's.
///
/// A search by halves has to wait for each half, 9 ns for the usual eleven. Bounds of times and
/// sizes grow by factors, so how many bits a number has says all but one or two of them.
#[derive(Debug)]
pub(super) struct Integers {
    bounds: Box<[i64]>,
    /// For numbers of so many bits, the buckets of the smallest and the largest.
    of_bits: Box<[(u32, u32); 65]>,
}

/// More bounds than this are searched by halves.
const FEW: usize = 4;

impl Integers {
    fn new(bounds: Box<[i64]>) -> Self {
        let of_bits = |bits: usize| {
            let (smallest, largest) = match bits {
                0 => (0, 0),
                1..=63 => (1 << (bits - 1), i64::MAX >> (63 - bits)),
                _ => (i64::MIN, -1),
            };
            let bucket = |n| bounds.partition_point(|bound| *bound < n);
            // As many bounds as that do not fit into memory.
            (bucket(smallest) as u32, bucket(largest) as u32)
        };
        Self {
            of_bits: Box::new(std::array::from_fn(of_bits)),
            bounds,
        }
    }

    #[inline(always)]
    fn bucket(&self, n: i64) -> usize {
        let bits = 64 - n.leading_zeros();
        let (first, last) = self.of_bits[bits as usize];
        let (first, last) = (first as usize, last as usize);
        let near = &self.bounds[first..last];
        if near.len() > FEW {
            return first + near.partition_point(|bound| *bound < n);
        }
        let mut bucket = first;
        for bound in near {
            bucket += usize::from(*bound < n);
        }
        bucket
    }
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
            Dimension::Time | Dimension::Bytes => Self::Integers(Integers::new(integers.collect())),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Integers(integers) => integers.bounds.len(),
            Self::Reals(bounds) => bounds.len(),
        }
    }

    /// The bucket of a number; one equal to a bound belongs to it.
    #[inline(always)]
    pub(super) fn bucket(&self, amount: Amount) -> usize {
        match (self, amount) {
            (Self::Integers(integers), Amount::Integer(n)) => integers.bucket(n),
            (Self::Reals(bounds), amount) => {
                let n = amount.as_f64();
                bounds.partition_point(|bound| *bound < n)
            }
            // An amount is always of its metric's dimension.
            (Self::Integers(integers), Amount::Real(_)) => integers.bounds.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let integers = Bounds::Integers(Integers::new([10, 20].into()));
        let reals = Bounds::Reals([10.0, 20.0].into());
        for (n, bucket) in [(0, 0), (10, 0), (11, 1), (20, 1), (21, 2)] {
            assert_eq!(integers.bucket(Amount::Integer(n)), bucket);
            assert_eq!(reals.bucket(Amount::Real(n as f64)), bucket);
        }
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![
            any::<i64>(),
            -100..100_i64,
            (0..63_u32).prop_map(|bits| 1 << bits),
            (0..63_u32).prop_map(|bits| (1 << bits) - 1),
            Just(i64::MIN),
            Just(i64::MAX),
        ]
    }

    proptest! {
        #[test]
        fn the_bucket_is_the_one_that_a_search_finds(
            bounds in btree_set(number(), 0..60),
            numbers in proptest::collection::vec(number(), 50),
        ) {
            let bounds: Box<[i64]> = bounds.into_iter().collect();
            let integers = Integers::new(bounds.clone());
            let near = bounds.iter().flat_map(|bound| {
                [bound.saturating_sub(1), bound.saturating_add(1)]
            });
            for n in numbers.into_iter().chain(near).chain(bounds.iter().copied()) {
                let expected = bounds.partition_point(|bound| *bound < n);
                prop_assert_eq!(integers.bucket(n), expected, "{} in {:?}", n, bounds);
            }
        }
    }
}
