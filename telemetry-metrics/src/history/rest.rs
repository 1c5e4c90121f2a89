//! The rest: series that are left out for lack of room.
//!
//! Of each is remembered how far it has counted, so that its total counts what it adds, and how busy it
//! is. Whenever old steps are merged, those that are more than twice as busy as the quietest that
//! are not left out take their places.

use std::mem::size_of;

use super::activity::Activity;
use super::key::Key;
use super::meter::{Meter, PIECE};
use super::step::Shape;
use super::store::Store;
use crate::metric::Kind;

/// Which part of the budget the rest may take. Of what is beyond that nothing is known, and totals
/// are without it.
const MOST: usize = 4;

/// At most such a part of all series changes places at once.
const PART: usize = 8;

/// A series that is left out.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) meter: Meter,
    pub(super) activity: Activity,
}

impl Rest {
    /// Of a series that was not busy so far.
    pub(super) fn of(meter: Meter) -> Self {
        Self {
            meter,
            activity: Activity::default(),
        }
    }

    /// How many bytes it takes with its entry in a table that may be half empty.
    pub(super) fn bytes(&self) -> usize {
        3 * size_of::<(Key, Box<Self>)>() + size_of::<Self>() + PIECE + self.meter.bytes()
    }
}

impl Store {
    /// Remembers of a series that is left out how far it has counted, so that its total does.
    pub(super) fn leave_out(&mut self, key: Key, rest: Rest, shape: Shape, tick: u64) {
        let bytes = rest.bytes();
        if is_worth_it(shape) && self.rest_bytes + bytes <= self.budget / MOST {
            self.force_room(bytes, tick);
        }
        self.remember(key, rest, shape);
    }

    /// As [`leave_out`](Self::leave_out), if there is room.
    pub(super) fn remember(&mut self, key: Key, rest: Rest, shape: Shape) {
        self.some_left_out = true;
        if !is_worth_it(shape) {
            return;
        }
        let bytes = rest.bytes();
        let fits = self.bytes() + bytes <= self.budget;
        if fits && self.rest_bytes + bytes <= self.budget / MOST {
            self.rest_bytes += bytes;
            self.rest.insert(key, Box::new(rest));
        } else {
            self.some_forgotten = true;
        }
    }

    /// What is known of a series that is left out.
    pub(super) fn recall(&mut self, key: &Key) -> Option<Box<Rest>> {
        let rest = self.rest.remove(key)?;
        self.rest_bytes -= rest.bytes();
        Some(rest)
    }

    /// Makes room for those that are busier than others which are not left out; they are admitted
    /// with the next sample.
    pub(super) fn change_places(&mut self) {
        let newest = self.axes.newest();
        let waiting = self.rest.values();
        let waiting = waiting.map(|rest| rest.activity.at(newest, self.interval));
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_unstable_by(|one, another| another.total_cmp(one));
        let ranked = self.ranked();
        let most = ranked.len().div_ceil(PART);
        let quietest = ranked.into_iter().rev();
        let pairs = waiting.iter().zip(quietest).take(most);
        let pairs = pairs.take_while(|(waiting, (activity, _))| **waiting > 2.0 * activity);
        let pairs: Vec<_> = pairs.map(|(waiting, (_, id))| (*waiting, id)).collect();
        for (waiting, id) in pairs {
            // It may have been a little busier then than it will be.
            self.admit_above = waiting * 0.9;
            self.evict(id);
        }
    }
}

/// A value is what it is, whatever it was before.
fn is_worth_it(shape: Shape) -> bool {
    shape.kind != Kind::LastValue
}
