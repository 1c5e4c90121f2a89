//! Which series: what stays the same from one snapshot to the next.

use std::sync::Arc;

use crate::snapshot::Series;

/// A series of one aggregator. One that expired and came back is the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The place of its family among all.
    pub(super) family: u32,
    pub(super) is_overflow: bool,
    pub(super) tags: Arc<[Box<str>]>,
}

impl Key {
    pub(super) fn of(family: usize, series: &Series) -> Self {
        Self {
            family: u32::try_from(family).unwrap_or(u32::MAX),
            is_overflow: series.is_overflow,
            tags: series.tags.clone(),
        }
    }
}
