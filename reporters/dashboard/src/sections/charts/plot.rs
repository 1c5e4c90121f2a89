//! [`Plot`]: the numbers of a chart, brought up to date by asking only for what is new.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json, json};
use telemetry_metrics::history::{History, Stats};

use super::heat::Heat;
use super::latest::latest;
use super::number::Number;
use super::scale::{Scale, rounded};
use super::source::{Answer, Source, Totals, recent, time_of};
use super::spec::{Of, Spec};
use super::timing::{Reach, Timing};
use crate::card::milliseconds;
use crate::moment::Moment;

/// How often series are looked for, in ticks, where none seems to have come.
const LOOK_AGAIN: u64 = 10;

/// Lines and perhaps a heat map, all on one grid of slots.
#[derive(Debug)]
pub(super) struct Plot {
    timing: Timing,
    /// The same, or a shorter one while there is no past for that; and how far back that goes then.
    drawn: Timing,
    reach: Option<Reach>,
    sources: Vec<Source>,
    rows: Vec<Row>,
    /// Of the first row's source.
    heat: Option<Heat>,
    interval: Duration,
    /// How many ticks a slot is; 0 before anything was asked.
    slot: u64,
    /// Where the first slot that is held begins, and the last one ends.
    begin: u64,
    end: u64,
    /// When the history began, by the wall clock.
    zero: SystemTime,
    /// When series were looked for, and how many there were altogether.
    looked: Option<(u64, usize)>,
}

#[derive(Debug)]
struct Row {
    source: usize,
    /// What a share is of.
    others: Option<usize>,
    number: Number,
    divide: f64,
    /// Of totals: what there was before the next slot.
    running: f64,
    values: VecDeque<Option<f64>>,
}

/// What an advance did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Same,
    /// So many slots came.
    Appended(usize),
    /// Nothing need be as it was.
    Whole,
}

impl Plot {
    pub(super) fn new(spec: &Spec) -> Self {
        let mut sources: Vec<Source> = Vec::new();
        let mut place = |of: &Of| {
            let known = sources.iter().position(|source| source.is_of(of));
            known.unwrap_or_else(|| {
                sources.push(Source::new(of));
                sources.len() - 1
            })
        };
        let rows = spec.lines.iter().map(|line| Row {
            source: place(&line.of),
            others: match &line.number {
                Number::Share(others) => Some(place(others)),
                _ => None,
            },
            number: line.number.clone(),
            divide: Scale::of(&line.of.definition, &line.number).divide,
            running: 0.0,
            values: VecDeque::new(),
        });
        let rows: Vec<_> = rows.collect();
        let first = sources.first().filter(|_| spec.heat);
        Self {
            timing: spec.timing,
            drawn: spec.timing,
            reach: None,
            heat: first.map(|source| Heat::new(source.definition())),
            sources,
            rows,
            interval: Duration::ZERO,
            slot: 0,
            begin: 0,
            end: 0,
            zero: SystemTime::UNIX_EPOCH,
            looked: None,
        }
    }

    pub(super) fn advance(&mut self, moment: &Moment<'_>) -> Change {
        let history = &moment.sources.history;
        let tick = moment.tick.number();
        if self.slot == 0 {
            self.interval = history.interval();
        }
        let found_others = self.look(history, tick, moment);
        let is_longer = self.measure(history);
        if self.slot == 0 || found_others || is_longer {
            return self.fill(history, tick);
        }
        let to = tick / self.slot * self.slot;
        if to <= self.end {
            return Change::Same;
        }
        let ask = |source: &Source| source.ask(history, (self.end, to), self.slot);
        let answers: Vec<_> = self.sources.iter().map(ask).collect();
        let grid = (self.end, to, self.slot);
        let is_on_grid = |answer: &Answer| answer.grid() == grid;
        let goes_on = if self.has_totals() {
            answers.iter().all(is_on_grid)
        } else {
            answers.iter().any(is_on_grid)
        };
        if !goes_on || answers.iter().any(|answer| self.is_clock_set(answer.zero)) {
            return self.fill(history, tick);
        }
        let slots = self.on_grid(history, answers, grid);
        let count = usize::try_from((to - self.end) / self.slot).unwrap_or(usize::MAX);
        let others_rows = self.append(&slots, count);
        self.end = to;
        self.trim();
        if others_rows {
            return Change::Whole;
        }
        Change::Appended(count)
    }

    /// Whether the range that is drawn is another one than before: there is more past to show.
    fn measure(&mut self, history: &History) -> bool {
        let reach = Reach::of(history);
        let drawn = self.timing.holding(reach);
        self.reach = (drawn != self.timing).then_some(reach);
        std::mem::replace(&mut self.drawn, drawn) != drawn
    }

    /// How far back it goes, if that is not as far as it was asked to.
    pub(super) fn reach(&self) -> Option<Reach> {
        self.reach
    }

    /// What adds up can only be told where steps end.
    fn has_totals(&self) -> bool {
        let mut rows = self.rows.iter();
        rows.any(|row| matches!(row.number, Number::Total))
    }

    /// What all sources answered, in the same slots.
    fn on_grid(
        &self,
        history: &History,
        answers: Vec<Answer>,
        (begin, end, slot): (u64, u64, u64),
    ) -> Vec<Vec<Option<Stats>>> {
        let all = self.sources.iter().zip(answers);
        let all = all.map(|(source, answer)| {
            if answer.grid() == (begin, end, slot) {
                answer.stats
            } else {
                source.read(history, (begin, end), slot)
            }
        });
        all.collect()
    }

    /// Looks for series that were not there before; tells whether there are any.
    fn look(&mut self, history: &History, tick: u64, moment: &Moment<'_>) -> bool {
        if self.sources.iter().all(Source::is_settled) {
            return false;
        }
        let count = history.status().series;
        let is_news = self.looked.is_none_or(|(looked, before)| {
            before != count || tick.saturating_sub(looked) >= LOOK_AGAIN
        });
        if !is_news {
            return false;
        }
        self.looked = Some((tick, count));
        let totals: &Totals = moment.totals();
        let found = self.sources.iter_mut();
        // Each of them has to look.
        found.fold(false, |any, source| source.find(history, totals) | any)
    }

    /// Asks for the whole range.
    fn fill(&mut self, history: &History, tick: u64) -> Change {
        let interval = self.interval.as_nanos().max(1);
        let ticks = |time: Duration| u64::try_from(time.as_nanos().div_ceil(interval));
        let after = tick.saturating_sub(ticks(self.drawn.range).unwrap_or(u64::MAX));
        let wanted = ticks(self.drawn.step).unwrap_or(u64::MAX).max(1);
        let ask = |slot: u64| -> Vec<Answer> {
            let sources = self.sources.iter();
            sources
                .map(|source| source.ask(history, (after, tick), slot))
                .collect()
        };
        let mut answers = ask(wanted);
        let steps = answers.iter().map(|answer| answer.ticks);
        // A quiet series may have been made coarser than the others. What adds up waits for it.
        let slot = if self.has_totals() {
            steps.max()
        } else {
            steps.min()
        };
        let slot = slot.unwrap_or(wanted);
        if self.has_totals() && answers.iter().any(|answer| answer.ticks != slot) {
            answers = ask(slot);
        }
        let grid = answers
            .iter()
            .map(Answer::grid)
            .find(|(.., ticks)| *ticks == slot);
        let mut grid = grid.unwrap_or((tick / slot * slot, tick / slot * slot, slot));
        if slot > wanted && !self.has_totals() && self.heat.is_none() {
            grid = self.finer(history, grid, tick, wanted);
        }
        for row in &mut self.rows {
            row.values.clear();
        }
        if let Some(heat) = &mut self.heat {
            heat.clear();
        }
        if let Some(first) = answers.first() {
            self.zero = first.zero;
        }
        (self.begin, self.end, self.slot) = grid;
        for row in &mut self.rows {
            row.running = match row.number {
                Number::Total => latest(history, &self.sources[row.source], self.begin),
                _ => 0.0,
            };
        }
        let count = usize::try_from((self.end - self.begin) / self.slot).unwrap_or(0);
        let slots = self.on_grid(history, answers, grid);
        self.append(&slots, count);
        self.trim();
        Change::Whole
    }

    /// What is old may be coarse; the newest need not be so late and so flat for that. Slots that are
    /// shorter than what is known share it.
    fn finer(
        &self,
        history: &History,
        (begin, end, slot): (u64, u64, u64),
        tick: u64,
        wanted: u64,
    ) -> (u64, u64, u64) {
        let since = recent(history, tick, wanted).max(begin);
        let newest = self.sources.iter();
        let newest = newest.map(|source| source.ask(history, (since, tick), wanted).ticks);
        match newest.min() {
            Some(finer) if finer < slot => {
                let end = tick / finer * finer;
                (begin.next_multiple_of(finer).min(end), end, finer)
            }
            _ => (begin, end, slot),
        }
    }

    /// Appends slots; tells whether the rows of the heat map are others now.
    fn append(&mut self, slots: &[Vec<Option<Stats>>], count: usize) -> bool {
        let stats =
            |source: usize, at: usize| -> Option<&Stats> { slots.get(source)?.get(at)?.as_ref() };
        for row in &mut self.rows {
            for at in 0..count {
                let others = row.others.and_then(|others| stats(others, at));
                let value = row.number.of(stats(row.source, at), others);
                let value = match row.number {
                    Number::Total => value.map(|added| {
                        row.running += added;
                        row.running
                    }),
                    _ => value,
                };
                row.values.push_back(value.map(|value| value / row.divide));
            }
        }
        let mut others_rows = false;
        if let (Some(heat), Some(row)) = (&mut self.heat, self.rows.first()) {
            for at in 0..count {
                others_rows |= heat.push(stats(row.source, at));
            }
        }
        others_rows
    }

    fn trim(&mut self) {
        let held = usize::try_from((self.end - self.begin) / self.slot.max(1));
        let surplus = held.unwrap_or(usize::MAX).saturating_sub(self.slots());
        for row in &mut self.rows {
            row.values.drain(..surplus.min(row.values.len()));
        }
        if let Some(heat) = &mut self.heat {
            heat.trim(surplus);
        }
        self.begin += surplus as u64 * self.slot;
    }

    /// Whether somebody set the wall clock; what was shown of the past moves then.
    fn is_clock_set(&self, zero: SystemTime) -> bool {
        let apart = zero.duration_since(self.zero);
        let apart = apart.unwrap_or_else(|error| error.duration());
        apart > (time_of(self.interval, self.slot) / 2).max(Duration::from_millis(200))
    }

    /// How many slots the range has at most.
    fn slots(&self) -> usize {
        self.drawn.slots(time_of(self.interval, self.slot))
    }

    fn time(&self, tick: u64) -> u64 {
        let since_zero = time_of(self.interval, tick);
        milliseconds(self.zero.checked_add(since_zero).unwrap_or(self.zero))
    }

    /// Where the first slot begins. Where there is none yet, the range still ends with what was sampled.
    fn start(&self) -> u64 {
        let begin = self.time(self.begin);
        if self.begin < self.end {
            return begin;
        }
        let range = time_of(self.interval, self.slot).as_millis() * self.slots() as u128;
        begin.saturating_sub(u64::try_from(range).unwrap_or(0))
    }

    /// Writes all of it into a card, with keys, labels and roles of the lines.
    pub(super) fn write(&self, spec: &Spec, card: &mut Map<String, Json>) {
        let lines = spec.lines.iter().zip(&self.rows).map(|(line, row)| {
            json!({
                "key": line.key,
                "label": line.label,
                "role": line.role.as_str(),
                "values": row.newest(row.values.len()),
            })
        });
        let step = time_of(self.interval, self.slot).as_millis();
        card.insert("start".to_owned(), json!(self.start()));
        card.insert("step".to_owned(), json!(u64::try_from(step).unwrap_or(1)));
        card.insert("slots".to_owned(), json!(self.slots()));
        card.insert("lines".to_owned(), Json::Array(lines.collect()));
        if let Some(heat) = &self.heat {
            card.insert("heat".to_owned(), heat.whole());
        }
    }

    /// The newest slots, as the browser appends them.
    pub(super) fn appended(&self, spec: &Spec, count: usize) -> Json {
        let lines = spec.lines.iter().zip(&self.rows);
        let lines: Map<String, Json> = lines
            .map(|(line, row)| (line.key.clone(), Json::Array(row.newest(count))))
            .collect();
        let begin = self.end.saturating_sub(count as u64 * self.slot);
        let mut append = json!({ "start": self.time(begin.max(self.begin)), "lines": lines });
        if let Some(heat) = &self.heat {
            append["columns"] = Json::Array(heat.newest(count));
        }
        append
    }

    /// What is held of a line, in the chart's unit.
    pub(super) fn values(&self, line: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        self.rows
            .get(line)
            .into_iter()
            .flat_map(|row| row.values.iter().copied())
    }
}

impl Row {
    fn newest(&self, count: usize) -> Vec<Json> {
        let skipped = self.values.len().saturating_sub(count);
        let values = self.values.iter().skip(skipped);
        values
            .map(|value| value.map_or(Json::Null, rounded))
            .collect()
    }
}
