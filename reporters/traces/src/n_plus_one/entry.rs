//! [`Entry`]: what is known of one span, before or after its end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry::SpanContext;

use super::finding::Finding;
use super::group::{Group, Limits, Moment, Tally};
use super::shape::Shape;

/// Statements that are counted below one span; a statement reached through spans of other names is
/// another.
pub(super) const MAX_GROUPS: usize = 256;

/// A span that has queries below it and is awaited, or that has ended and may still get some from
/// tasks that outlive it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) context: SpanContext,
    groups: Vec<Group>,
    group_bytes: usize,
    /// Statements that were told of already.
    pub(super) reported: Vec<u64>,
    pub(super) ended: Option<Ended>,
    /// Its place in a queue; 0 is none.
    pub(super) ticket: u64,
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) name: &'static str,
    pub(super) is_transaction: bool,
    /// The span above in this request; `None` of the request's own span.
    pub(super) above: Option<SpanContext>,
    pub(super) route: Option<Arc<str>>,
}

impl Entry {
    pub(super) fn awaited(context: SpanContext) -> Self {
        Self {
            context,
            groups: Vec::new(),
            group_bytes: 0,
            reported: Vec::new(),
            ended: None,
            ticket: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        Self::EMPTY + self.group_bytes + 16 * self.reported.len()
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn take_all(&mut self) -> Vec<Group> {
        self.group_bytes = 0;
        std::mem::take(&mut self.groups)
    }

    pub(super) fn forget_what_is_over(&mut self, now: Moment, limits: &Limits) {
        self.keep(|group| !group.is_over(now, limits));
    }

    fn keep(&mut self, wanted: impl Fn(&Group) -> bool) {
        self.groups.retain(wanted);
        self.group_bytes = self.groups.iter().map(Group::bytes).sum();
    }

    /// With its place in a table that has room for as many again, and in a queue.
    pub(super) const EMPTY: usize = 2 * (size_of::<Self>() + 24) + 64;

    /// Takes a group in; `false` if there is no room.
    pub(super) fn take(&mut self, group: Group, now: Moment, limits: &Limits) -> bool {
        if self.reported.contains(&group.shape.id) {
            return true;
        }
        if let Some(known) = self.groups.iter_mut().find(|known| known.is_like(&group)) {
            known.join(&group, limits);
            return true;
        }
        if self.groups.len() >= MAX_GROUPS {
            self.forget_what_is_over(now, limits);
            if self.groups.len() >= MAX_GROUPS {
                return false;
            }
        }
        self.group_bytes += group.bytes();
        self.groups.push(group);
        true
    }

    /// When the last query ended.
    pub(super) fn last(&self) -> Moment {
        self.groups.iter().map(Group::last).max().unwrap_or(0)
    }

    /// Moves what is too much, and was not told of, into `found`: each statement once. The others
    /// stay.
    pub(super) fn settle(&mut self, limits: &Limits, found: &mut Vec<Finding>) {
        let mut sums: Vec<Sum> = Vec::new();
        for group in &self.groups {
            let Some(tally) = group.excess(limits) else {
                continue;
            };
            if self.reported.contains(&group.shape.id) {
                continue;
            }
            match sums.iter_mut().find(|sum| sum.shape.id == group.shape.id) {
                Some(sum) => sum.add(tally, group.parent),
                None => sums.push(Sum {
                    shape: group.shape.clone(),
                    tally,
                    most: tally.count,
                    parent: group.parent,
                }),
            }
        }
        if sums.is_empty() {
            return;
        }
        let name = self.ended.as_ref().map(|ended| ended.name);
        let route = self.ended.as_ref().and_then(|ended| ended.route.as_deref());
        for sum in sums {
            self.reported.push(sum.shape.id);
            found.push(sum.finding(name, route, self.context));
        }
        let reported = std::mem::take(&mut self.reported);
        self.keep(|group| !reported.contains(&group.shape.id));
        self.reported = reported;
    }
}

/// A statement's groups together.
struct Sum {
    shape: Arc<Shape>,
    tally: Tally,
    /// The count of the largest group, and where that was.
    most: u64,
    parent: Option<&'static str>,
}

impl Sum {
    fn add(&mut self, tally: Tally, parent: Option<&'static str>) {
        self.tally.add(tally);
        if tally.count > self.most {
            self.most = tally.count;
            self.parent = parent;
        }
    }

    fn finding(
        self,
        name: Option<&'static str>,
        route: Option<&str>,
        context: SpanContext,
    ) -> Finding {
        Finding {
            statement: self.shape.statement.to_string(),
            count: self.tally.count,
            total_time: Duration::from_nanos(self.tally.time),
            parent: self.parent.or(name),
            route: route.map(str::to_owned),
            repo: self.shape.repo.as_deref().map(str::to_owned),
            source: self.shape.source.as_deref().map(str::to_owned),
            system: self.shape.system.as_deref().map(str::to_owned),
            context,
            at: SystemTime::now(),
        }
    }
}
