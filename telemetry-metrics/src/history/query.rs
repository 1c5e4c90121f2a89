//! Questions about the past: which series there are, and what they counted within a range.

use std::sync::Arc;

use super::range::{Range, Tick};
use super::stats::Stats;
use super::step::Step;
use super::store::Store;
use super::track::Track;
use crate::definition::Definition;
use crate::metric::Kind;
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
    /// The tags' texts in the order of [`Definition::tags`]; empty where the tag is absent.
    pub tags: Arc<[Box<str>]>,
    /// Whether this is where events beyond the limit of series are counted.
    pub is_overflow: bool,
    /// At the end of which step it was first there.
    pub met: Tick,
    /// Since when it is not there any more, if it is not: it expired.
    pub gone: Option<Tick>,
}

impl PastSeries {
    /// The tags that are there, with their keys.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        present(&self.definition, &self.tags)
    }
}

impl Store {
    pub(super) fn series(&self) -> Vec<PastSeries> {
        let newest = self.axis.newest();
        let series = self.tracks.iter().map(|(id, track)| PastSeries {
            id: SeriesId(*id),
            definition: track.definition.clone(),
            tags: track.key.tags.clone(),
            is_overflow: track.key.is_overflow,
            met: Tick(track.met),
            gone: (track.seen < newest).then_some(Tick(track.seen)),
        });
        series.collect()
    }

    pub(super) fn stats(&self, ids: &[SeriesId], range: Range) -> Stats {
        let (after, to) = self.resolve(range);
        let mut stats = Stats::new();
        for (step, _) in self.axis.steps(after, to) {
            stats.covered += self.time_of(step.end - step.start);
        }
        for track in self.of_one_definition(ids) {
            stats.begin(track);
            if track.shape.kind == Kind::LastValue {
                let values = track.steps(0, to).map(|(_, value)| value);
                stats.add(&values.last().unwrap_or(Step::Value(None)));
                continue;
            }
            for (_, step) in track.steps(after, to) {
                stats.add(&step);
            }
        }
        stats
    }

    pub(super) fn resolve(&self, range: Range) -> (u64, u64) {
        range.resolve(self.interval, self.axis.begin, self.axis.newest())
    }

    /// When a series was last there, or the end of time.
    pub(super) fn gone(&self, track: &Track) -> u64 {
        if track.seen < self.axis.newest() {
            track.seen
        } else {
            u64::MAX
        }
    }

    /// Those that are there and of the same definition as the first of them, each once.
    pub(super) fn of_one_definition(&self, ids: &[SeriesId]) -> impl Iterator<Item = &Track> {
        let mut ids = ids.to_vec();
        let first = ids.iter().find_map(|id| self.tracks.get(&id.0));
        let family = first.map(|track| track.key.family);
        ids.sort_unstable();
        ids.dedup();
        let tracks = ids
            .into_iter()
            .filter_map(|id| self.tracks.get(&id.0).map(|track| &**track));
        tracks.filter(move |track| Some(track.key.family) == family)
    }
}
