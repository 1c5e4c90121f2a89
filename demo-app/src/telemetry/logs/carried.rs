//! The ids of a trace, on threads that know of `tracing` spans only.
//!
//! SQLite's thread records how long a query took, and telemetry's context is not there. The `tracing`
//! span in which the query was made is: it remembers the context in which it began.

use telemetry::SpanContext;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Makes `tracing` spans remember the telemetry context in which they began.
pub(super) struct Carry;

struct Began(SpanContext);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Carry {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, registry: Context<'_, S>) {
        if let Some(context) = SpanContext::current()
            && let Some(span) = registry.span(id)
        {
            span.extensions_mut().insert(Began(context));
        }
    }
}

/// A format whose lines have what the innermost span remembers, where no context is current.
#[derive(Debug)]
pub(super) struct Carried<F>(pub(super) F);

impl<S, N, F> FormatEvent<S, N> for Carried<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let began = || {
            let mut spans = ctx.event_scope()?;
            spans.find_map(|span| Some(span.extensions().get::<Began>()?.0))
        };
        match SpanContext::current() {
            Some(_) => self.0.format_event(ctx, writer, event),
            None => match began() {
                Some(context) => context.in_scope(|| self.0.format_event(ctx, writer, event)),
                None => self.0.format_event(ctx, writer, event),
            },
        }
    }
}
