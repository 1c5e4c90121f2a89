//! Every number.

use std::fmt::Write as _;

use super::Results;
use super::format::{Verdict, bracket, nanos, number};
use crate::args::Args;
use crate::cases::EVALUATED;
use crate::goals::WEIGHTS;
use crate::harness::Table;
use crate::stats::Times;

impl Results<'_> {
    pub fn table(&self, table: Table) -> String {
        let rows: Vec<_> = self
            .cases
            .iter()
            .filter(|(case, _)| case.table == table && !case.is_only_flooded)
            .collect();
        if rows.is_empty() {
            return String::new();
        }
        // In some tables other threads do a part of the work.
        let is_everywhere = rows.iter().any(|(case, _)| case.is_counted_everywhere);
        let mut text = String::from(if is_everywhere {
            "| what | instructions | on all threads | allocations | 1 thread, ns | T threads, ns | id |\n\
             |---|--:|--:|--:|--:|--:|---|\n"
        } else {
            "| what | instructions | allocations | 1 thread, ns | T threads, ns | id |\n\
             |---|--:|--:|--:|--:|---|\n"
        });
        for (case, measured) in rows {
            let everywhere = if is_everywhere {
                format!("{} | ", number(measured.everywhere))
            } else {
                String::new()
            };
            let allocations = match (measured.allocations, measured.bytes) {
                (Some(n), Some(bytes)) if n > 0.0 => format!("{} ({bytes:.0} B)", number(Some(n))),
                (n, _) => number(n),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {everywhere}{allocations} | {} | {} | `{}` |",
                case.label,
                number(measured.instructions),
                nanos(measured.one_thread),
                nanos(measured.all_threads),
                case.id
            );
        }
        text
    }

    pub fn churn(&self, args: &Args) -> String {
        let mut rows = String::new();
        for (case, measured) in &self.cases {
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

    /// Whole scrapes take milliseconds.
    pub fn scrapes(&self) -> String {
        let mut rows = String::new();
        for (case, measured) in &self.cases {
            if case.table == Table::Scrape {
                let millions = measured.instructions.map(|count| count / 1e6);
                let time = measured.one_thread.map(|times| Times {
                    median: times.median / 1e6,
                    minimum: times.minimum / 1e6,
                });
                let _ = writeln!(
                    rows,
                    "| {} | {} | {} | {} | {} | `{}` |",
                    case.label,
                    number(millions),
                    number(measured.allocations),
                    number(measured.bytes.map(|bytes| bytes / 1e6)),
                    nanos(time),
                    case.id
                );
            }
        }
        titled(
            "| what | instructions, millions | allocations | MB allocated | ms | id |\n\
             |---|--:|--:|--:|--:|---|\n",
            &rows,
        )
    }

    /// Evaluations are seldom, so what counts is their share of a processor.
    pub fn evaluations(&self) -> String {
        let mut rows = String::new();
        for (case, measured) in &self.cases {
            if case.table == Table::Evaluation {
                let instructions = if case.is_counted_everywhere {
                    measured.everywhere
                } else {
                    measured.instructions
                };
                let micros = measured.one_thread.map(|times| Times {
                    median: times.median / 1e3,
                    minimum: times.minimum / 1e3,
                });
                let percent = |nanos: f64| 100.0 * nanos / EVALUATED.as_nanos() as f64;
                let share = measured.one_thread.map_or("–".to_owned(), |times| {
                    let (median, minimum) = (percent(times.median), percent(times.minimum));
                    format!("{median:.4} ({minimum:.4})")
                });
                let _ = writeln!(
                    rows,
                    "| {} | {} | {} | {} | {} | {share} | `{}` |",
                    case.label,
                    number(instructions.map(|count| count / 1e3)),
                    number(measured.allocations),
                    number(measured.bytes.map(|bytes| bytes / 1e3)),
                    nanos(micros),
                    case.id
                );
            }
        }
        let head = format!(
            "Of the thread that evaluates. The share is that of one core at the usual interval, {} s.\n\n\
             | what | instructions, thousands | allocations | kB allocated | µs | of a core, % | id |\n\
             |---|--:|--:|--:|--:|--:|---|\n",
            EVALUATED.as_secs()
        );
        titled(&head, &rows)
    }

    /// What arrived of all that was emitted at once.
    pub fn floods(&self, args: &Args) -> String {
        let mut rows = String::new();
        for (case, measured) in &self.cases {
            if let Some(flood) = measured.flood {
                let mut verdict = Verdict::default();
                let is_ours = case.id.contains(".ours.");
                verdict.judge(is_ours.then_some(0.0), &[flood.calls - flood.arrived]);
                let _ = writeln!(
                    rows,
                    "| {} | {} | {} | {:.4} % | {} | {} | `{}` |",
                    case.label,
                    flood.calls,
                    flood.arrived,
                    100.0 * flood.arrived / flood.calls,
                    number(Some(flood.nanos)),
                    verdict.text(),
                    case.id
                );
            }
        }
        let head = format!(
            "{} threads emit as fast as they can.\n\n\
             | what | emitted | arrived | share | ns per call | promise: all | id |\n\
             |---|--:|--:|--:|--:|---|---|\n",
            args.threads
        );
        titled(&head, &rows)
    }

    /// What a dashboard costs.
    pub fn watches(&self, args: &Args) -> String {
        let mut rows = String::new();
        for (watch, seen) in &self.watches {
            let _ = writeln!(
                rows,
                "| {} | {} | {} | {} | `{}` |",
                watch.label,
                number(Some(seen.processor)),
                number(seen.bytes.map(|bytes| bytes / 1e3)),
                nanos(Some(seen.event)),
                watch.id
            );
        }
        let head = format!(
            "2,000 series, all of which change: 20 metrics of one event with 100 pairs of tags, \
             emitted 40,000 times a second by one thread. Processor time of the whole process, the \
             events included, over {} s; an event's time is that of bursts of 2,000.\n\n\
             | what | processor, ms per second | kB per second and viewer | an event, ns | id |\n\
             |---|--:|--:|--:|---|\n",
            args.watched.as_secs()
        );
        titled(&head, &rows)
    }

    /// Live bytes per series, or whatever it is, of those whose ids begin like this.
    pub fn weights(&self, what: &str, begin: &str) -> String {
        let mut rows = String::new();
        let weights = self.weights.iter();
        for (weight, weighed) in weights.filter(|(weight, _)| weight.id.starts_with(begin)) {
            let most = WEIGHTS.iter().find(|bytes| bytes.id == weight.id);
            let series = most.map(|most| most.series);
            let thread = most.and_then(|most| most.thread);
            let sample = most.map(|most| most.sample);
            let mut verdict = Verdict::default();
            verdict.judge(series, &[weighed.series]);
            verdict.judge(thread, &[weighed.thread]);
            // Rounded, because threads have a few bytes of their own; and no minus before a zero.
            let further = weighed.sample.round() + 0.0;
            verdict.judge(sample, &[further]);
            let _ = writeln!(
                rows,
                "| {} | {:.0}{} | {:.0}{} | {:.0}{} | {} | `{}` |",
                weight.label,
                weighed.series,
                bracket(series),
                weighed.thread.round() + 0.0,
                bracket(thread),
                further,
                bracket(sample),
                verdict.text(),
                weight.id
            );
        }
        let head = format!(
            "Live bytes of the heap.\n\n\
             | what | per {what} | and further thread | and further sample | promise | id |\n\
             |---|--:|--:|--:|---|---|\n"
        );
        titled(&head, &rows)
    }
}

/// Nothing if there is nothing.
fn titled(head: &str, rows: &str) -> String {
    if rows.is_empty() {
        String::new()
    } else {
        format!("{head}{rows}")
    }
}
