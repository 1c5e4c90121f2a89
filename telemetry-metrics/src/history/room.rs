//! Room: what happens when the budget is hit.
//!
//! The rule, one after the other, and only as far as it must be:
//!
//! 1. The quietest series become coarse, one after the other, until a thirty-second of the budget is
//!    free. Totals do not, nor do the busiest 32, nor who has next to no past.
//! 2. The plan of coarse series is halved, down to 9 fine steps.
//! 3. The plan for all is halved, down to 9, while totals, the busiest and the list of all steps take
//!    more than an eighth of the budget; less would not help much.
//! 4. The quietest series are left out, until a thirty-second is free; totals last of all. What
//!    becomes of those that are left out is the matter of [`Rest`].
//!
//! And back, whenever old steps are merged: the plan for all is doubled, and then that of coarse
//! series, where two thirds of the budget are free; the busiest of the coarse series are fine again
//! from then on, an eighth of them at a time, where a third is, and the busiest 32 anyway.

use super::rest::Rest;
use super::store::Store;
use super::track::Track;

/// How many steps stay as fine as they are sampled, if there is room.
const FINE: u64 = 600;

/// And of a coarse series. Everything older is ten times as coarse, too.
const COARSE: u64 = FINE / 10;

/// Neither is made less than this.
const FEWEST: u64 = 9;

/// Which plan is not made any coarser.
const MAX_PRESSURE: u32 = 6;

/// How many series stay fine as long as the plan for all is.
pub(super) const BUSIEST: usize = 32;

/// A past of so few bytes is not worth making coarse.
const SHORT: usize = 128;

/// Which part of the budget is made free at once.
const PART: usize = 32;

/// As long as totals and the busiest take less than this part, they keep their plan.
const FEW: usize = 8;

impl Store {
    /// Once in a while, when a sample has been taken in.
    pub(super) fn settle(&mut self, tick: u64) {
        if tick >= self.merge_at {
            self.relax();
            self.merge();
            self.forget();
            self.change_places();
        }
        self.follow_some();
        // The axes have grown, too, even where no series has.
        self.force_room(0, tick);
    }

    /// How many steps stay as fine as they are sampled.
    pub(super) fn fine(&self) -> u64 {
        FINE >> self.pressure
    }

    fn coarse_fine(&self) -> u64 {
        (COARSE >> self.coarse_pressure).clamp(FEWEST, self.fine())
    }

    /// How often old steps are merged.
    fn period(&self) -> u64 {
        (self.fine() / 10).max(10)
    }

    /// Merges what is old on the axes; the tracks follow when it is their turn.
    fn merge(&mut self) -> bool {
        self.merge_at = self.axes.newest().saturating_add(self.period());
        let (fine, coarse) = (self.fine(), self.coarse_fine());
        self.axes.merge(fine, coarse, self.length)
    }

    /// So many tracks that all have had their turn after a period.
    fn follow_some(&mut self) {
        let count = self.tracks.len().div_ceil(self.period() as usize);
        let (axes, last) = (&self.axes, self.followed);
        let mut taken = 0;
        for (id, track) in self.tracks.range_mut(last.saturating_add(1)..).take(count) {
            let before = track.trail.bytes();
            track.follow(axes);
            self.track_bytes = self.track_bytes - before + track.trail.bytes();
            self.followed = *id;
            taken += 1;
        }
        if taken < count {
            self.followed = 0;
        }
    }

    fn follow_all(&mut self) {
        for track in self.tracks.values_mut() {
            track.follow(&self.axes);
        }
        self.track_bytes = self.tracks.values().map(|track| track.bytes()).sum();
    }

    /// Series that were never seen again since the beginning of the history.
    fn forget(&mut self) {
        let begin = self.axes.fine.begin;
        let forgotten = self.tracks.iter();
        let forgotten = forgotten.filter(|(_, track)| track.seen <= begin && begin > 0);
        for id in forgotten.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id);
        }
    }

    /// Whether there is room for so many bytes more, if need be by making the past coarser.
    pub(super) fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes() + bytes > self.budget {
            if self.is_tight || !self.tighten() {
                self.is_tight = true;
                return false;
            }
        }
        true
    }

    /// As [`make_room`](Self::make_room), if need be by leaving out series.
    pub(super) fn force_room(&mut self, bytes: usize, tick: u64) -> bool {
        while !self.make_room(bytes) {
            if !self.evict_quietest(tick) {
                return false;
            }
        }
        true
    }

    /// One notch. Tells whether there was one.
    fn tighten(&mut self) -> bool {
        if self.coarsen() {
            return true;
        }
        if self.coarse > 0 && self.coarse_fine() > FEWEST.min(self.fine()) {
            self.coarse_pressure += 1;
        } else if self.pressure < MAX_PRESSURE
            && (self.kept_bytes() > self.budget / FEW || self.ids.is_empty())
        {
            self.pressure += 1;
        } else {
            return false;
        }
        self.merge();
        self.follow_all();
        true
    }

    /// Makes quiet series coarse. Tells whether there was one.
    fn coarsen(&mut self) -> bool {
        let mut ranked = self.ranked();
        let goal = self.bytes().saturating_sub(self.budget / PART);
        let mut some = false;
        // The quietest first.
        for (_, id) in ranked.drain(..).skip(self.busiest).rev() {
            if some && self.bytes() <= goal {
                break;
            }
            some |= self.set_coarse(id, true);
        }
        some
    }

    /// Tells whether that is new, and made a difference.
    pub(super) fn set_coarse(&mut self, id: u64, is_coarse: bool) -> bool {
        let Some(track) = self.tracks.get_mut(&id) else {
            return false;
        };
        let before = track.trail.bytes();
        if track.is_coarse() == is_coarse || (is_coarse && before < SHORT) {
            return false;
        }
        track.set_coarse(&self.axes, is_coarse);
        self.track_bytes = self.track_bytes - before + track.trail.bytes();
        if is_coarse {
            self.coarse += 1;
        } else {
            self.coarse -= 1;
        }
        true
    }

    /// All series, the busiest first.
    pub(super) fn ranked(&self) -> Vec<(f64, u64)> {
        let newest = self.axes.newest();
        let series = self.tracks.iter().filter(|(_, track)| !track.is_total);
        let activity = |track: &Track| track.activity.at(newest, self.interval);
        let mut ranked: Vec<_> = series.map(|(id, track)| (activity(track), *id)).collect();
        // Among equals, who was met first stays.
        ranked.sort_unstable_by(|one, another| {
            let busier = another.0.total_cmp(&one.0);
            busier.then(one.1.cmp(&another.1))
        });
        ranked
    }

    /// What totals and the busiest take, and time itself.
    fn kept_bytes(&self) -> usize {
        let busiest = self.ranked().into_iter().take(self.busiest);
        let busiest = busiest.filter_map(|(_, id)| self.tracks.get(&id));
        let totals = self.tracks.values().filter(|track| track.is_total);
        let tracks: usize = busiest.chain(totals).map(|track| track.bytes()).sum();
        tracks + self.axes.bytes()
    }

    /// Where there is room again, the plan gets finer, and so do the busiest of those that are coarse.
    fn relax(&mut self) {
        self.is_tight = false;
        if self.bytes() < self.budget / 3 {
            if self.pressure > 0 {
                self.pressure -= 1;
            } else {
                self.coarse_pressure = self.coarse_pressure.saturating_sub(1);
            }
        }
        if self.coarse == 0 {
            return;
        }
        let mut more = 0;
        if self.pressure == 0 && self.bytes() < self.budget / 3 * 2 {
            more = self.coarse.div_ceil(8);
        }
        for (place, (_, id)) in self.ranked().into_iter().enumerate() {
            if place >= self.busiest && more == 0 {
                break;
            }
            if self.set_coarse(id, false) {
                more = more.saturating_sub(1);
            }
        }
    }

    /// Leaves out quiet series. Tells whether there was one.
    fn evict_quietest(&mut self, tick: u64) -> bool {
        let goal = self.budget - self.budget / PART;
        let mut some = false;
        for (_, id) in self.ranked().into_iter().rev() {
            if some && self.bytes() <= goal {
                break;
            }
            some |= self.evict(id);
        }
        // Lest they come and go.
        self.admit_at = tick.saturating_add(FINE);
        some
    }

    /// Tells whether it was there.
    pub(super) fn evict(&mut self, id: u64) -> bool {
        let Some(track) = self.remove(id) else {
            return false;
        };
        self.evicted += 1;
        let rest = Rest {
            meter: track.meter,
            activity: track.activity,
        };
        self.remember(track.key, rest, track.shape);
        true
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Box<Track>> {
        let track = self.tracks.remove(&id)?;
        self.track_bytes = self.track_bytes.saturating_sub(track.bytes());
        self.coarse -= usize::from(track.is_coarse());
        if let Some(family) = self.families.get_mut(track.key.family) {
            if track.is_total {
                family.total = None;
            } else {
                family.series.remove(&id);
            }
        }
        if !track.is_total {
            self.ids.remove(&track.key);
        }
        Some(track)
    }
}
