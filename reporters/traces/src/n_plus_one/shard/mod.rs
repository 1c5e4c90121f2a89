//! [`Shard`]: the spans of some of the traces, and how counts rise from one to the next.
//!
//! A span's end is all that is heard of it, and children end first. So a query is counted at its
//! parent's place before anything is known of the parent. When that ends, its counts go to the place
//! of *its* parent, with its name on their path: queries that are each wrapped in a small span of one
//! name meet there. At the request's own span it is told what was too much. Spans that have ended are
//! remembered for a while, because tasks may outlive them: what comes late goes on to rise, and is told
//! of when nothing more comes.
//!
//! Nothing here emits, so that no lock is held while handlers run.

mod due;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use telemetry::{SpanContext, SpanId, TraceId};

use super::end::End;
use super::entry::{Ended, Entry};
use super::finding::Finding;
use super::group::{Group, Limits, Moment};
use super::shape::{Kind, Shape};

/// How deep late counts rise at once: as deep as anybody nests spans.
const MAX_CLIMB: usize = 64;

/// Late counts are told of when nothing has come for so long: a second, in nanoseconds.
const LATE: Moment = 1_000_000_000;

/// So many that are due are looked at per event.
const MAX_DUE: usize = 4;

const MAX_ROUTES: usize = 256;
const MAX_ROUTE: usize = 256;

/// What all shards go by.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) writes: bool,
    /// After so long counts are told of, even if the request has not ended.
    pub(super) patience: Moment,
    /// Names of spans that are requests of their own.
    pub(super) separate: Vec<String>,
    /// In bytes, per shard.
    pub(super) room: usize,
}

#[derive(Default)]
pub(super) struct Shard {
    entries: HashMap<Key, Entry, RandomState>,
    /// Spans that are awaited, in the order in which they had their first query.
    awaited: VecDeque<Ticket>,
    /// Those that have ended and got something since.
    late: VecDeque<Ticket>,
    /// All that have ended, in that order.
    ended: VecDeque<Key>,
    last_ticket: u64,
    routes: HashSet<Arc<str>, RandomState>,
    pub(super) bytes: usize,
    /// Spans whose counts were given up, or told of early, to make room.
    pub(super) evicted: u64,
    /// Queries that were not counted, for want of room at their span.
    pub(super) left_out: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key(TraceId, SpanId);

/// A place in a queue. It is void if its span's entry has another.
#[derive(Clone, Copy)]
struct Ticket {
    key: Key,
    number: u64,
    due: Moment,
}

impl Key {
    fn of(context: &SpanContext) -> Self {
        Self(context.trace_id(), context.span_id())
    }
}

impl Shard {
    /// A span has ended; `shape` is that of its statement, if it is a query.
    pub(super) fn ended(
        &mut self,
        end: &End<'_>,
        shape: Option<Arc<Shape>>,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        let is_query = shape.is_some();
        if let (Some(shape), Some(query)) = (shape, &end.query) {
            let wanted = match shape.kind {
                Kind::Read => true,
                Kind::Write => settings.writes,
                Kind::Other => false,
            };
            // Below a span of elsewhere there is no request here that it could belong to.
            let parent = end.parent.filter(|parent| !parent.is_remote());
            if let (true, true, Some(parent)) = (wanted, query.counts, parent) {
                self.place(
                    Group::new(shape, &query.call),
                    parent,
                    end.at,
                    settings,
                    found,
                );
            }
        }
        self.close(end, is_query, settings, found);
        self.look_at_what_is_due(end.at, MAX_DUE, settings, found);
        self.make_room(settings, found);
    }

    /// Hands on what was counted below a span, and remembers the span.
    fn close(
        &mut self,
        end: &End<'_>,
        is_query: bool,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        let key = Key::of(&end.context);
        let known = self.entries.remove(&key);
        if is_query && known.is_none() {
            // Hardly anything comes below a query, and never late.
            return;
        }
        let mut entry = known.unwrap_or_else(|| {
            self.bytes += Entry::EMPTY;
            Entry::awaited(end.context)
        });
        if entry.ended.is_some() {
            // A span ends once; whoever uses its ids again is not counted.
            self.entries.insert(key, entry);
            return;
        }
        let is_request = end.is_request(&settings.separate);
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        entry.ticket = 0;
        entry.context = end.context;
        entry.ended = Some(Ended {
            name: end.name,
            is_transaction: end.is_transaction,
            above: end.parent.filter(|_| !is_request),
            route: end
                .route
                .filter(|_| is_request)
                .map(|route| self.route(route)),
        });
        if is_request {
            entry.settle(&settings.limits, found);
        }
        let groups = entry.take_all();
        let reported = match is_request {
            true => Vec::new(),
            false => std::mem::take(&mut entry.reported),
        };
        self.bytes += entry.bytes();
        self.entries.insert(key, entry);
        self.ended.push_back(key);
        if !is_request {
            for group in groups {
                // It rises from its own place, where the span is found to have ended.
                self.place(group, end.context, end.at, settings, found);
            }
            self.mark(&reported, end.context, end.at, settings);
        }
    }

    /// Counts at the place of `above`, or of the next above it that has not ended, or at last of the
    /// request's own span.
    fn place(
        &mut self,
        mut group: Group,
        mut above: SpanContext,
        now: Moment,
        settings: &Settings,
        found: &mut Vec<Finding>,
    ) {
        for _ in 0..MAX_CLIMB {
            let Some(ended) = self.ended_span(&above) else {
                break;
            };
            // In a transaction is where the transaction is.
            if !ended.is_transaction {
                if group.parent.is_none() && group.excess(&settings.limits).is_some() {
                    group.parent = Some(ended.name);
                }
                if ended.above.is_some() {
                    group.rise(ended.name);
                }
            }
            match ended.above {
                Some(next) => above = next,
                None => break,
            }
        }
        let is_known_by_name = group.parent.is_some();
        let key = Key::of(&above);
        let entry = self.entry(key, above);
        let before = entry.bytes();
        if !entry.take(group, now, &settings.limits) {
            self.left_out += 1;
            return;
        }
        let is_late = entry.ended.is_some();
        if is_late && is_known_by_name {
            entry.settle(&settings.limits, found);
        }
        let (after, has_ticket) = (entry.bytes(), entry.ticket != 0);
        let is_empty = entry.groups().is_empty();
        self.bytes = (self.bytes + after).saturating_sub(before);
        if !has_ticket && !is_empty {
            self.queue(key, is_late, now, settings);
        }
    }

    /// Statements that were told of below a span that ends are not told of again above it.
    fn mark(&mut self, reported: &[u64], mut above: SpanContext, now: Moment, settings: &Settings) {
        if reported.is_empty() {
            return;
        }
        for _ in 0..MAX_CLIMB {
            match self.ended_span(&above).and_then(|ended| ended.above) {
                Some(next) => above = next,
                None => break,
            }
        }
        let key = Key::of(&above);
        let entry = self.entry(key, above);
        let before = entry.bytes();
        let new = reported.iter().filter(|id| !entry.reported.contains(id));
        let new: Vec<u64> = new.copied().collect();
        entry.reported.extend(new);
        let (after, is_ended) = (entry.bytes(), entry.ended.is_some());
        let has_ticket = entry.ticket != 0;
        self.bytes = (self.bytes + after).saturating_sub(before);
        if !has_ticket && !is_ended {
            self.queue(key, false, now, settings);
        }
    }

    fn ended_span(&self, context: &SpanContext) -> Option<&Ended> {
        self.entries.get(&Key::of(context))?.ended.as_ref()
    }

    fn entry(&mut self, key: Key, context: SpanContext) -> &mut Entry {
        let bytes = &mut self.bytes;
        self.entries.entry(key).or_insert_with(|| {
            *bytes += Entry::EMPTY;
            Entry::awaited(context)
        })
    }

    fn queue(&mut self, key: Key, is_late: bool, now: Moment, settings: &Settings) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        self.last_ticket += 1;
        entry.ticket = self.last_ticket;
        let (queue, wait) = if is_late {
            (&mut self.late, LATE)
        } else {
            (&mut self.awaited, settings.patience)
        };
        queue.push_back(Ticket {
            key,
            number: self.last_ticket,
            due: now.saturating_add(wait),
        });
        // What has ended left its ticket behind. Going through all of them now and then costs each
        // one a constant time.
        if queue.len() > 64 + 2 * self.entries.len() {
            let entries = &self.entries;
            queue.retain(|ticket| is_valid(entries, ticket));
        }
    }

    fn route(&mut self, route: &str) -> Arc<str> {
        if let Some(known) = self.routes.get(route) {
            return known.clone();
        }
        let route: Arc<str> = super::normal::at_most(route, MAX_ROUTE).into();
        if self.routes.len() < MAX_ROUTES {
            self.routes.insert(route.clone());
        }
        route
    }
}

fn is_valid(entries: &HashMap<Key, Entry, RandomState>, ticket: &Ticket) -> bool {
    let entry = entries.get(&ticket.key);
    entry.is_some_and(|entry| entry.ticket == ticket.number)
}
