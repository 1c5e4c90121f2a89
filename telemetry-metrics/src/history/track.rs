//! [`Track`]: one series, or the total of several, as far as it is remembered.

use std::mem::size_of;
use std::sync::Arc;

use super::activity::Activity;
use super::axes::Axes;
use super::key::Key;
use super::latest::Latest;
use super::meter::{Meter, PIECE};
use super::rest::Rest;
use super::step::Shape;
use super::trail::Trail;
use crate::definition::Definition;
use crate::snapshot::Series;

#[derive(Debug)]
pub(super) struct Track {
    pub(super) key: Key,
    /// Whether it is all series of the definition together.
    pub(super) is_total: bool,
    pub(super) definition: Arc<Definition>,
    pub(super) shape: Shape,
    /// The end of the first step in which it was there.
    pub(super) met: u64,
    /// When it was last there.
    pub(super) seen: u64,
    pub(super) meter: Meter,
    pub(super) latest: Latest,
    pub(super) activity: Activity,
    pub(super) trail: Arc<Trail>,
    /// Until when it is coarse, see [`Axes`]: `u64::MAX` as long as it is.
    pub(super) coarse_until: u64,
    /// In which generation of the axes its trail followed them last.
    followed: u32,
}

impl Track {
    pub(super) fn of_series(
        key: Key,
        definition: &Arc<Definition>,
        rest: Rest,
        series: &Series,
        tick: u64,
        generation: u32,
    ) -> Self {
        Self {
            key,
            is_total: false,
            definition: definition.clone(),
            shape: Shape::of(definition),
            met: tick,
            seen: tick,
            meter: rest.meter,
            latest: Latest::of(&series.data),
            activity: rest.activity,
            trail: Arc::default(),
            coarse_until: 0,
            followed: generation,
        }
    }

    pub(super) fn of_total(
        family: u32,
        definition: &Arc<Definition>,
        tick: u64,
        generation: u32,
    ) -> Self {
        let shape = Shape::of(definition);
        Self {
            key: Key {
                family,
                is_overflow: false,
                tags: Arc::default(),
            },
            is_total: true,
            definition: definition.clone(),
            shape,
            met: tick,
            seen: tick,
            meter: Meter::idle(),
            latest: Latest::nothing(shape),
            activity: Activity::default(),
            trail: Arc::default(),
            coarse_until: 0,
            followed: generation,
        }
    }

    /// It is there at this tick, with this definition; one may be described later, say.
    pub(super) fn see(&mut self, definition: &Arc<Definition>, tick: u64) {
        self.seen = tick;
        if !Arc::ptr_eq(&self.definition, definition) {
            self.definition = definition.clone();
        }
    }

    /// With the past of its only series.
    pub(super) fn go_on_from(&mut self, only: &Self) {
        self.met = only.met;
        self.meter.spread = only.meter.spread;
        self.activity = only.activity;
        self.trail = only.trail.clone();
        self.coarse_until = only.coarse_until;
        self.followed = only.followed;
    }

    pub(super) fn is_coarse(&self) -> bool {
        self.coarse_until == u64::MAX
    }

    /// From now on it is coarse, or from the end of this step on it is not any more.
    pub(super) fn set_coarse(&mut self, axes: &Axes, is_coarse: bool) {
        if is_coarse == self.is_coarse() {
            return;
        }
        self.coarse_until = if is_coarse { u64::MAX } else { axes.newest() };
        self.follow_since(axes, None);
    }

    /// Merges what was merged on its axis.
    pub(super) fn follow(&mut self, axes: &Axes) {
        if self.followed != axes.generation {
            self.follow_since(axes, Some(self.followed));
        }
    }

    fn follow_since(&mut self, axes: &Axes, last: Option<u32>) {
        let trail = Arc::make_mut(&mut self.trail);
        trail.follow(self.shape, axes, self.coarse_until, last);
        self.followed = axes.generation;
    }

    /// How many bytes it takes, with its entries in three tables that may be half empty.
    pub(super) fn bytes(&self) -> usize {
        let tags = self.key.tags.iter().map(|tag| tag.len() + 2 * PIECE);
        let tables =
            2 * size_of::<(u64, Box<Self>)>() + 3 * size_of::<(Key, u64)>() + 3 * size_of::<u64>();
        let own = size_of::<Self>() + 3 * PIECE + self.meter.bytes();
        let trail = self.trail.bytes() + size_of::<Trail>() + 2 * PIECE;
        tables + own + trail + tags.sum::<usize>()
    }
}
