//! [`Families`]: which tracks belong to which definition.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::definition::Definition;

/// By the place of the definition in the snapshots.
#[derive(Debug, Default)]
pub(super) struct Families(Vec<Family>);

/// The tracks of a definition, by their ids.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) definition: Arc<Definition>,
    /// The track of all together, if it has one.
    pub(super) total: Option<u64>,
    /// Those of its series.
    pub(super) series: BTreeSet<u64>,
}

impl Families {
    /// The definition at this place, which is one after those that are known, or one of them.
    pub(super) fn know(&mut self, number: usize, definition: &Arc<Definition>) {
        match self.0.get_mut(number) {
            Some(family) => {
                if !Arc::ptr_eq(&family.definition, definition) {
                    family.definition = definition.clone();
                }
            }
            None => self.0.push(Family {
                definition: definition.clone(),
                total: None,
                series: BTreeSet::new(),
            }),
        }
    }

    pub(super) fn get(&self, number: u32) -> Option<&Family> {
        self.0.get(number as usize)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Family> {
        self.0.get_mut(number as usize)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Family> {
        self.0.iter()
    }
}
