//! What is told of without an end of its own: what came late, what waits too long, and what there is
//! no room for.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::RandomState;

use super::super::entry::Entry;
use super::super::finding::Finding;
use super::super::group::Moment;
use super::{Key, LATE, Settings, Shard, Ticket, is_valid};

impl Shard {
    /// Looks at up to `most` spans that have waited long enough.
    pub(in crate::n_plus_one) fn look_at_what_is_due(
        &mut self,
        now: Moment,
        most: usize,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        for _ in 0..most {
            let Some(ticket) = due(&mut self.late, now) else {
                break;
            };
            self.late_is_due(ticket, now, settings, found);
        }
        for _ in 0..most {
            let Some(ticket) = due(&mut self.awaited, now) else {
                break;
            };
            self.awaited_is_due(ticket, now, settings, found);
        }
    }

    fn late_is_due(
        &mut self,
        ticket: Ticket,
        now: Moment,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        let Some(entry) = valid(&mut self.entries, &ticket) else {
            return;
        };
        let before = entry.bytes();
        entry.ticket = 0;
        if entry.last().saturating_add(LATE) > now {
            self.queue(ticket.key, true, now, settings);
            return;
        }
        entry.settle(&settings.limits, found);
        entry.take_all();
        self.bytes = (self.bytes + entry.bytes()).saturating_sub(before);
    }

    /// Its request may go on for hours, or nobody will ever tell of its end.
    fn awaited_is_due(
        &mut self,
        ticket: Ticket,
        now: Moment,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        let Some(entry) = valid(&mut self.entries, &ticket) else {
            return;
        };
        let before = entry.bytes();
        entry.ticket = 0;
        entry.settle(&settings.limits, found);
        entry.forget_what_is_over(now, &settings.limits);
        if entry.groups().is_empty() && entry.reported.is_empty() {
            self.entries.remove(&ticket.key);
            self.bytes = self.bytes.saturating_sub(before);
        } else {
            self.bytes = (self.bytes + entry.bytes()).saturating_sub(before);
            self.queue(ticket.key, false, now, settings);
        }
    }

    pub(super) fn make_room(&mut self, settings: &Settings, found: &mut Vec<Finding>) {
        // What is remembered only in case that something comes late has a quarter of the room.
        while self.ended.len() * Entry::EMPTY > settings.room / 4 {
            let oldest = self.ended.pop_front();
            self.give_up(oldest, settings, found);
        }
        while self.bytes > settings.room {
            let oldest = self.oldest_awaited().or_else(|| self.ended.pop_front());
            if oldest.is_none() {
                return;
            }
            self.give_up(oldest, settings, found);
        }
    }

    fn give_up(&mut self, key: Option<Key>, settings: &Settings, found: &mut Vec<Finding>) {
        let Some(mut entry) = key.and_then(|key| self.entries.remove(&key)) else {
            return;
        };
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        if !entry.groups().is_empty() {
            self.evicted += 1;
            entry.settle(&settings.limits, found);
        }
    }

    fn oldest_awaited(&mut self) -> Option<Key> {
        let Self {
            entries, awaited, ..
        } = self;
        std::iter::from_fn(|| awaited.pop_front())
            .find(|ticket| is_valid(entries, ticket))
            .map(|ticket| ticket.key)
    }

    /// Tells of all that is too much by now; what has not ended goes on to be counted, but for what
    /// was told of.
    pub(in crate::n_plus_one) fn settle_all(
        &mut self,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        let mut bytes = 0;
        for entry in self.entries.values_mut() {
            entry.settle(&settings.limits, found);
            bytes += entry.bytes();
        }
        self.bytes = bytes;
    }
}

fn due(queue: &mut VecDeque<Ticket>, now: Moment) -> Option<Ticket> {
    if queue.front()?.due > now {
        return None;
    }
    queue.pop_front()
}

fn valid<'e>(
    entries: &'e mut HashMap<Key, Entry, RandomState>,
    ticket: &Ticket,
) -> Option<&'e mut Entry> {
    let entry = entries.get_mut(&ticket.key)?;
    (entry.ticket == ticket.number).then_some(entry)
}
