//! [`Wanted`]: what emitters are to keep because somebody reads it.

use std::sync::atomic::{AtomicU32, Ordering};

/// What readers want that is not kept otherwise.
///
/// One word, because emitters look at it: the uppermost bit is whether values of distributions are
/// wanted, the others are the epoch of exemplars, 0 if none are.
#[derive(Debug, Default)]
pub(crate) struct Wanted(AtomicU32);

pub(super) const VALUES: u32 = 1 << 31;

impl Wanted {
    pub(crate) fn want_values(&self) {
        self.0.fetch_or(VALUES, Ordering::SeqCst);
    }

    pub(crate) fn want_exemplars(&self) {
        if !self.exemplars() {
            self.0.fetch_or(1, Ordering::SeqCst);
        }
    }

    pub(crate) fn exemplars(&self) -> bool {
        self.0.load(Ordering::Relaxed) & !VALUES != 0
    }

    /// From here on each bucket may take another exemplar.
    pub(crate) fn next_epoch(&self) {
        if self.exemplars() {
            let next = |wanted: u32| {
                let epoch = (wanted & !VALUES) % (VALUES - 1) + 1;
                Some(wanted & VALUES | epoch)
            };
            let _ = self
                .0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        }
    }

    #[inline(always)]
    pub(crate) fn load(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_never_come_to_mean_that_nothing_is_wanted() {
        let wanted = Wanted(AtomicU32::new(VALUES - 1));
        wanted.want_values();
        for epoch in [1, 2, 3] {
            wanted.next_epoch();
            assert_eq!(wanted.load(), VALUES | epoch);
        }
        let nothing = Wanted::default();
        nothing.next_epoch();
        assert_eq!(nothing.load(), 0);
    }
}
