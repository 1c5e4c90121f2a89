//! The same work by all who can do it, side by side: what `docs/comparison.md` shows.

use std::fmt::Write as _;

use super::Results;
use super::format::number;

/// Who stands in which column.
const COLUMNS: [&str; 6] = [
    "`telemetry`",
    "`tracing`",
    "`metrics`",
    "OpenTelemetry SDK",
    "`prometheus-client`",
    "`prometheus`",
];

/// Some work, and the case of it in each column; empty where there is none.
type Row = (&'static str, [&'static str; COLUMNS.len()]);

/// Work that is equal, or as near to it as each of them comes.
pub const ROWS: [Row; 12] = [
    (
        "an event, nobody listens",
        [
            "event.ours.none.literal",
            "event.tracing.none",
            "event.metrics.none.static",
            "event.otel.none",
            "",
            "",
        ],
    ),
    (
        "somebody listens to another one",
        [
            "event.ours.other.literal",
            "event.tracing.other",
            "",
            "",
            "",
            "",
        ],
    ),
    (
        "one listener looks at three fields",
        [
            "event.ours.visit.literal",
            "event.tracing.visit",
            "",
            "",
            "",
            "",
        ],
    ),
    (
        "eight listeners, chosen at run time",
        [
            "event.ours.eight.literal",
            "event.tracing.eight",
            "",
            "",
            "",
            "",
        ],
    ),
    (
        "a span, nobody listens",
        [
            "span.ours.none.literal",
            "span.tracing.none",
            "",
            "span.otel.none",
            "",
            "",
        ],
    ),
    (
        "the same around a future",
        [
            "span.ours.none.wrap",
            "span.tracing.none.instrument",
            "",
            "",
            "",
            "",
        ],
    ),
    (
        "a span that is timed and looked at, by the least that can",
        [
            "span.ours.visit.literal",
            "span.tracing.timed",
            "",
            "",
            "",
            "",
        ],
    ),
    (
        "the same, by a layer on the registry; handed to the batch processor",
        [
            "span.ours.visit.literal",
            "span.tracing.layer",
            "",
            "span.otel.batch",
            "",
            "",
        ],
    ),
    (
        "a counter with two labels",
        [
            "statsd.ours.one",
            "",
            "statsd.metrics.one",
            "event.otel.counter",
            "",
            "",
        ],
    ),
    (
        "counter and histogram, 64 pairs of labels in turn",
        [
            "metric.ours.64",
            "",
            "metric.metrics.64",
            "",
            "metric.prometheus-client.64",
            "metric.prometheus.64",
        ],
    ),
    (
        "always the same pair of labels",
        [
            "metric.ours.one",
            "",
            "metric.metrics.one",
            "",
            "metric.prometheus-client.one",
            "metric.prometheus.one",
        ],
    ),
    (
        "the same, with handles that are bound beforehand",
        [
            "",
            "",
            "metric.metrics.handle",
            "",
            "metric.prometheus-client.handle",
            "metric.prometheus.handle",
        ],
    ),
];

impl Results<'_> {
    /// Nothing unless all of it was measured, so that no half of a table replaces a whole one.
    pub fn compared(&self) -> String {
        let mut text = format!(
            "Instructions · nanoseconds with 1 thread / with T threads, by the median.\n\n\
             | work | {} | cases |\n|---|{}---|\n",
            COLUMNS.join(" | "),
            "--:|".repeat(COLUMNS.len())
        );
        for (work, cases) in &ROWS {
            let mut row = format!("| {work} |");
            let mut ids = Vec::new();
            for id in cases {
                if id.is_empty() {
                    row += " – |";
                    continue;
                }
                let Some(cell) = self.cell(id) else {
                    return String::new();
                };
                let _ = write!(row, " {cell} |");
                ids.push(format!("`{id}`"));
            }
            let _ = writeln!(text, "{row} {} |", ids.join(" "));
        }
        text
    }

    fn cell(&self, id: &str) -> Option<String> {
        let measured = self.find(id)?;
        let (one, all) = (measured.one_thread?, measured.all_threads?);
        Some(format!(
            "{} · {} / {}",
            number(Some(measured.instructions?)),
            number(Some(one.median)),
            number(Some(all.median)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_exists() {
        let cases = crate::cases::all();
        for id in ROWS
            .iter()
            .flat_map(|(_, ids)| ids)
            .filter(|id| !id.is_empty())
        {
            assert!(cases.iter().any(|case| case.id == *id), "{id}");
        }
    }
}
