//! Totals: one more track per definition with tags, for all its series together.

use std::sync::Arc;

use super::families::Family;
use super::latest::Latest;
use super::store::Store;
use super::together::Together;
use super::track::Track;
use crate::definition::Definition;
use crate::metric::Kind;
use crate::snapshot::Snapshot;

impl Store {
    /// Takes note of definitions that are new, or were described anew, and begins their totals.
    pub(super) fn know_families(&mut self, snapshot: &Snapshot, tick: u64) {
        for (number, family) in (0..).zip(&snapshot.families) {
            let definition = &family.definition;
            self.families.know(number as usize, definition);
            let wanted = !definition.tags().is_empty() && definition.kind() != Kind::LastValue;
            let is_there = |family: &Family| family.total.is_some();
            if !wanted || self.families.get(number).is_some_and(is_there) {
                continue;
            }
            let mut total = Track::of_total(number, definition, tick, self.axes.generation);
            // A definition that is added while the program runs has no tags before it meets one; its
            // one series was the total so far.
            let family = self.families.get(number);
            let ids = family.into_iter().flat_map(|family| &family.series);
            let tracks: Vec<_> = ids.filter_map(|id| self.tracks.get(id)).collect();
            if let [only] = &tracks[..] {
                total.go_on_from(only);
                total.set_coarse(&self.axes, false);
            }
            for track in tracks {
                total.latest = total.latest.and(track.latest);
            }
            if self.force_room(total.bytes(), tick) {
                let id = self.insert(total);
                if let Some(family) = self.families.get_mut(number) {
                    family.total = Some(id);
                }
            }
        }
    }

    pub(super) fn total_of(&mut self, family: u32) -> Option<&mut Track> {
        let id = self.families.get(family)?.total?;
        self.tracks.get_mut(&id).map(|track| &mut **track)
    }

    /// What all series of a definition added becomes a step of their total.
    pub(super) fn add_up(
        &mut self,
        family: u32,
        definition: &Arc<Definition>,
        together: &Together,
        before: u64,
        tick: u64,
    ) {
        let interval = self.interval;
        let Some(total) = self.total_of(family) else {
            return;
        };
        total.see(definition, tick);
        let step = together.step();
        if step.is_nothing() {
            return;
        }
        total.meter.spread = total.meter.spread.and(together.spread);
        total.latest = total.latest.and(Latest::added(&step, total.shape.kind));
        let events = together.events;
        total.activity.add(events, before, tick, interval);
        if let Some(id) = self.families.get(family).and_then(|family| family.total) {
            self.write(id, tick, &step);
        }
    }
}
