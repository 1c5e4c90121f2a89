//! Which series there are.

use std::sync::Arc;

use super::latest::Latest;
use super::range::Tick;
use super::store::Store;
use super::track::Track;
use crate::definition::Definition;
use crate::snapshot::present;

/// Names a series as long as the process runs; never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId(pub(super) u64);

impl SeriesId {
    /// The series of this number. It need not be there; then it has no past.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// A series that is remembered.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PastSeries {
    /// To ask for its past with.
    pub id: SeriesId,
    /// What its numbers mean.
    pub definition: Arc<Definition>,
    /// The tags' texts in the order of [`Definition::tags`]; empty where the tag is absent. Empty
    /// altogether for the overflow series and for totals.
    pub tags: Arc<[Box<str>]>,
    /// Whether this is where events beyond the limit of series are counted.
    pub is_overflow: bool,
    /// Whether this is all series of a definition together, see
    /// [`History::totals`](super::History::totals). The one series of a definition without tags is
    /// not marked.
    pub is_total: bool,
    /// Whether its past is coarser than the plan for all, because others needed the room.
    pub is_coarse: bool,
    /// At the end of which step it was first there.
    pub met: Tick,
    /// Since when it is not there any more, if it is not: it expired.
    pub gone: Option<Tick>,
    /// How much happens in it lately: events or numbers per second; of a sum or last value, changes
    /// that were seen per second. What happened a minute ago counts for a third of what happens now.
    pub activity: f64,
    /// What it has counted since it began.
    pub latest: Latest,
}

impl PastSeries {
    /// The tags that are there, with their keys.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        present(&self.definition, &self.tags)
    }
}

impl Store {
    pub(super) fn series(&self) -> Vec<PastSeries> {
        let series = self.tracks.iter().filter(|(_, track)| !track.is_total);
        series.map(|(id, track)| self.past(*id, track)).collect()
    }

    pub(super) fn series_of(&self, name: &str) -> Vec<PastSeries> {
        let families = self.families.iter();
        let families = families.filter(|family| family.definition.name() == name);
        let ids = families.flat_map(|family| &family.series);
        let mut series: Vec<_> = ids.filter_map(|id| self.past_of(*id)).collect();
        series.sort_by(|one, another| another.activity.total_cmp(&one.activity));
        series
    }

    pub(super) fn definitions(&self) -> Vec<(Arc<Definition>, usize)> {
        let families = self.families.iter();
        let known = families.map(|family| (family.definition.clone(), family.series.len()));
        known.collect()
    }

    pub(super) fn totals(&self) -> Vec<PastSeries> {
        let families = self.families.iter();
        let ids = families.filter_map(|family| {
            let is_one = family.definition.tags().is_empty();
            let only = is_one.then(|| family.series.first().copied()).flatten();
            family.total.or(only)
        });
        ids.filter_map(|id| self.past_of(id)).collect()
    }

    fn past_of(&self, id: u64) -> Option<PastSeries> {
        self.tracks.get(&id).map(|track| self.past(id, track))
    }

    fn past(&self, id: u64, track: &Track) -> PastSeries {
        PastSeries {
            id: SeriesId(id),
            definition: track.definition.clone(),
            tags: track.key.tags.clone(),
            is_overflow: track.key.is_overflow,
            is_total: track.is_total,
            is_coarse: track.is_coarse(),
            met: Tick(track.met),
            gone: self.gone(track).map(Tick),
            activity: track.activity.at(self.axes.newest(), self.interval),
            latest: track.latest,
        }
    }

    /// When a series was last there, if it is not any more.
    pub(super) fn gone(&self, track: &Track) -> Option<u64> {
        (track.seen < self.axes.newest()).then_some(track.seen)
    }
}
