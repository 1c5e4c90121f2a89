//! The Markdown: ratios and goals first, then every number.

mod compared;
mod format;
mod json;
mod promised;
mod tables;

use std::fmt::Write as _;

use crate::args::Args;
use crate::harness::{Case, Table, Watch, Weight};
use crate::original::Original;
use crate::stats::{Measured, Seen, Weighed};

/// Everything that was measured, to be looked up by id.
pub struct Results<'c> {
    /// What was called.
    pub cases: Vec<(&'c Case, Measured)>,
    /// What was weighed.
    pub weights: Vec<(&'c Weight, Weighed)>,
    /// What was watched.
    pub watches: Vec<(&'c Watch, Seen)>,
    /// What the original did.
    pub originals: Vec<Original>,
}

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
    pub const KEYS: [&'static str; 24] = [
        "machine",
        "compared",
        "ratios",
        "numbers",
        "added",
        "differences",
        "gates",
        "events",
        "spans",
        "requests",
        "traced",
        "metrics",
        "reporters",
        "statsd",
        "floods",
        "scrapes",
        "memory",
        "objectives",
        "evaluations",
        "rings",
        "dashboard",
        "original",
        "candidates",
        "churn",
    ];
}

impl Results<'_> {
    fn find(&self, id: &str) -> Option<&Measured> {
        let (_, measured) = self.cases.iter().find(|(case, _)| case.id == id)?;
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
            section("compared", "Side by side", self.compared()),
            section("numbers", "Numbers", self.numbers()),
            section("added", "What is added", self.added()),
            section("differences", "Differences", self.differences()),
            table("gates", "Idle gates", Table::Gate),
            table("events", "One event of three fields", Table::Event),
            table("spans", "One span", Table::Span),
            table("requests", "One request", Table::Http),
            table("traced", "One traced request: 7 spans", Table::Traced),
            table(
                "metrics",
                "One event into a counter and a distribution",
                Table::Metric,
            ),
            table(
                "reporters",
                "One event into a counter and another metric, beside reporters",
                Table::Reporter,
            ),
            table(
                "statsd",
                "One event into a counter that goes to StatsD",
                Table::Statsd,
            ),
            section("floods", "Flat out to StatsD", self.floods(args)),
            section("scrapes", "A scrape of 10,000 series", self.scrapes()),
            section(
                "memory",
                "Memory of a series",
                self.weights("series", "memory."),
            ),
            table(
                "objectives",
                "One event that objectives are about",
                Table::Objective,
            ),
            section(
                "evaluations",
                "One evaluation of objectives",
                self.evaluations(),
            ),
            section(
                "rings",
                "Memory of an objective, its windows full",
                self.weights("objective", "slo."),
            ),
            section("dashboard", "A dashboard", self.watches(args)),
            section("original", "The original", self.originals()),
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
}
