//! [`Budget`]: how much memory is used, and what goes when there is no more.
//!
//! Bytes are reserved before anything is put where it stays, so what the store holds is within its
//! budget at each moment. When there is no room, the oldest trace of one class goes. It is the class
//! that is the furthest above its share; so a class that is within its share loses nothing, however
//! many traces of another come, and memory that one does not need is used by the others.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::class::Class;
use super::shard::Shard;

#[derive(Debug)]
pub(super) struct Budget {
    most: usize,
    shares: [usize; Class::ALL.len()],
    used: AtomicUsize,
}

impl Budget {
    /// `kept` is the part of all that is for slow and failed traces; they have half of that each, as
    /// those in progress and the ordinary have of the rest.
    pub(super) fn new(most: usize, kept: f64) -> Self {
        let kept = (most as f64 * kept) as usize / 2;
        let others = most / 2 - kept.min(most / 2);
        Self {
            most,
            shares: Class::ALL.map(|class| if class.is_kept() { kept } else { others }),
            used: AtomicUsize::new(0),
        }
    }

    pub(super) fn most(&self) -> usize {
        self.most
    }

    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether there was room for so many bytes, which are reserved now.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        let more = |used: usize| Some(used + bytes).filter(|used| *used <= self.most);
        let reserved = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        reserved.is_ok()
    }

    pub(super) fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The class that has to give something up for `bytes` more of the class `coming`.
    fn above_its_share(&self, shards: &[Shard], bytes: usize, coming: Class) -> Option<Class> {
        let held = |class| shards.iter().map(|shard| shard.bytes(class)).sum::<usize>();
        let above = Class::ALL.into_iter().filter_map(|class| {
            let held: usize = held(class);
            let wanted = held + if class == coming { bytes } else { 0 };
            (held > 0).then_some((wanted as i128 - self.shares[class.index()] as i128, class))
        });
        above.max().map(|(_, class)| class)
    }

    /// Evicts traces, the oldest of the class that has to give something up. `false` if nothing is there.
    ///
    /// What it goes by may be out of date a moment later; then a trace goes that is nearly the oldest.
    pub(super) fn evict(&self, shards: &[Shard], bytes: usize, coming: Class) -> bool {
        // So often may others have been quicker.
        for _ in 0..32 {
            let Some(class) = self.above_its_share(shards, bytes, coming) else {
                return false;
            };
            let oldest = shards
                .iter()
                .filter_map(|shard| Some((shard.oldest(class)?, shard)))
                .min_by_key(|(age, _)| *age);
            let Some((_, shard)) = oldest else { continue };
            let evictees = shard.evict(class);
            let bytes: usize = evictees.iter().flatten().map(|entry| entry.bytes).sum();
            // Freed outside of the lock, and before their room is given to others.
            drop(evictees);
            if bytes > 0 {
                self.release(bytes);
                return true;
            }
        }
        false
    }
}
