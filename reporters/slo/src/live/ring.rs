//! [`Ring`]: what a total was at some sixty moments of a window.
//!
//! A change over the window is the total now less the total when the window began. That moment is not
//! kept exactly: the ring has a slot at most every sixtieth of the window, so the change is over up
//! to a sixtieth more. Slots in which nothing changed are left out, so what is idle costs nothing.
//!
//! Nothing here divides by time. A process that was suspended, or a thread that came late, makes a
//! step of a window long; it distorts no share.

use std::collections::VecDeque;
use std::time::Duration;

/// Into how many parts a window is divided.
const PARTS: u32 = 60;

/// The most slots at once: one per part, one at each end, and one for the moment before the window.
#[cfg(test)]
pub(crate) const MOST: usize = PARTS as usize + 3;

/// Totals by the time since the evaluations began.
#[derive(Debug, Clone)]
pub(crate) struct Ring<T> {
    window: Duration,
    step: Duration,
    /// Never empty. The first is the newest from before the window, if there is one.
    slots: VecDeque<(Duration, T)>,
    now: Duration,
}

impl<T: Copy + PartialEq> Ring<T> {
    /// Begins with this total.
    pub(crate) fn new(window: Duration, now: Duration, total: T) -> Self {
        Self {
            window,
            step: window / PARTS,
            slots: VecDeque::from([(now, total)]),
            now,
        }
    }

    /// Notes the total at a moment that is not before the last one.
    pub(crate) fn push(&mut self, now: Duration, total: T) {
        self.now = now;
        let (at, last) = self.newest();
        if last != total && now >= at.saturating_add(self.step) {
            self.slots.push_back((now, total));
        }
        let begin = now.saturating_sub(self.window);
        let is_before = |slot: Option<&(Duration, T)>| slot.is_some_and(|(at, _)| *at <= begin);
        while is_before(self.slots.get(1)) {
            self.slots.pop_front();
        }
    }

    /// The total when the window began, or when the evaluations did.
    pub(crate) fn base(&self) -> T {
        self.slots[0].1
    }

    /// Since when nothing has changed, as far as slots tell.
    pub(crate) fn newest(&self) -> (Duration, T) {
        self.slots[self.slots.len() - 1]
    }

    /// Whether nothing changed within the window.
    pub(crate) fn is_idle(&self) -> bool {
        self.slots.len() == 1
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<(Duration, T)>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_young_ring_begins_where_it_began() {
        let mut ring = Ring::new(s(60), s(0), 7);
        for at in 1..=60 {
            ring.push(s(at), 7 + at);
            assert_eq!(ring.base(), 7, "{at}");
        }
        ring.push(s(61), 68);
        assert_eq!(ring.base(), 8);
    }

    #[test]
    fn what_does_not_change_takes_no_slots() {
        let mut ring = Ring::new(s(60), s(0), 0);
        for at in 1..1_000 {
            ring.push(s(at), u64::from(at > 500));
            assert!(ring.slots.len() <= 2);
            assert_eq!(ring.is_idle(), at <= 500 || at >= 561, "{at}");
        }
        assert_eq!(ring.base(), 1);
    }

    proptest! {
        /// Against all samples: the base is the sample of a moment that is at most a sixtieth, and the
        /// way to the next sample, before the window.
        #[test]
        fn the_base_is_what_was_when_the_window_began(
            steps in proptest::collection::vec((0u64..40_000, 0u32..3), 1..400),
            window in 1u64..200_000,
        ) {
            let window = Duration::from_millis(window);
            let part = window / PARTS;
            let mut samples = vec![(Duration::ZERO, 0)];
            let mut ring = Ring::new(window, Duration::ZERO, 0);
            let (mut now, mut total) = (Duration::ZERO, 0);
            for (gap, rise) in steps {
                now += Duration::from_millis(gap);
                total += rise;
                samples.push((now, total));
                ring.push(now, total);
                prop_assert!(ring.slots.len() <= MOST);

                let (at, base) = ring.slots[0];
                let begin = now.saturating_sub(window);
                prop_assert!(samples.contains(&(at, base)), "a sample as it was");
                prop_assert!(at <= begin);
                for (moment, total) in &samples {
                    if *moment <= begin && *moment >= at + part {
                        prop_assert_eq!(*total, base, "{:?} is in no slot", moment);
                    }
                }
            }
        }
    }
}
