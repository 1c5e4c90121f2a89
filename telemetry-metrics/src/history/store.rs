//! [`Store`]: all series that are remembered, within one budget.
//!
//! When a step does not fit in, the plan is made coarser, time and again: half as many steps stay as
//! fine as they were sampled. Only where that is exhausted is a series left out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use foldhash::fast::RandomState;

use super::axis::Axis;
use super::key::Key;
use super::step::Step;
use super::track::Track;
use crate::definition::Definition;
use crate::snapshot::{Series, Snapshot};

/// How many steps stay as fine as they are sampled, if there is room.
const FINE: u64 = 600;

/// How often that is halved if there is not: down to 9.
const MAX_PRESSURE: u32 = 6;

#[derive(Debug)]
pub(super) struct Store {
    pub(super) interval: Duration,
    /// In ticks.
    length: u64,
    pub(super) budget: usize,
    pub(super) axis: Axis,
    pub(super) tracks: BTreeMap<u64, Box<Track>>,
    ids: HashMap<Key, u64, RandomState>,
    last_id: u64,
    /// What all tracks take.
    track_bytes: usize,
    pressure: u32,
    /// When old steps are merged next.
    merge_at: u64,
    /// When series are admitted again, after one had to be evicted; lest they come and go.
    admit_at: u64,
    /// Series that did not fit in, in the newest sample.
    pub(super) left_out: usize,
    /// Series that were given up to make room.
    pub(super) evicted: u64,
    /// The wall clock at tick 0, by its newest reading.
    pub(super) zero: SystemTime,
    /// The wall clock at the newest sample.
    sampled: SystemTime,
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
            axis: Axis::default(),
            tracks: BTreeMap::new(),
            ids: HashMap::default(),
            last_id: 0,
            track_bytes: 0,
            pressure: 0,
            merge_at: 0,
            admit_at: 0,
            left_out: 0,
            evicted: 0,
            zero: now,
            sampled: now,
            scratch: Vec::new(),
        };
        for (number, family) in snapshot.families.iter().enumerate() {
            for series in &family.series {
                let key = Key::of(number, series);
                let id = store.admit(key, &family.definition, series, 0, true);
                store.left_out += usize::from(id.is_none());
            }
        }
        store
    }

    /// Takes in a snapshot that was taken at a tick, by the clock at `now`. If there is a sample of that
    /// tick already, it is left for the next.
    pub(super) fn sample(&mut self, tick: u64, now: SystemTime, snapshot: &Snapshot) {
        if tick <= self.axis.newest() {
            return;
        }
        self.axis.push(tick);
        let some_were_left_out = std::mem::take(&mut self.left_out) > 0;
        for (number, family) in snapshot.families.iter().enumerate() {
            for series in &family.series {
                let key = Key::of(number, series);
                let counted_before = some_were_left_out && series.started < self.sampled;
                let id =
                    self.ids.get(&key).copied().or_else(|| {
                        self.admit(key, &family.definition, series, tick, counted_before)
                    });
                match id {
                    Some(id) => self.advance(id, tick, |track| {
                        track.advance(&family.definition, series, tick)
                    }),
                    None => self.left_out += 1,
                }
            }
        }
        let gone = self.tracks.iter().filter(|(_, track)| track.seen < tick);
        for id in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.advance(id, tick, Track::leave);
        }
        self.set_clock(tick, now);
        if tick >= self.merge_at {
            if self.pressure > 0 && self.bytes() < self.budget / 3 {
                self.pressure -= 1;
            }
            self.merge();
        }
        // The axis has grown, too, even where no series has.
        while !self.make_room(0) {
            let Some((newest, _)) = self.tracks.last_key_value() else {
                return;
            };
            self.evict(*newest, tick);
        }
    }

    /// Follows the wall clock where it was set; where it only drifts, times of the same tick stay
    /// the same.
    fn set_clock(&mut self, tick: u64, now: SystemTime) {
        const DRIFT: Duration = Duration::from_millis(100);
        self.sampled = now;
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

    pub(super) fn bytes(&self) -> usize {
        self.track_bytes + self.axis.bytes() + self.scratch.capacity()
    }

    /// As [`bytes`](Self::bytes), without trusting the account.
    #[cfg(test)]
    pub(super) fn counted_anew(&self) -> usize {
        let tracks: usize = self.tracks.values().map(|track| track.bytes()).sum();
        tracks + self.axis.bytes() + self.scratch.capacity()
    }

    fn admit(
        &mut self,
        key: Key,
        definition: &Arc<Definition>,
        series: &Series,
        tick: u64,
        counted_before: bool,
    ) -> Option<u64> {
        if tick < self.admit_at {
            return None;
        }
        let track = Track::new(key.clone(), definition, series, tick, counted_before);
        let bytes = track.bytes();
        // Something is left for those that are there already.
        if !self.make_room(bytes + self.budget / 16) {
            return None;
        }
        self.last_id += 1;
        self.track_bytes += bytes;
        self.ids.insert(key, self.last_id);
        self.tracks.insert(self.last_id, Box::new(track));
        Some(self.last_id)
    }

    fn advance(&mut self, id: u64, tick: u64, advance: impl FnOnce(&mut Track) -> Option<Step>) {
        let Some(track) = self.tracks.get_mut(&id) else {
            return;
        };
        let before = track.bytes();
        let step = advance(track);
        self.track_bytes = self.track_bytes - before + track.bytes();
        let Some(step) = step else { return };
        self.scratch.clear();
        step.write(&mut self.scratch);
        let growth = track.trail.growth(self.scratch.len());
        if !self.make_room(growth) {
            return self.evict(id, tick);
        }
        // It may have been merged, and have room now.
        if let Some(track) = self.tracks.get_mut(&id) {
            let before = track.bytes();
            track.trail.push(tick, &self.scratch);
            self.track_bytes = self.track_bytes - before + track.bytes();
        }
    }

    /// Whether there is room for so many bytes more, if need be by making old steps coarser.
    fn make_room(&mut self, bytes: usize) -> bool {
        while self.bytes() + bytes > self.budget {
            if self.pressure == MAX_PRESSURE {
                return false;
            }
            self.pressure += 1;
            self.merge();
        }
        true
    }

    /// How many steps stay as fine as they are sampled.
    pub(super) fn fine(&self) -> u64 {
        FINE >> self.pressure
    }

    fn merge(&mut self) {
        let fine = self.fine();
        self.merge_at = self.axis.newest().saturating_add((fine / 10).max(10));
        if !self.axis.merge(fine, self.length) {
            return;
        }
        let begin = self.axis.begin;
        for track in self.tracks.values_mut() {
            track.trail.follow(track.shape, &self.axis);
        }
        let forgotten = self.tracks.iter().filter(|(_, track)| {
            // What was never seen again since the beginning of the history.
            track.seen <= begin && begin > 0
        });
        for id in forgotten.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id);
        }
        self.track_bytes = self.tracks.values().map(|track| track.bytes()).sum();
    }

    fn evict(&mut self, id: u64, tick: u64) {
        self.remove(id);
        self.evicted += 1;
        self.left_out += 1;
        self.admit_at = tick.saturating_add(FINE);
    }

    fn remove(&mut self, id: u64) {
        if let Some(track) = self.tracks.remove(&id) {
            self.track_bytes = self.track_bytes.saturating_sub(track.bytes());
            self.ids.remove(&track.key);
        }
    }
}
