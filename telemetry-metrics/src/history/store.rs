//! [`Store`]: all series that are remembered, within one budget.
//!
//! Each sample is taken in series by series: what a series added since the one before is a step of its
//! track, and part of the step of its definition's total. So the total is right whatever becomes of
//! the series: of one that is left out for lack of room, its [`Meter`] is remembered, which is what
//! it takes to say what it adds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use foldhash::fast::RandomState;

use super::axes::Axes;
use super::families::Families;
use super::key::Key;
use super::latest::Latest;
use super::meter::{Meter, Spread};
use super::rest::Rest;
use super::room::BUSIEST;
use super::step::{Shape, Step};
use super::together::Together;
use super::track::Track;
use crate::definition::Definition;
use crate::snapshot::{Series, Snapshot};

#[derive(Debug)]
pub(super) struct Store {
    pub(super) interval: Duration,
    /// In ticks.
    pub(super) length: u64,
    pub(super) budget: usize,
    pub(super) axes: Axes,
    pub(super) tracks: BTreeMap<u64, Box<Track>>,
    pub(super) families: Families,
    /// The tracks of series by what they are of; without totals.
    pub(super) ids: HashMap<Key, u64, RandomState>,
    last_id: u64,
    /// What all tracks take.
    pub(super) track_bytes: usize,
    /// Series that are left out.
    pub(super) rest: HashMap<Key, Box<Rest>, RandomState>,
    pub(super) rest_bytes: usize,
    /// Whether there are series that are left out and not even part of the rest.
    pub(super) some_forgotten: bool,
    /// How many series stay fine as long as the plan for all is.
    pub(super) busiest: usize,
    /// How often the plan was halved, and that of coarse series.
    pub(super) pressure: u32,
    pub(super) coarse_pressure: u32,
    /// Whether nothing helps but leaving series out.
    pub(super) is_tight: bool,
    /// How many tracks are coarse.
    pub(super) coarse: usize,
    /// The track that followed the axes last.
    pub(super) followed: u64,
    /// When old steps are merged next.
    pub(super) merge_at: u64,
    /// When series are admitted again, after one had to be evicted; lest they come and go.
    pub(super) admit_at: u64,
    /// How busy a series must be to be admitted before that, in the next sample.
    pub(super) admit_above: f64,
    /// Series that did not fit in, in the newest sample; and whether there were any.
    pub(super) left_out: usize,
    pub(super) some_left_out: bool,
    /// Series that were given up to make room.
    pub(super) evicted: u64,
    /// The wall clock at tick 0, by its newest reading.
    pub(super) zero: SystemTime,
    scratch: Vec<u8>,
}

impl Store {
    /// What was counted before this snapshot is not part of the history.
    pub(super) fn new(
        interval: Duration,
        length: Duration,
        budget: usize,
        now: SystemTime,
        snapshot: &Snapshot,
    ) -> Self {
        let length = length.as_nanos() / interval.as_nanos().max(1);
        let mut store = Self {
            interval,
            length: u64::try_from(length).unwrap_or(u64::MAX).max(1),
            budget,
            axes: Axes::default(),
            tracks: BTreeMap::new(),
            families: Families::default(),
            ids: HashMap::default(),
            last_id: 0,
            track_bytes: 0,
            rest: HashMap::default(),
            rest_bytes: 0,
            some_forgotten: false,
            busiest: BUSIEST,
            pressure: 0,
            coarse_pressure: 0,
            is_tight: false,
            coarse: 0,
            followed: 0,
            merge_at: 0,
            admit_at: 0,
            admit_above: f64::INFINITY,
            left_out: 0,
            some_left_out: false,
            evicted: 0,
            zero: now,
            scratch: Vec::new(),
        };
        store.know_families(snapshot, 0);
        for (number, family) in (0..).zip(&snapshot.families) {
            let shape = Shape::of(&family.definition);
            let mut latest = Latest::nothing(shape);
            for series in &family.series {
                let key = Key::of(number as usize, series);
                latest = latest.and(Latest::of(&series.data));
                let rest = Rest::of(Meter::at(shape, series));
                if let Err((key, rest)) = store.admit(key, rest, &family.definition, series, 0) {
                    store.leave_out(key, rest, shape, 0);
                }
            }
            if let Some(total) = store.total_of(number) {
                total.latest = latest;
            }
        }
        store.count_left_out(snapshot, 0);
        store
    }

    /// Takes in a snapshot that was taken at a tick, by the clock at `now`. If there is a sample of that
    /// tick already, it is left for the next.
    pub(super) fn sample(&mut self, tick: u64, now: SystemTime, snapshot: &Snapshot) {
        let before = self.axes.newest();
        if tick <= before {
            return;
        }
        self.axes.push(tick);
        self.some_left_out = false;
        let mut rest = std::mem::take(&mut self.rest);
        self.rest_bytes = 0;
        let some_forgotten = std::mem::take(&mut self.some_forgotten);
        self.know_families(snapshot, tick);
        for (number, family) in (0..).zip(&snapshot.families) {
            let shape = Shape::of(&family.definition);
            let mut together = Together::new(shape);
            for series in &family.series {
                let key = Key::of(number as usize, series);
                let added = match self.ids.get(&key) {
                    Some(id) => self.advance(*id, &family.definition, series, before, tick),
                    None => {
                        let known = self.recall(&key).or_else(|| rest.remove(&key));
                        let known = known.unwrap_or_else(|| {
                            Box::new(if some_forgotten {
                                // It may have been there before: too little rather than twice.
                                Rest::of(Meter::at(shape, series))
                            } else {
                                Rest::of(Meter::new(shape, series))
                            })
                        });
                        self.meet(key, *known, &family.definition, series, before, tick)
                    }
                };
                if let Some((step, spread)) = added {
                    together.add(&step, spread);
                }
            }
            self.add_up(number, &family.definition, &together, before, tick);
        }
        let gone = self.tracks.iter().filter(|(_, track)| track.seen < tick);
        for id in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.leave(id, tick);
        }
        self.set_clock(tick, now);
        self.admit_above = f64::INFINITY;
        self.settle(tick);
        self.count_left_out(snapshot, tick);
    }

    fn count_left_out(&mut self, snapshot: &Snapshot, tick: u64) {
        self.left_out = 0;
        if self.some_left_out {
            let all: usize = snapshot.families.iter().map(|one| one.series.len()).sum();
            let there = self.tracks.values();
            let there = there.filter(|track| !track.is_total && track.seen == tick);
            self.left_out = all - there.count().min(all);
        }
    }

    /// Follows the wall clock where it was set; where it only drifts, times of the same tick stay
    /// the same.
    fn set_clock(&mut self, tick: u64, now: SystemTime) {
        const DRIFT: Duration = Duration::from_millis(100);
        let zero = now.checked_sub(self.time_of(tick));
        let zero = zero.unwrap_or(SystemTime::UNIX_EPOCH);
        let apart = zero.duration_since(self.zero);
        if apart.unwrap_or_else(|error| error.duration()) > DRIFT {
            self.zero = zero;
        }
    }

    /// How long it is from tick 0 to this one.
    pub(super) fn time_of(&self, ticks: u64) -> Duration {
        let nanos = self.interval.as_nanos().saturating_mul(ticks.into());
        let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
        Duration::new(seconds, (nanos % 1_000_000_000) as u32)
    }

    /// What a series that is remembered added.
    fn advance(
        &mut self,
        id: u64,
        definition: &Arc<Definition>,
        series: &Series,
        before: u64,
        tick: u64,
    ) -> Option<(Step, Spread)> {
        let track = self.tracks.get_mut(&id)?;
        track.see(definition, tick);
        track.latest = Latest::of(&series.data);
        let bytes = track.meter.bytes();
        let step = track.meter.advance(track.shape, series);
        self.track_bytes = self.track_bytes - bytes + track.meter.bytes();
        let step = step?;
        let events = step.events();
        track.activity.add(events, before, tick, self.interval);
        let spread = track.meter.spread;
        self.write(id, tick, &step);
        Some((step, spread))
    }

    /// What a series added that is not remembered yet; from now on it is, if there is room.
    fn meet(
        &mut self,
        key: Key,
        mut rest: Rest,
        definition: &Arc<Definition>,
        series: &Series,
        before: u64,
        tick: u64,
    ) -> Option<(Step, Spread)> {
        let shape = Shape::of(definition);
        let step = rest.meter.advance(shape, series);
        let spread = rest.meter.spread;
        if let Some(step) = &step {
            let events = step.events();
            rest.activity.add(events, before, tick, self.interval);
        }
        match (self.admit(key, rest, definition, series, tick), &step) {
            (Err((key, rest)), _) => self.leave_out(key, rest, shape, tick),
            (Ok(id), Some(step)) => self.write(id, tick, step),
            (Ok(_), None) => {}
        }
        step.map(|step| (step, spread))
    }

    /// The series of a track is not there any more.
    fn leave(&mut self, id: u64, tick: u64) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        track.latest.value = None;
        let bytes = track.meter.bytes();
        let step = track.meter.leave(track.shape);
        self.track_bytes = self.track_bytes - bytes + track.meter.bytes();
        if let Some(step) = step {
            self.write(id, tick, &step);
        }
    }

    fn admit(
        &mut self,
        key: Key,
        rest: Rest,
        definition: &Arc<Definition>,
        series: &Series,
        tick: u64,
    ) -> Result<u64, (Key, Rest)> {
        let is_busier = rest.activity.at(tick, self.interval) > self.admit_above;
        if tick < self.admit_at && !is_busier {
            return Err((key, rest));
        }
        let generation = self.axes.generation;
        let track = Track::of_series(key, definition, rest, series, tick, generation);
        // Something is left for those that are there already.
        let spare = if is_busier { 0 } else { self.budget / 16 };
        if !self.make_room(track.bytes() + spare) {
            let Track {
                key,
                meter,
                activity,
                ..
            } = track;
            return Err((key, Rest { meter, activity }));
        }
        Ok(self.insert(track))
    }

    pub(super) fn insert(&mut self, track: Track) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        self.track_bytes += track.bytes();
        if !track.is_total {
            self.ids.insert(track.key.clone(), id);
            if let Some(family) = self.families.get_mut(track.key.family) {
                family.series.insert(id);
            }
        }
        self.tracks.insert(id, Box::new(track));
        id
    }

    pub(super) fn write(&mut self, id: u64, tick: u64, step: &Step) {
        let Some(track) = self.tracks.get(&id) else {
            return;
        };
        self.scratch.clear();
        step.write(&mut self.scratch);
        let growth = track.trail.growth(self.scratch.len());
        if growth > 0 && !self.force_room(growth, tick) {
            // All that is left are totals.
            self.remove(id);
        }
        // It may have been merged, and have room now; or it is among those that made room.
        if let Some(track) = self.tracks.get_mut(&id) {
            let trail = Arc::make_mut(&mut track.trail);
            let before = trail.bytes();
            trail.push(tick, &self.scratch);
            self.track_bytes = self.track_bytes - before + trail.bytes();
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.track_bytes + self.rest_bytes + self.axes.bytes() + self.scratch.capacity()
    }

    /// As [`bytes`](Self::bytes), without trusting the account.
    #[cfg(test)]
    pub(super) fn counted_anew(&self) -> usize {
        let tracks: usize = self.tracks.values().map(|track| track.bytes()).sum();
        let rest = self.rest.values().map(|rest| rest.bytes());
        tracks + rest.sum::<usize>() + self.axes.bytes() + self.scratch.capacity()
    }
}
