//! A group: the metrics that one lookup serves.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cells::{Wanted, lay_out};
use crate::definition::Definition;
use crate::metric::TagValuesWith;
use crate::rows::Rows;
use crate::skip::{Account, Skip};

/// The most tags that a group may have for [the short way](crate::record).
pub(crate) const FEW_TAGS: usize = 6;

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) metrics: Vec<Arc<Definition>>,
    /// One per metric.
    pub(crate) accounts: Vec<Account>,
    pub(crate) tags: Vec<String>,
    pub(crate) tag_values: Option<Compute>,
    /// For each tag, into how many values it is hashed, if it is.
    pub(crate) hashed: Vec<Option<u32>>,
    /// Whether an event can be counted without running code of users, unless it is in the event.
    pub(crate) is_plain: bool,
    pub(crate) rows: Rows,
    pub(crate) wanted: Arc<Wanted>,
}

pub(crate) struct Compute(pub(crate) TagValuesWith);

impl std::fmt::Debug for Compute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("tag_values")
    }
}

impl Group {
    fn new(metrics: Vec<Arc<Definition>>, wanted: Arc<Wanted>) -> Self {
        let first = metrics[0].clone();
        Self {
            accounts: metrics.iter().map(|_| Account::default()).collect(),
            tags: first.tags().to_vec(),
            tag_values: first.tag_values.clone().map(Compute),
            hashed: first.hashed.clone(),
            is_plain: first.tags().len() <= FEW_TAGS
                && first.hashed.iter().all(Option::is_none)
                && metrics.iter().all(|metric| !metric.has_closures()),
            rows: Rows::new(lay_out(&metrics), first.tags().len(), first.max_series),
            metrics,
            wanted,
        }
    }

    /// The group of a late definition, which has rows of any tags, and none yet.
    pub(crate) fn late(definition: Arc<Definition>, wanted: Arc<Wanted>) -> Self {
        let mut group = Self::new(vec![definition], wanted);
        let max_series = group.rows.max_series();
        // As if it had tags, so that there is no row that takes everything.
        group.rows = Rows::new(lay_out(&group.metrics), 1, max_series);
        group
    }

    /// Counts that a metric skipped a number.
    #[cold]
    pub(crate) fn skip(&self, at: usize, reason: Skip, count: u64) {
        let account = &self.accounts[at];
        account.skip_many(reason, count);
        if account.is_first_of_unit(reason) {
            self.metrics[at].tell_unit();
        }
    }

    /// To be told once, when the limit of series is reached.
    #[cold]
    pub(crate) fn tell_overflow(&self) {
        use std::io::Write;
        let names: Vec<&str> = self.metrics.iter().map(|one| one.name()).collect();
        let _ = writeln!(
            std::io::stderr(),
            "telemetry-metrics: {} reached its limit of {} series; what comes beyond is counted in \
             one overflow series. Choose tags with fewer values, or raise `max_series`.",
            names.join(", "),
            self.rows.max_series()
        );
    }
}

/// The groups that count each event.
pub(crate) fn by_event(groups: &[Arc<Group>]) -> BTreeMap<String, Vec<Arc<Group>>> {
    let mut by_event: BTreeMap<String, Vec<Arc<Group>>> = BTreeMap::new();
    for group in groups {
        for event in group.metrics[0].events() {
            by_event
                .entry(event.clone())
                .or_default()
                .push(group.clone());
        }
    }
    by_event
}

/// Puts metrics of the same events, tags and limit into one group. Returns the groups, and for
/// each definition its group and its place there.
pub(crate) fn make(
    definitions: &[Arc<Definition>],
    wanted: &Arc<Wanted>,
) -> (Vec<Arc<Group>>, Vec<(usize, usize)>) {
    let mut members: Vec<Vec<Arc<Definition>>> = Vec::new();
    let mut places = Vec::with_capacity(definitions.len());
    for definition in definitions {
        let same = |group: &Vec<Arc<Definition>>| {
            let Some(first) = group.first() else {
                return false;
            };
            first.tag_values.is_none()
                && definition.tag_values.is_none()
                && first.events() == definition.events()
                && first.tags() == definition.tags()
                && first.hashed == definition.hashed
                && first.max_series == definition.max_series
        };
        let at = members.iter().position(same).unwrap_or_else(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        places.push((at, members[at].len()));
        members[at].push(definition.clone());
    }
    (
        members
            .into_iter()
            .map(|metrics| Arc::new(Group::new(metrics, wanted.clone())))
            .collect(),
        places,
    )
}
