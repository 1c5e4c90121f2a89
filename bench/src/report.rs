//! The Markdown: ratios and goals first, then every number.

use std::fmt::Write as _;

use crate::args::Args;
use crate::goals::{Goal, Most, NUMBERS, PAIRS};
use crate::harness::{Case, Table};
use crate::stats::{Measured, Times};

/// Everything that was measured, to be looked up by id.
pub struct Results<'c>(pub Vec<(&'c Case, Measured)>);

/// One table of the report.
pub struct Section {
    /// By which a document names it.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Markdown.
    pub body: String,
}

impl Section {
    /// All keys there are.
    pub const KEYS: [&'static str; 9] = [
        "machine",
        "ratios",
        "numbers",
        "gates",
        "events",
        "spans",
        "metrics",
        "candidates",
        "churn",
    ];
}

impl Results<'_> {
    fn find(&self, id: &str) -> Option<&Measured> {
        let (_, measured) = self.0.iter().find(|(case, _)| case.id == id)?;
        Some(measured)
    }

    /// The whole report.
    pub fn markdown(&self, args: &Args, machine: &str) -> String {
        let mut text = "# Measurements\n".to_owned();
        for Section { key, title, body } in self.sections(args, machine) {
            if key != "machine" {
                let _ = write!(text, "\n## {title}\n");
            }
            let _ = write!(text, "\n{body}");
        }
        text
    }

    /// Its tables, as far as there is anything in them.
    pub fn sections(&self, args: &Args, machine: &str) -> Vec<Section> {
        let setup = format!(
            "{machine} T = {} threads. Times: median (minimum) of {} interleaved rounds of {} ms, \
             in nanoseconds per call as each thread sees it. Ratios: ours / peer, from the medians \
             (from the minima). Instructions and allocations are those of the calling thread.\n",
            args.threads,
            args.rounds,
            args.window.as_millis(),
        );
        let section = |key, title, body| Section { key, title, body };
        let table = |key, title, which| section(key, title, self.table(which));
        let mut all = vec![
            section("machine", "Setup", setup),
            section("ratios", "Ratios", self.pairs()),
            section("numbers", "Numbers", self.numbers()),
            table("gates", "Idle gates", Table::Gate),
            table("events", "One event of three fields", Table::Event),
            table("spans", "One span", Table::Span),
            table(
                "metrics",
                "One event into a counter and a distribution",
                Table::Metric,
            ),
            table(
                "candidates",
                "Ways to publish a list of handlers",
                Table::Candidate,
            ),
            section(
                "churn",
                "Attaching and detaching under emitters",
                self.churn(args),
            ),
        ];
        all.retain(|section| !section.body.is_empty());
        all
    }

    fn pairs(&self) -> String {
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
        let one = times(ours.one_thread, peer.one_thread, goal.one_thread, false);
        let (all, by_medians) = (goal.all_threads, goal.by_medians);
        let all = times(ours.all_threads, peer.all_threads, all, by_medians);
        Some(format!(
            "| {} | `{}` | `{}` | {instructions} | {one} | {all} | {} |\n",
            goal.work,
            goal.ours,
            goal.peer,
            verdict.text()
        ))
    }

    fn numbers(&self) -> String {
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

    fn table(&self, table: Table) -> String {
        let rows: Vec<_> = self
            .0
            .iter()
            .filter(|(case, _)| case.table == table)
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut text = String::from(
            "| what | instructions | allocations | 1 thread, ns | T threads, ns | id |\n\
             |---|--:|--:|--:|--:|---|\n",
        );
        for (case, measured) in rows {
            let allocations = match (measured.allocations, measured.bytes) {
                (Some(n), Some(bytes)) if n > 0.0 => format!("{} ({bytes:.0} B)", number(Some(n))),
                (n, _) => number(n),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {allocations} | {} | {} | `{}` |",
                case.label,
                number(measured.instructions),
                nanos(measured.one_thread),
                nanos(measured.all_threads),
                case.id
            );
        }
        text
    }

    fn churn(&self, args: &Args) -> String {
        let mut rows = String::new();
        for (case, measured) in &self.0 {
            if let Some(churned) = measured.churn {
                let _ = writeln!(
                    rows,
                    "| {} | {:.1} | {:.0} | {:.1} | `{}` |",
                    case.label,
                    churned.peak / 1000.0,
                    churned.nanos,
                    churned.events,
                    case.id
                );
            }
        }
        if rows.is_empty() {
            return rows;
        }
        format!(
            "{} cycles beside {} emitting \
                 threads. Peak: the most heap held beyond what was held at the start.\n\n\
                 | what | peak, kB | ns per cycle | events per cycle | id |\n\
                 |---|--:|--:|--:|---|\n{rows}",
            args.cycles,
            args.threads - 1,
        )
    }

    /// All numbers, for programs.
    pub fn json(&self, args: &Args, machine: &str) -> serde_json::Value {
        let times = |times: Option<Times>| {
            times.map(|t| serde_json::json!({ "median": t.median, "minimum": t.minimum }))
        };
        let cases: Vec<_> = self
            .0
            .iter()
            .map(|(case, m)| {
                serde_json::json!({
                    "id": case.id,
                    "table": format!("{:?}", case.table),
                    "label": case.label,
                    "instructions": m.instructions,
                    "one_thread_ns": times(m.one_thread),
                    "all_threads_ns": times(m.all_threads),
                    "allocations": m.allocations,
                    "bytes": m.bytes,
                    "churn_peak_bytes": m.churn.map(|churned| churned.peak),
                    "churn_ns_per_cycle": m.churn.map(|churned| churned.nanos),
                })
            })
            .collect();
        serde_json::json!({
            "machine": machine,
            "threads": args.threads,
            "rounds": args.rounds,
            "cases": cases,
        })
    }
}

/// Whether everything promised of one row holds.
#[derive(Default)]
struct Verdict {
    kept: usize,
    broken: usize,
}

impl Verdict {
    fn judge(&mut self, most: Option<f64>, values: &[f64]) {
        for value in values {
            match most {
                Some(most) if *value <= most => self.kept += 1,
                Some(_) => self.broken += 1,
                None => {}
            }
        }
    }

    fn text(&self) -> String {
        match (self.kept, self.broken) {
            (0, 0) => String::new(),
            (_, 0) => "kept".to_owned(),
            (0, _) => "**missed**".to_owned(),
            (kept, broken) => format!("**missed** {broken} of {}", kept + broken),
        }
    }
}

fn bracket(most: Option<f64>) -> String {
    most.map_or(String::new(), |most| format!(" [{most}]"))
}

fn nanos(times: Option<Times>) -> String {
    times.map_or("–".to_owned(), |t| {
        format!("{} ({})", number(Some(t.median)), number(Some(t.minimum)))
    })
}

/// Three figures that mean something.
fn number(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(0.0) => "0".to_owned(),
        Some(n) if n < 1.0 => format!("{n:.2}"),
        Some(n) if n < 100.0 && n.fract() > 0.05 => format!("{n:.1}"),
        Some(n) => format!("{n:.0}"),
    }
}
