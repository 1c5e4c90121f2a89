//! Families that are added while the aggregator runs, for numbers that are no events.
//!
//! What another ecosystem records (the bridge takes in what the `metrics` crate is told) has names
//! and labels that nobody knows beforehand. A definition of the builder has its tags from the start;
//! a late one gets a tag when it is first met: it is replaced by a copy with one tag more, and rows
//! keep the tags that they had, which are the first of the new ones.
//!
//! Reporters check names when they are built, so a late family may not have the name of another one,
//! not even after everything but letters and digits became `_`.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telemetry::{Number, Value};

use crate::amount::store;
use crate::cells::Target;
use crate::definition::Definition;
use crate::group::Group;
use crate::key::Key;
use crate::lease::Lease;
use crate::metric::{Kind, Metric};
use crate::problem::DefinitionProblem;
use crate::row::Row;
use crate::shared::Shared;
use crate::skip::Skip;
use crate::tag;
use crate::{resolve, self_metrics};

/// Adds families to a running aggregator; made by [`Aggregator::late`](crate::Aggregator::late).
///
/// Their series do not expire, since somebody may hold them.
///
/// It outlives the aggregator, whose numbers it then still changes.
///
/// ```
/// use telemetry_metrics::{Aggregator, Data, counter};
///
/// let aggregator = Aggregator::builder().start()?;
/// let hits = aggregator.late().add(counter("cache_hits")).unwrap();
/// let of_users = hits.series(&[("cache", "users")]);
/// of_users.add(3);
/// let snapshot = aggregator.snapshot();
/// assert_eq!(snapshot.find("cache_hits", &[("cache", "users")]), Some(&Data::Counter(3)));
/// # Ok::<(), telemetry_metrics::StartError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Late {
    pub(crate) shared: Arc<Shared>,
}

/// Why a family was not added.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LateError {
    /// What is wrong with the definition.
    Definition(Vec<DefinitionProblem>),
    /// Reporters could not tell it from the one of this name.
    NameTaken(String),
}

impl fmt::Display for LateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                f.write_str(&problems.join("; "))
            }
            Self::NameTaken(by) => write!(
                f,
                "reporters could not tell it from `{by}`; choose another name"
            ),
        }
    }
}

impl std::error::Error for LateError {}

/// All that were added, in that order; none is taken away again.
#[derive(Debug, Default)]
pub(crate) struct Added(Mutex<Vec<Arc<One>>>);

/// One of them. Its group has no other metric.
#[derive(Debug)]
pub(crate) struct One {
    definition: Mutex<Arc<Definition>>,
    pub(crate) group: Group,
}

impl Added {
    pub(crate) fn all(&self) -> Vec<Arc<One>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<One>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl One {
    /// As it is now: with all tags that were met.
    pub(crate) fn definition(&self) -> Arc<Definition> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Definition>> {
        self.definition
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Late {
    /// Adds a family, which stays as long as the aggregator does.
    ///
    /// Of the metric its kind, name, tags, unit, description, buckets, limit of series and options
    /// matter; it has no events. The name may be a single segment. How many are added is for the
    /// caller to bound. Its series do not [expire](crate::AggregatorBuilder::expire_after): somebody
    /// may still hold them.
    ///
    /// # Errors
    ///
    /// A [`LateError`] if the definition is wrong, or its name is taken.
    pub fn add(&self, metric: Metric) -> Result<LateMetric, LateError> {
        // Its own name is as good an event as any, for the check.
        let event = metric.name().to_owned();
        let (mut definitions, problems) =
            resolve::resolve(vec![metric.event(event)], &self.shared.constant_tags);
        if !problems.is_empty() {
            return Err(LateError::Definition(problems));
        }
        let mut definition = definitions.remove(0);
        definition.events.clear();
        let mut added = self.shared.late.lock();
        let own = self
            .shared
            .definitions
            .iter()
            .cloned()
            .chain(self_metrics::definitions());
        let mut all = own.chain(added.iter().map(|one| one.definition()));
        if let Some(by) = all.find(|one| is_same(one.name(), definition.name())) {
            return Err(LateError::NameTaken(by.name().to_owned()));
        }
        let definition = Arc::new(definition);
        let one = Arc::new(One {
            group: Group::late(definition.clone(), self.shared.wanted.clone()),
            definition: Mutex::new(definition),
        });
        added.push(one.clone());
        Ok(LateMetric { one })
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let fold = |c: char| {
        if c.is_ascii_alphanumeric() { c } else { '_' }
    };
    one.chars().map(fold).eq(other.chars().map(fold))
}

/// A family that was added.
#[derive(Debug, Clone)]
pub struct LateMetric {
    one: Arc<One>,
}

impl LateMetric {
    /// Sets the description, unless there is one. Reporters that have shown the family already may
    /// keep to what it was.
    pub fn describe(&self, text: &str) {
        let mut definition = self.one.lock();
        if definition.description.is_none() && !text.trim().is_empty() {
            Arc::make_mut(&mut definition).description = Some(text.to_owned());
        }
    }

    /// The series of these tags, or the overflow series if there is no room for it. A tag that the
    /// family does not have yet is added to it; an empty value is an absent tag. How many keys there
    /// are is for the caller to bound.
    ///
    /// Looks it up under a lock: keep what it returns.
    #[must_use]
    pub fn series(&self, tags: &[(&str, &str)]) -> LateSeries {
        let mut definition = self.one.lock();
        for (key, value) in tags {
            if !value.is_empty() && !definition.tags.iter().any(|tag| tag == key) {
                Arc::make_mut(&mut definition).tags.push((*key).to_owned());
            }
        }
        let mut texts: Vec<Vec<u8>> = Vec::with_capacity(definition.tags.len());
        for tag in &definition.tags {
            let mut text = Vec::new();
            if let Some((_, value)) = tags.iter().find(|(key, _)| key == tag) {
                tag::write(&mut text, Value::Str(value));
            }
            texts.push(text);
        }
        drop(definition);
        // Up to the last that is there, so that a tag that is added later changes nothing.
        while texts.last().is_some_and(Vec::is_empty) {
            texts.pop();
        }
        let texts: Vec<&[u8]> = texts.iter().map(Vec::as_slice).collect();
        let group = &self.one.group;
        let is_ending = Lease::current().is_ending();
        let row = group
            .rows
            .find(Key::new(&texts), is_ending, || group.tell_overflow());
        LateSeries {
            row,
            one: self.one.clone(),
        }
    }
}

/// One series of a family that was added.
#[derive(Debug, Clone)]
pub struct LateSeries {
    row: Arc<Row>,
    one: Arc<One>,
}

impl LateSeries {
    /// Whether it is where what is beyond the limit is counted.
    #[must_use]
    pub fn is_overflow(&self) -> bool {
        self.row.is_overflow
    }

    /// Counts so many. For counters; others count it as skipped.
    pub fn add(&self, count: u64) {
        let cell = &self.one.group.rows.cells[0];
        if cell.kind != Kind::Counter {
            return self.skip(Skip::Missing, 1);
        }
        cell.record_so_many(self.target(), count);
        self.overflowed(count);
    }

    /// Records a number, so many times; a last value is set once. Not for counters.
    pub fn record(&self, number: Number, count: u64) {
        let group = &self.one.group;
        let metric = &group.metrics[0];
        let count = match metric.kind() {
            Kind::LastValue => count.min(1),
            _ => count,
        };
        if count == 0 {
            return;
        }
        let only_grows = metric.kind() == Kind::Sum && !metric.is_up_down();
        let recorded = match store(&number, metric.dimension(), metric.from) {
            Ok(amount) if only_grows && amount.is_negative() => Err(Skip::Negative),
            Ok(amount) => {
                let cells = &group.rows.cells;
                cells[0].record_many(0, amount, count, self.target(), cells)
            }
            Err(reason) => Err(reason),
        };
        match recorded {
            Ok(()) => self.overflowed(count),
            Err(reason) => self.skip(reason, count),
        }
    }

    /// How many a counter has counted so far, by all threads; zero for other kinds.
    #[must_use]
    pub fn count(&self) -> u64 {
        let rows = &self.one.group.rows;
        match &rows.cells[0] {
            cell if cell.kind == Kind::Counter => {
                cell.count(&rows.arena.totals_of(self.row.place()))
            }
            _ => 0,
        }
    }

    fn target(&self) -> Target<'_> {
        self.one.group.target(&self.row, Lease::current())
    }

    fn skip(&self, reason: Skip, count: u64) {
        self.one.group.skip(0, reason, count);
    }

    fn overflowed(&self, count: u64) {
        if self.row.is_overflow {
            let account = &self.one.group.accounts[0];
            account.overflowed.fetch_add(count, Ordering::Relaxed);
        }
    }
}
