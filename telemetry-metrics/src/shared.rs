//! [`Shared`]: what outlives the aggregator as long as somebody reads it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::cells::Wanted;
use crate::definition::Definition;
use crate::expiry::PATIENCE;
use crate::group::Group;
use crate::health::Board;
use crate::late::Added;
use crate::lease::Lease;
use crate::readers::Readers;

/// What readers and reporters share with the aggregator.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) definitions: Vec<Arc<Definition>>,
    pub(crate) groups: Vec<Arc<Group>>,
    /// For each definition: its group, and its place in the group's rows.
    pub(crate) places: Vec<(usize, usize)>,
    pub(crate) constant_tags: Vec<(String, String)>,
    /// What readers want that is not kept otherwise.
    pub(crate) wanted: Arc<Wanted>,
    pub(crate) readers: Readers,
    /// After so long without an event, a series goes.
    pub(crate) expire_after: Option<Duration>,
    pub(crate) health: Board,
    /// What was added while it runs.
    pub(crate) late: Added,
}

impl Shared {
    /// Lets series go that are to go. Called by whoever reads.
    pub(crate) fn sweep(&self) {
        self.sweep_at(Instant::now());
    }

    /// The same at this moment, which a reader that reads now has noted.
    pub(crate) fn sweep_at(&self, now: Instant) {
        // The map cannot be written to by a thread that is ending; the next to read will do it.
        let Some(after) = self.expire_after.filter(|_| !Lease::current().is_ending()) else {
            return;
        };
        self.readers
            .let_silent_go(now, after.saturating_mul(PATIENCE));
        for group in &self.groups {
            let gone = group.rows.sweep(now, after, &self.readers);
            if gone > 0 {
                for account in &group.accounts {
                    account.expired.fetch_add(gone, Ordering::Relaxed);
                }
            }
        }
    }
}
