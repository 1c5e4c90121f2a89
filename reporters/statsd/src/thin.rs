//! Few numbers that stand for many.
//!
//! Timers are sent value by value, and a busy series has millions of them. Beyond a limit `keep`,
//! the sorted numbers are cut into `keep` stretches of equal weight, and the **mean** of each
//! stretch is sent, all with one rate. So the count that the daemon computes is right (`keep`
//! divided by the rate), its mean is right (it is the mean of means of equal weight), and its
//! percentiles are off by at most one stretch. Taking the middle of each stretch instead would
//! lose the mean: one request of a minute among a million of a millisecond would be gone.
//!
//! Almost every stretch lies within one part (numbers so close together that the reader keeps them
//! as one), and then its mean is that part's value itself.
//!
//! The work depends on the number of parts and on `keep`, not on how many numbers there are.

/// So many of the numbers of a part, by its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) part: usize,
    pub(crate) count: u64,
}

/// How many numbers there are, and how many lines or values stand for them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampling {
    total: u128,
    keep: u64,
}

impl Sampling {
    /// `parts` are values and how often each occurs.
    pub(crate) fn new(parts: &[(f64, u64)], keep: u64) -> Self {
        Self {
            total: parts.iter().map(|(_, count)| u128::from(*count)).sum(),
            keep: keep.max(1),
        }
    }

    /// What each value is to be divided by to get its weight; `None` if all are sent.
    pub(crate) fn rate(self) -> Option<f64> {
        (self.total > u128::from(self.keep)).then(|| self.keep as f64 / self.total as f64)
    }

    /// Yields the values to send, and for each the numbers that it stands for. `parts` ascend.
    pub(crate) fn each(self, parts: &[(f64, u64)], mut each: impl FnMut(f64, &[Share])) {
        if self.rate().is_none() {
            for (part, (value, count)) in parts.iter().enumerate() {
                for _ in 0..*count {
                    each(*value, &[Share { part, count: 1 }]);
                }
            }
            return;
        }
        let keep = u128::from(self.keep);
        // Two walks over the parts. Stretches end inside numbers: each is `total` long where every
        // number is `keep` long. Marks are for whole numbers, so shares are rounded down to them.
        let mut exact = Walk::new(parts.iter().map(|(_, count)| u128::from(*count) * keep));
        let mut whole = Walk::new(parts.iter().map(|(_, count)| u128::from(*count)));
        let mut shares = Vec::new();
        for stretch in 0..keep {
            let mut mean = 0.0;
            exact.take(self.total, |part, length| {
                let value = parts[part].0;
                if length == self.total {
                    mean = value;
                } else {
                    mean += value * (length as f64 / self.total as f64);
                }
            });
            shares.clear();
            let numbers = (stretch + 1) * self.total / keep - stretch * self.total / keep;
            whole.take(numbers, |part, count| {
                // A share is at most its part, which is counted by a `u64`.
                let count = u64::try_from(count).unwrap_or(u64::MAX);
                shares.push(Share { part, count });
            });
            each(mean, &shares);
        }
    }
}

/// Walks over parts of some length, taking stretches.
struct Walk<L> {
    lengths: L,
    part: usize,
    left: u128,
}

impl<L: Iterator<Item = u128>> Walk<L> {
    fn new(mut lengths: L) -> Self {
        let left = lengths.next().unwrap_or(0);
        let part = 0;
        Self {
            lengths,
            part,
            left,
        }
    }

    fn take(&mut self, mut length: u128, mut each: impl FnMut(usize, u128)) {
        while length > 0 {
            if self.left == 0 {
                let Some(next) = self.lengths.next() else {
                    return;
                };
                self.part += 1;
                self.left = next;
                continue;
            }
            let taken = length.min(self.left);
            each(self.part, taken);
            length -= taken;
            self.left -= taken;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thin(parts: &[(f64, u64)], keep: u64) -> (Vec<f64>, Vec<u64>, Option<f64>) {
        let sampling = Sampling::new(parts, keep);
        let mut values = Vec::new();
        let mut taken = vec![0; parts.len()];
        sampling.each(parts, |value, shares| {
            values.push(value);
            shares
                .iter()
                .for_each(|share| taken[share.part] += share.count);
        });
        (values, taken, sampling.rate())
    }

    #[test]
    fn up_to_the_limit_every_number_is_sent() {
        let (values, taken, rate) = thin(&[(1.0, 2), (3.0, 1)], 3);
        assert_eq!(
            (values, taken, rate),
            (vec![1.0, 1.0, 3.0], vec![2, 1], None)
        );
    }

    #[test]
    fn beyond_it_stretches_of_equal_weight_are() {
        let (values, taken, rate) = thin(&[(1.0, 4), (2.0, 2), (9.0, 2)], 4);
        assert_eq!(values, [1.0, 1.0, 2.0, 9.0]);
        assert_eq!((taken, rate), (vec![4, 2, 2], Some(0.5)));
    }

    #[test]
    fn a_rare_large_number_is_not_lost() {
        let (values, ..) = thin(&[(1.0, 999_999), (60_000.0, 1)], 1_000);
        let mean = values.iter().sum::<f64>() / 1_000.0;
        assert!((mean - 1.059_999).abs() < 1e-9, "{mean}");
        assert_eq!(values[998], 1.0);
        assert!(values[999] > 1.0);
    }

    #[test]
    fn counts_of_any_size_are_no_more_work() {
        let (values, taken, rate) = thin(&[(1.0, u64::MAX), (2.0, u64::MAX)], 10);
        assert_eq!(values, [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(taken, [u64::MAX, u64::MAX]);
        assert_eq!(rate, Some(10.0 / (2.0 * u64::MAX as f64)));
    }

    proptest! {
        #[test]
        fn count_mean_and_marks_are_right(
            mut parts in prop::collection::vec((-1e6f64..1e6, 0u64..5_000), 1..40),
            keep in 1u64..200,
        ) {
            parts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let total: u64 = parts.iter().map(|(_, count)| count).sum();
            let sum: f64 = parts.iter().map(|(value, count)| value * *count as f64).sum();
            let (values, taken, rate) = thin(&parts, keep);

            prop_assert_eq!(values.len() as u64, total.min(keep));
            let counts: Vec<u64> = parts.iter().map(|(_, count)| *count).collect();
            prop_assert_eq!(taken, counts, "each number is marked once");
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-6));

            let weight = 1.0 / rate.unwrap_or(1.0);
            let daemon_count = values.len() as f64 * weight;
            prop_assert!((daemon_count - total as f64).abs() <= 1e-9 * total as f64);
            let daemon_sum = values.iter().sum::<f64>() * weight;
            let size: f64 = parts.iter().map(|(value, count)| value.abs() * *count as f64).sum();
            prop_assert!((daemon_sum - sum).abs() <= 1e-9 * size, "{} {}", daemon_sum, sum);
        }
    }
}
