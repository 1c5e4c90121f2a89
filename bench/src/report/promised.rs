//! What is compared, and whether promises are kept.

use std::fmt::Write as _;

use super::Results;
use super::format::{Verdict, bracket, nanos, number};
use crate::goals::{
    A_TENTH, ADDED, Added, DIFFERENCES, Difference, Goal, Most, NUMBERS, ORIGINALS, PAIRS,
};
use crate::stats::Times;

impl Results<'_> {
    pub fn pairs(&self) -> String {
        let rows: Vec<String> = PAIRS.iter().filter_map(|goal| self.pair(goal)).collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "In square brackets: at most, where something was promised.\n\n\
             | work | ours | peer | instructions | time, 1 thread | time, T threads | promise |\n\
             |---|---|---|--:|--:|--:|---|\n",
        );
        text.extend(rows);
        text
    }

    fn pair(&self, goal: &Goal) -> Option<String> {
        let (ours, peer) = (self.find(goal.ours)?, self.find(goal.peer)?);
        let mut verdict = Verdict::default();
        let mut instructions = "–".to_owned();
        if let (Some(a), Some(b)) = (ours.instructions, peer.instructions) {
            let ratio = a / b;
            verdict.judge(goal.instructions, &[ratio]);
            instructions = format!("{ratio:.2}{}", bracket(goal.instructions));
        }
        let mut times = |ours: Option<Times>, peer: Option<Times>, most, by_medians| {
            let (Some(a), Some(b)) = (ours, peer) else {
                return "–".to_owned();
            };
            let (median, minimum) = (a.median / b.median, a.minimum / b.minimum);
            let judged = if by_medians { 1 } else { 2 };
            verdict.judge(most, &[median, minimum][..judged]);
            format!("{median:.2} ({minimum:.2}){}", bracket(most))
        };
        let one = times(
            ours.one_thread,
            peer.one_thread,
            goal.one_thread,
            goal.one_by_medians,
        );
        let all = times(
            ours.all_threads,
            peer.all_threads,
            goal.all_threads,
            goal.all_by_medians,
        );
        Some(format!(
            "| {} | `{}` | `{}` | {instructions} | {one} | {all} | {} |\n",
            goal.work,
            goal.ours,
            goal.peer,
            verdict.text()
        ))
    }

    pub fn numbers(&self) -> String {
        let mut rows = String::new();
        for (id, most) in NUMBERS {
            let Some(measured) = self.find(id) else {
                continue;
            };
            let (what, value, most) = match most {
                Most::Instructions(most) => ("instructions", measured.instructions, *most),
                Most::Allocations(most) => ("allocations", measured.allocations, *most),
            };
            let Some(value) = value else { continue };
            let mut verdict = Verdict::default();
            // The loop's own entry and exit, spread over the calls, is not part of a call.
            verdict.judge(Some(most), &[value - 0.05]);
            let _ = writeln!(
                rows,
                "| `{id}` | {what} | {} | {most} | {} |",
                number(Some(value)),
                verdict.text()
            );
        }
        if !rows.is_empty() {
            rows.insert_str(
                0,
                "| case | what | measured | at most | promise |\n|---|---|--:|--:|---|\n",
            );
        }
        rows
    }

    /// How much more a case costs with ours than without, in relation to a peer in its place.
    pub fn added(&self) -> String {
        let rows: Vec<String> = ADDED
            .iter()
            .filter_map(|added| self.one_added(added))
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "| to what | measured as | instructions | time, 1 thread | time, T threads | promise |\n\
             |---|---|--:|--:|--:|---|\n",
        );
        text.extend(rows);
        text
    }

    fn one_added(&self, added: &Added) -> Option<String> {
        let (ours, peer) = (self.find(added.ours)?, self.find(added.peer)?);
        let base = self.find(added.base)?;
        let of = |ours: f64, peer: f64, base: f64| (ours - base) / (peer - base);
        let mut verdict = Verdict::default();
        let mut instructions = "–".to_owned();
        if let (Some(a), Some(b), Some(base)) =
            (ours.instructions, peer.instructions, base.instructions)
        {
            let ratio = of(a, b, base);
            verdict.judge(added.most, &[ratio]);
            instructions = format!("{ratio:.2}{}", bracket(added.most));
        }
        let mut times = |ours: Option<Times>, peer: Option<Times>, base: Option<Times>| {
            let (Some(a), Some(b), Some(base)) = (ours, peer, base) else {
                return "–".to_owned();
            };
            let median = of(a.median, b.median, base.median);
            let minimum = of(a.minimum, b.minimum, base.minimum);
            verdict.judge(added.most, &[median, minimum]);
            format!("{median:.2} ({minimum:.2}){}", bracket(added.most))
        };
        let one = times(ours.one_thread, peer.one_thread, base.one_thread);
        let all = times(ours.all_threads, peer.all_threads, base.all_threads);
        let Added {
            work,
            ours,
            peer,
            base,
            ..
        } = added;
        Some(format!(
            "| {work} | (`{ours}` − `{base}`) / (`{peer}` − `{base}`) | {instructions} | {one} | \
             {all} | {} |\n",
            verdict.text()
        ))
    }

    /// What cannot be measured alone: how much more one case costs than another.
    pub fn differences(&self) -> String {
        let rows: Vec<String> = DIFFERENCES
            .iter()
            .filter_map(|difference| self.difference(difference))
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "| what | measured as | instructions | 1 thread, ns | T threads, ns | promise |\n\
             |---|---|--:|--:|--:|---|\n",
        );
        text.extend(rows);
        text
    }

    fn difference(&self, difference: &Difference) -> Option<String> {
        let (more, less) = (self.find(difference.more)?, self.find(difference.less)?);
        let of = |more: f64, less: f64| (more - less) / difference.times;
        let mut verdict = Verdict::default();
        let mut times = |more: Option<Times>, less: Option<Times>| {
            let (Some(a), Some(b)) = (more, less) else {
                return "–".to_owned();
            };
            let (median, minimum) = (of(a.median, b.median), of(a.minimum, b.minimum));
            verdict.judge(difference.most, &[median, minimum]);
            format!("{median:.1} ({minimum:.1}){}", bracket(difference.most))
        };
        let one = times(more.one_thread, less.one_thread);
        let all = times(more.all_threads, less.all_threads);
        let instructions = match (more.instructions, less.instructions) {
            (Some(a), Some(b)) => format!("{:.0}", of(a, b)),
            _ => "–".to_owned(),
        };
        let share = if difference.times > 1.0 {
            format!(" / {}", difference.times)
        } else {
            String::new()
        };
        Some(format!(
            "| {} | (`{}` − `{}`){share} | {instructions} | {one} | {all} | {} |\n",
            difference.work,
            difference.more,
            difference.less,
            verdict.text()
        ))
    }
    /// Ours and the original, which was measured apart.
    pub fn originals(&self) -> String {
        let mut rows = String::new();
        for (work, ours, name) in ORIGINALS {
            let original = self.originals.iter().find(|one| one.name == *name);
            let (Some(measured), Some(original)) = (self.find(ours), original) else {
                continue;
            };
            let mut verdict = Verdict::default();
            let mut ratio = |ours: Option<Times>, original: Times| {
                let Some(ours) = ours else {
                    return "–".to_owned();
                };
                let (median, minimum) = (
                    ours.median / original.median,
                    ours.minimum / original.minimum,
                );
                verdict.judge(Some(A_TENTH), &[median, minimum]);
                format!("{median:.3} ({minimum:.3}){}", bracket(Some(A_TENTH)))
            };
            let one = ratio(measured.one_thread, original.one_thread);
            let all = ratio(measured.all_threads, original.all_threads);
            let _ = writeln!(
                rows,
                "| {work} | `{ours}` | {} | {} | {one} | {all} | {} |",
                nanos(Some(original.one_thread)),
                nanos(Some(original.all_threads)),
                verdict.text()
            );
        }
        if rows.is_empty() {
            return rows;
        }
        format!(
            "Measured after all others, not in turns with them. *Persisted* is after \
             `telemetry:persist()`.\n\n\
             | work | ours | the original, 1 process, ns | T processes, ns | ratio, 1 | ratio, T | promise |\n\
             |---|---|--:|--:|--:|--:|---|\n{rows}"
        )
    }
}
