//! The ids of the current span in log lines.
//!
//! `tracing-subscriber` has no place where something could be added to a line that one of its
//! formats writes, so the line is written into a buffer first, and the ids are put before its end.
//! A line outside of any span goes straight through.

mod format;
mod insert;

use std::cell::Cell;
use std::fmt;

use telemetry::SpanContext;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub use format::Format;
use insert::insert;

thread_local! {
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// A line longer than this does not stay allocated.
const KEPT: usize = 64 * 1024;

/// A format of `tracing-subscriber` that adds `trace_id` and `span_id` of
/// [`SpanContext::current`] to each line.
///
/// ```
/// use telemetry_tracing::WithIds;
/// use tracing_subscriber::fmt::format;
///
/// // Text: `full`, `compact` and `pretty`.
/// let text = tracing_subscriber::fmt().event_format(WithIds::new(format()));
/// // JSON, with the feature `json`; `.json()` comes first, as it would replace the format.
/// # #[cfg(feature = "json")]
/// let json = tracing_subscriber::fmt().json().event_format(WithIds::new(format().json()));
/// ```
///
/// A layer has the same method: `tracing_subscriber::fmt::layer().event_format(..)`.
///
/// - In the one-line formats they stand at the end, `trace_id=… span_id=…`; in `pretty`, on a line
///   of their own; in JSON, in the outer object, `"trace_id":"…","span_id":"…"`.
/// - Nothing is added when no span is current, or to an event that has a field called `trace_id`
///   or `span_id` itself.
/// - Colours are decided by `with_ansi` of the layer (or of what builds the subscriber), not by
///   that of the format. Escape sequences in values are always made harmless, as is the default.
///
/// A format of your own can write [`ids`] where it likes.
#[derive(Debug, Clone)]
pub struct WithIds<F> {
    plain: F,
    coloured: F,
}

impl<F: Format> WithIds<F> {
    /// Adds the ids to what `format` writes.
    pub fn new(format: F) -> Self {
        Self {
            coloured: format.coloured(),
            plain: format,
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for WithIds<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: Format + FormatEvent<S, N>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let context = match SpanContext::current() {
            Some(context) if !has_ids(event) => context,
            _ => return self.plain.format_event(ctx, writer, event),
        };
        let mut line = LINE.try_with(Cell::take).unwrap_or_default();
        line.clear();
        // A writer of one's own never has colours, so the format has to be told.
        let coloured = writer.has_ansi_escapes();
        let format = if coloured {
            &self.coloured
        } else {
            &self.plain
        };
        let written = format
            .format_event(ctx, Writer::new(&mut line), event)
            .and_then(|()| {
                insert(&mut line, F::SHAPE, context, coloured);
                writer.write_str(&line)
            });
        if line.capacity() <= KEPT {
            let _ = LINE.try_with(|kept| kept.set(line));
        }
        written
    }
}

fn has_ids(event: &Event<'_>) -> bool {
    event
        .fields()
        .any(|field| matches!(field.name(), "trace_id" | "span_id"))
}

/// The ids of the current span, to be printed by a format of your own: `trace_id=… span_id=…`, or
/// nothing if there is none.
///
/// ```
/// let context: telemetry::SpanContext =
///     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// let text = context.in_scope(|| telemetry_tracing::ids().to_string());
/// assert_eq!(text, "trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331");
/// assert_eq!(telemetry_tracing::ids().to_string(), "");
/// # Ok::<(), telemetry::ParseTraceparentError>(())
/// ```
#[must_use]
pub fn ids() -> Ids {
    Ids(SpanContext::current())
}

/// See [`ids`].
#[derive(Debug, Clone, Copy)]
pub struct Ids(Option<SpanContext>);

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(context) => write!(
                f,
                "trace_id={} span_id={}",
                context.trace_id(),
                context.span_id()
            ),
            None => Ok(()),
        }
    }
}
