//! [`Source`]: the series behind a line, found and found again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use telemetry_metrics::Definition;
use telemetry_metrics::history::{History, PastSeries, Range, SeriesId, Stats, Tick};

use super::spec::Of;

/// The series of one definition that a chart asks for together.
#[derive(Debug)]
pub(super) struct Source {
    of: Of,
    ids: Vec<SeriesId>,
    /// Whether these are the ones for good: a total, or a list that was given.
    is_settled: bool,
}

/// What it answered, on the grid of a chart.
pub(super) struct Answer {
    /// Where the first slot begins.
    pub(super) begin: u64,
    /// Where the last slot ends.
    pub(super) end: u64,
    /// How many ticks a slot is.
    pub(super) ticks: u64,
    /// When the history began, by the wall clock as it is now.
    pub(super) zero: SystemTime,
    pub(super) stats: Vec<Option<Stats>>,
}

impl Source {
    pub(super) fn new(of: &Of) -> Self {
        let ids = of.series.as_ref().map_or(Vec::new(), |ids| ids.to_vec());
        Self {
            of: of.clone(),
            ids,
            is_settled: of.series.is_some(),
        }
    }

    pub(super) fn is_of(&self, of: &Of) -> bool {
        self.of.is_as(of)
    }

    pub(super) fn definition(&self) -> &Arc<Definition> {
        &self.of.definition
    }

    /// Whether its series have to be looked up time and again.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Looks for its series; tells whether these are others than before.
    pub(super) fn find(&mut self, history: &History, totals: &Totals) -> bool {
        if self.is_settled {
            return false;
        }
        let ids = match totals.of(&self.of.definition) {
            Some(total) => {
                self.is_settled = true;
                vec![total.id]
            }
            None => all(history, &self.of.definition),
        };
        let is_new = ids != self.ids;
        self.ids = ids;
        is_new
    }

    /// Slots of at least so many ticks, of the time after one tick and up to another.
    pub(super) fn ask(&self, history: &History, (after, to): (u64, u64), slot: u64) -> Answer {
        let interval = history.interval();
        let range = Range::between(Tick::new(after), Tick::new(to));
        let slots = history.slots(&self.ids, range, time_of(interval, slot));
        let ticks = slots.step.as_nanos() / interval.as_nanos().max(1);
        let begin = slots.begin.number();
        let since_zero = time_of(interval, begin);
        Answer {
            begin,
            end: slots.end.number(),
            ticks: u64::try_from(ticks).unwrap_or(u64::MAX).max(1),
            zero: slots.start.checked_sub(since_zero).unwrap_or(slots.start),
            stats: slots.stats,
        }
    }

    /// Slots of exactly so many ticks, from one tick to another. Where what is known is coarser, slots
    /// share it: rates, values and quantiles are then those of a longer time.
    pub(super) fn read(
        &self,
        history: &History,
        (begin, end): (u64, u64),
        slot: u64,
    ) -> Vec<Option<Stats>> {
        let count = usize::try_from((end - begin) / slot.max(1)).unwrap_or(0);
        let mut slots = vec![None; count];
        let mut after = begin;
        // What is newer is finer, and answers are as coarse as the oldest step in them.
        let mut to = recent(history, end, slot);
        while after < end {
            if to <= after {
                to = end;
            }
            let answer = self.ask(history, (after, to), slot);
            if answer.end <= after {
                if to == end {
                    break;
                }
                to = end;
                continue;
            }
            let middles = (begin + slot / 2..).step_by(usize::try_from(slot).unwrap_or(usize::MAX));
            for (slot, middle) in slots.iter_mut().zip(middles) {
                if let Some(at) = middle.checked_sub(answer.begin) {
                    let at = usize::try_from(at / answer.ticks).unwrap_or(usize::MAX);
                    if let Some(stats) = answer.stats.get(at) {
                        slot.clone_from(stats);
                    }
                }
            }
            after = answer.end;
        }
        slots
    }

    /// All that lies between two ticks.
    pub(super) fn stats(&self, history: &History, after: u64, to: u64) -> Stats {
        history.stats(&self.ids, Range::between(Tick::new(after), Tick::new(to)))
    }

    /// Its series.
    pub(super) fn ids(&self) -> &[SeriesId] {
        &self.ids
    }
}

impl Answer {
    /// Where the first slot begins, where the last ends, and how long each is.
    pub(super) fn grid(&self) -> (u64, u64, u64) {
        (self.begin, self.end, self.ticks)
    }
}

/// Since when no step is longer than slots of so many ticks: a history's steps become longer by tens.
pub(super) fn recent(history: &History, tick: u64, slot: u64) -> u64 {
    let group = 10_u64.saturating_pow(slot.max(1).ilog10());
    let longer = group.saturating_mul(10);
    let fine = history.status().fine_steps.saturating_mul(group);
    tick.saturating_sub(fine) / longer * longer
}

/// All series of a definition, for one that has no total.
fn all(history: &History, definition: &Definition) -> Vec<SeriesId> {
    let series = history.series_of(definition.name()).into_iter();
    let own = series.filter(|series| is_same(&series.definition, definition));
    let mut ids: Vec<_> = own.map(|series| series.id).collect();
    ids.sort_unstable();
    ids
}

/// Whether a series' definition is this one. Two of the start may share a name, so it must be the very
/// same; one that was added later has a name of its own, and is replaced when it gets another tag.
pub(super) fn is_same(one: &Definition, other: &Definition) -> bool {
    let is_late = one.events().is_empty() && other.events().is_empty();
    std::ptr::eq(one, other)
        || (is_late && one.name() == other.name() && one.kind() == other.kind())
}

/// How long so many ticks are.
pub(super) fn time_of(interval: Duration, ticks: u64) -> Duration {
    let nanos = interval.as_nanos().saturating_mul(ticks.into());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// The totals of all definitions at one moment.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    by_name: HashMap<String, Vec<PastSeries>>,
}

impl Totals {
    pub(crate) fn of_history(history: &History) -> Self {
        let mut by_name: HashMap<String, Vec<PastSeries>> = HashMap::new();
        for total in history.totals() {
            let name = total.definition.name().to_owned();
            by_name.entry(name).or_default().push(total);
        }
        Self { by_name }
    }

    /// The one series that is all of a definition's.
    pub(crate) fn of(&self, definition: &Definition) -> Option<&PastSeries> {
        let own = self.by_name.get(definition.name())?;
        own.iter()
            .find(|total| is_same(&total.definition, definition))
    }
}
