//! [`Asked`]: what a question is about, taken out of the store, so that it is answered while no lock
//! is held.

use std::ops::Range as Ticks;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::meter::Spread;
use super::query::SeriesId;
use super::range::Range;
use super::slots::Grid;
use super::stats::Stats;
use super::step::{Shape, Step};
use super::store::Store;
use super::track::Track;
use super::trail::Trail;
use crate::definition::Definition;
use crate::metric::Kind;

/// Series of one definition, and the steps of a part of the past.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) zero: SystemTime,
    pub(super) interval: Duration,
    /// The part of the past begins after this tick, and ends with that.
    pub(super) after: u64,
    pub(super) to: u64,
    pub(super) steps: Vec<Ticks<u64>>,
    pub(super) pieces: Vec<Piece>,
}

/// A series that was asked for.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) definition: Arc<Definition>,
    pub(super) shape: Shape,
    pub(super) spread: Spread,
    pub(super) met: u64,
    /// When it was last there, or the end of time.
    pub(super) gone: u64,
    pub(super) trail: Arc<Trail>,
}

impl Store {
    /// For what series counted within a range.
    pub(super) fn ask(&self, ids: &[SeriesId], range: Range) -> Asked {
        let (after, to) = self.resolve(range);
        let tracks: Vec<_> = self.of_one_definition(ids).collect();
        let (after, to) = self.axes.span(coarse_until(&tracks), after, to);
        self.asked(&tracks, after, to)
    }

    /// For what they counted in slots.
    pub(super) fn ask_for_slots(
        &self,
        ids: &[SeriesId],
        range: Range,
        step: Duration,
    ) -> (Asked, Grid) {
        let (after, to) = self.resolve(range);
        let tracks: Vec<_> = self.of_one_definition(ids).collect();
        let until = coarse_until(&tracks);
        let begin = self.axes.begin(until);
        // Of a step that ends beyond, nobody knows what is within.
        let (_, to) = self.axes.span(until, after, to);
        let after = after.min(to);
        let wanted = step.as_nanos().div_ceil(self.interval.as_nanos().max(1));
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
        let (mut coarsest, mut from) = (1, after);
        let grid = loop {
            coarsest = self.axes.coarsest(until, from, to).max(coarsest);
            let grid = Grid::new(after, to, begin, wanted, coarsest);
            // Whole slots may begin earlier, where steps are coarser.
            if self.axes.coarsest(until, grid.begin(), to) <= coarsest {
                break grid;
            }
            from = grid.begin();
        };
        (self.asked(&tracks, grid.begin(), grid.end()), grid)
    }

    fn asked(&self, tracks: &[&Track], after: u64, to: u64) -> Asked {
        let steps = self.axes.fine.steps(after, to).map(|(step, _)| step);
        let pieces = tracks.iter().map(|track| Piece {
            definition: track.definition.clone(),
            shape: track.shape,
            spread: track.meter.spread,
            met: track.met,
            gone: self.gone(track).unwrap_or(u64::MAX),
            trail: track.trail.clone(),
        });
        Asked {
            zero: self.zero,
            interval: self.interval,
            after,
            to,
            steps: steps.collect(),
            pieces: pieces.collect(),
        }
    }

    pub(super) fn resolve(&self, range: Range) -> (u64, u64) {
        range.resolve(self.interval, self.axes.fine.begin, self.axes.newest())
    }

    /// Those that are there and of the same definition as the first of them, each once.
    fn of_one_definition(&self, ids: &[SeriesId]) -> impl Iterator<Item = &Track> {
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

impl Piece {
    /// The steps that end after one tick and up to another.
    pub(super) fn steps(&self, after: u64, to: u64) -> impl Iterator<Item = (u64, Step)> {
        let steps = self.trail.after(self.shape, after);
        steps.take_while(move |(end, _)| *end <= to)
    }
}

impl Asked {
    pub(super) fn definition(&self) -> Option<Arc<Definition>> {
        self.pieces.first().map(|piece| piece.definition.clone())
    }

    /// All together.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::of(self.definition());
        // Both ends are those of steps.
        stats.covered = time_of(self.interval, self.to - self.after);
        for piece in &self.pieces {
            if piece.shape.kind == Kind::LastValue {
                let values = piece.trail.from(piece.shape, self.to);
                let values = values.take_while(|(end, _)| *end <= self.to);
                if let Some((_, value)) = values.last() {
                    stats.add(&value, piece.spread);
                }
                continue;
            }
            for (_, step) in piece.steps(self.after, self.to) {
                stats.add(&step, piece.spread);
            }
        }
        stats.settle();
        stats
    }
}

/// Until when one of them was coarse.
fn coarse_until(tracks: &[&Track]) -> u64 {
    let until = tracks.iter().map(|track| track.coarse_until);
    until.max().unwrap_or(0)
}

/// How long so many ticks are.
pub(super) fn time_of(interval: Duration, ticks: u64) -> Duration {
    let nanos = interval.as_nanos().saturating_mul(ticks.into());
    let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
    Duration::new(seconds, (nanos % 1_000_000_000) as u32)
}
