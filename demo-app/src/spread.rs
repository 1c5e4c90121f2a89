//! So many of a hundred, without dice: what fails on purpose fails evenly.
//!
//! The numbers of those that are picked are spread by the golden ratio. So of any twenty there are as
//! many as there should be, give or take two, and an objective that allows for them is not missed by bad
//! luck. Nor is it every fifth, which would always be the same page for whoever asks for pages in turns.

use std::sync::atomic::{AtomicU64, Ordering};

/// The fractional part of the golden ratio, of 2 to the power of 64.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Whether the one of this number is among so many of `all`.
pub(crate) fn picks(number: u64, many: u16, all: u16) -> bool {
    // Where the multiples of the golden ratio lie between two whole numbers is spread as evenly as can
    // be, however many there are.
    let place = number.wrapping_mul(GOLDEN);
    u128::from(place) * u128::from(all) < u128::from(many) << 64
}

/// So many of a hundred of what comes by.
#[derive(Debug)]
pub(crate) struct Percent {
    percent: u8,
    // A count only: relaxed.
    met: AtomicU64,
}

impl Percent {
    pub(crate) fn new(percent: u8) -> Self {
        Self {
            percent,
            // Of 0, any share has the number 0 among it.
            met: AtomicU64::new(1),
        }
    }

    /// Whether the next one is among them.
    pub(crate) fn next(&self) -> bool {
        let number = self.met.fetch_add(1, Ordering::Relaxed);
        picks(number, self.percent.into(), 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_is_never_and_always_is_always() {
        let [never, always] = [0, 100].map(Percent::new);
        assert!((0..1_000).all(|_| !never.next() && always.next()));
    }

    #[test]
    fn there_are_never_many_more_than_there_should_be() {
        for percent in [1, 20, 40, 50, 99] {
            let some = Percent::new(percent);
            let mut picked = 0;
            for met in 1..=1_000_u32 {
                picked += u32::from(some.next());
                let should_be = f64::from(met) * f64::from(percent) / 100.0;
                let more = f64::from(picked) - should_be;
                assert!(more.abs() < 2.0, "{percent} % of {met}: {picked}");
            }
        }
    }

    #[test]
    fn of_a_fifth_the_first_is_the_fifth() {
        let fifth = Percent::new(20);
        let first: Vec<u32> = (1..=20).filter(|_| fifth.next()).collect();
        assert_eq!(first, [5, 10, 13, 18]);
    }
}
