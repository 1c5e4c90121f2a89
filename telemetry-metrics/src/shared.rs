//! [`Shared`]: what outlives the aggregator as long as somebody reads it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::definition::Definition;
use crate::group::Group;
use crate::health::Board;

/// What readers and reporters share with the aggregator.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) definitions: Vec<Arc<Definition>>,
    pub(crate) groups: Vec<Arc<Group>>,
    /// For each definition: its group, and its place in the group's rows.
    pub(crate) places: Vec<(usize, usize)>,
    pub(crate) constant_tags: Vec<(String, String)>,
    /// Whether a reader needs the values of distributions.
    pub(crate) values_wanted: Arc<AtomicBool>,
    pub(crate) health: Board,
}
