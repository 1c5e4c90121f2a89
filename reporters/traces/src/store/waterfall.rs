//! Draws a trace: a line per span, with a bar that says when it ran.

use std::fmt::{self, Write};
use std::time::Duration;

use telemetry::SpanContext;

use super::outcome::Outcome;
use super::text::Cell;
use super::trace::{Row, Trace, TraceSpan};

/// Columns, if none are asked for, and those that may be.
const WIDTH: usize = 100;
const NARROWEST: usize = 80;
const WIDEST: usize = 400;

/// More rows are only counted.
const MAX_ROWS: usize = 500;

/// Deeper spans are not moved further.
const MAX_INDENT: usize = 12;

/// `|`, `|`, the duration and the outcome, with what is between them.
const AROUND_BAR: usize = 1 + 1 + 1 + 9 + 1 + 9;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = f.width().unwrap_or(WIDTH).clamp(NARROWEST, WIDEST);
        self.head(f)?;
        let most = (width - AROUND_BAR) * 3 / 5;
        let rows = || self.rows().take(MAX_ROWS);
        let labels: Vec<_> = rows().map(|row| label(row, most)).collect();
        let widest = labels.iter().map(Cell::columns).max().unwrap_or(0);
        let bar = width - AROUND_BAR - widest - 1;
        for (row, label) in rows().zip(&labels) {
            write!(f, "\n{label}")?;
            let Row::Span(span) = row else { continue };
            let pad = widest - label.columns() + 1;
            write!(f, "{:pad$}|", "")?;
            self.bar(f, span, bar)?;
            write!(f, "| {:>9}", time(span.duration()))?;
            if span.outcome() != Outcome::Ok {
                write!(f, " {}", span.outcome())?;
            }
            notes(f, span)?;
        }
        let hidden = self.len().saturating_sub(MAX_ROWS);
        if hidden > 0 {
            write!(f, "\n… and {hidden} more rows")?;
        }
        match self.summary().left_out() {
            0 => Ok(()),
            left_out => write!(f, "\n… {left_out} spans were left out"),
        }
    }
}

impl Trace {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = self.summary();
        let spans = summary.spans();
        let plural = if spans == 1 { "" } else { "s" };
        let (took, class) = (time(self.duration()), summary.class());
        write!(
            f,
            "trace {}  {took}  {spans} span{plural}  {class}",
            self.id()
        )
    }

    fn bar(&self, f: &mut fmt::Formatter<'_>, span: &TraceSpan, width: usize) -> fmt::Result {
        let all = self.duration().as_secs_f64().max(f64::MIN_POSITIVE);
        let place = |time: Duration| ((time.as_secs_f64() / all) * width as f64) as usize;
        let from = place(span.offset()).min(width.saturating_sub(1));
        let to = place(span.offset() + span.duration()).clamp(from + 1, width.max(from + 1));
        write!(f, "{:from$}", "")?;
        (from..to).try_for_each(|_| f.write_char('█'))?;
        write!(f, "{:rest$}", "", rest = width.saturating_sub(to))
    }
}

fn label(row: Row<'_>, most: usize) -> Cell {
    let mut label = Cell::new(most);
    // An error is that it is full, and what is in it then is right.
    let _ = match row {
        Row::Span(span) => describe(&mut label, span),
        Row::Missing(id) => write!(label, "({id} is not here)"),
    };
    label
}

fn describe(label: &mut Cell, span: &TraceSpan) -> fmt::Result {
    write!(
        label,
        "{:indent$}{}",
        "",
        span.name(),
        indent = indent(span)
    )?;
    let mut metadata: Vec<_> = span.all_metadata().collect();
    metadata.sort_by_key(|(key, _)| rank(key));
    for (key, value) in metadata {
        if label.is_full() {
            break;
        }
        if key != "link" || span.link().is_none() {
            write!(label, " {key}=")?;
            match value.as_str().filter(|text| needs_quotes(text)) {
                None => write!(label, "{value}")?,
                Some(text) => write!(label, "\"{}\"", text.replace('"', "\\\""))?,
            }
        }
    }
    Ok(())
}

/// What tells spans apart comes first, as there may be no room for the rest; before all, what went wrong.
fn rank(key: &str) -> usize {
    const TELLING: [&str; 12] = [
        "reason",
        "method",
        "route",
        "host",
        "status",
        "command",
        "source",
        "worker",
        "queue",
        "event",
        "projection",
        "process",
    ];
    let known = TELLING.iter().position(|telling| *telling == key);
    known.unwrap_or(TELLING.len())
}

/// Whether it could be taken for something else than one value.
fn needs_quotes(text: &str) -> bool {
    text.is_empty() || text.contains(|c: char| c.is_whitespace() || c == '"' || c == '=')
}

fn indent(span: &TraceSpan) -> usize {
    2 * span.depth().min(MAX_INDENT)
}

/// Lines of their own, for what must not be cut.
fn notes(f: &mut fmt::Formatter<'_>, span: &TraceSpan) -> fmt::Result {
    let indent = indent(span) + 2;
    let parent = span.parent().filter(SpanContext::is_remote);
    if let Some(parent) = parent.filter(|_| span.depth() == 0) {
        let above = parent.span_id();
        write!(f, "\n{:indent$}(below {above} elsewhere)", "")?;
    }
    if let Some(link) = span.link() {
        let trace = link.trace_id();
        write!(f, "\n{:indent$}(follows trace {trace})", "")?;
    }
    Ok(())
}

/// At most nine columns.
fn time(time: Duration) -> String {
    if time < Duration::from_secs(100_000) {
        format!("{time:.1?}")
    } else {
        format!("{}s", time.as_secs().min(99_999_999))
    }
}
