//! Which traces a list shows.

use std::collections::HashSet;

use telemetry_traces::{Cursor, Query, TraceSummary, Traces};

use crate::sources::Sources;
use crate::view::TraceList;

/// Rows of a page.
pub(super) const PAGE: usize = 50;

/// Of so many the slowest are found: all that are likely to be there, of those that are slow or failed,
/// which the store keeps longer than others.
const COMPARED: usize = 5_000;

/// And of so many of the others, the latest, where those are few.
const OTHERS: usize = 500;

/// How many are looked at for one page, and at once. A page may be a short one, if most are left out.
const LOOKED_AT: usize = 4_000;
const AT_ONCE: usize = 500;

/// What a span says that is the beginning of something, rather than a step of nothing in particular.
const BEGINNINGS: [&str; 5] = ["route", "worker", "channel", "event", "queue"];

/// A page of a list.
pub(super) struct Picked {
    pub(super) traces: Vec<TraceSummary>,
    /// How the next page is asked for.
    pub(super) older: Option<u64>,
    /// How many were looked at and have nothing to show but themselves.
    pub(super) left_out: u64,
}

/// Goes through what may be listed.
struct Sieve<'s> {
    list: &'s TraceList,
    sources: &'s Sources,
    left_out: u64,
}

impl Picked {
    pub(super) fn of(list: &TraceList, traces: &Traces, sources: &Sources) -> Self {
        let mut sieve = Sieve {
            list,
            sources,
            left_out: 0,
        };
        let (traces, older) = match &*list.list {
            "slow" => sieve.slowest(traces),
            _ => {
                let before = list.before.map(Cursor::new);
                sieve.latest(traces, before, PAGE, LOOKED_AT)
            }
        };
        Self {
            traces,
            older,
            left_out: sieve.left_out,
        }
    }
}

impl Sieve<'_> {
    fn query(&self) -> Query {
        let query = match &*self.list.list {
            "failed" => Query::new().failed(),
            _ => Query::new(),
        };
        match &*self.list.route {
            "" => query,
            route => query.route(route),
        }
    }

    /// The requests to the dashboard are of no interest to anybody; nor are steps that no request, job
    /// or message asked for (a poll, a query at the start), if all went well and quickly.
    fn lets_through(&mut self, trace: &TraceSummary) -> bool {
        if self.sources.own.began(trace) {
            return false;
        }
        let is_step = trace.spans() == 1
            && !trace.is_in_progress()
            && !trace.class().is_kept()
            && BEGINNINGS
                .iter()
                .all(|key| trace.root().metadata(key).is_none());
        if is_step && !self.list.all {
            self.left_out += 1;
            return false;
        }
        true
    }

    /// At most so many of those that were looked at, the latest; and where to go on.
    fn latest(
        &mut self,
        traces: &Traces,
        mut before: Option<Cursor>,
        most: usize,
        looked_at: usize,
    ) -> (Vec<TraceSummary>, Option<u64>) {
        let mut found: Vec<TraceSummary> = Vec::new();
        // Most often this is all that it takes.
        let mut limit = most + 1;
        let mut looks = looked_at;
        loop {
            let mut query = self.query().limit(limit.min(looks));
            if let Some(cursor) = before {
                query = query.before(cursor);
            }
            let all = traces.list(&query);
            let is_last = all.len() < limit.min(looks);
            looks -= all.len();
            for trace in all {
                // Those that are left out behind the last one belong to the next page.
                let so_far = self.left_out;
                let cursor = trace.cursor();
                if self.lets_through(&trace) {
                    if found.len() == most {
                        self.left_out = so_far;
                        let last = found.last().map(|trace| trace.cursor().get());
                        return (found, last);
                    }
                    found.push(trace);
                }
                before = Some(cursor);
            }
            if is_last {
                return (found, None);
            }
            if looks == 0 {
                return (found, before.map(Cursor::get));
            }
            limit = AT_ONCE;
        }
    }

    /// The longest first; the next page is asked for by how many to leave out.
    fn slowest(&mut self, traces: &Traces) -> (Vec<TraceSummary>, Option<u64>) {
        let mut found = traces.list(&self.query().kept().limit(COMPARED));
        found.retain(|trace| self.lets_through(trace));
        if found.len() < OTHERS {
            let (others, _) = self.latest(traces, None, OTHERS, LOOKED_AT);
            found.extend(others);
        }
        // One that was slow meanwhile is in both.
        let mut seen = HashSet::new();
        found.retain(|trace| seen.insert(trace.id()));
        found.sort_by_key(|trace| std::cmp::Reverse((trace.duration(), trace.cursor())));
        let skip = usize::try_from(self.list.before.unwrap_or(0)).unwrap_or(usize::MAX);
        let next = skip.saturating_add(PAGE);
        let has_more = found.len() > next;
        let page = found.into_iter().skip(skip).take(PAGE).collect();
        (page, has_more.then_some(next as u64))
    }
}
