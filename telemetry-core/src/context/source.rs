//! The source hook: one set of ids in an application that has other ids already.

use std::cell::Cell;
use std::fmt;

use once_cell::sync::OnceCell;

use super::SpanContext;
use crate::failure;

type Source = Box<dyn Fn() -> Option<SpanContext> + Send + Sync>;

static SOURCE: OnceCell<Source> = OnceCell::new();

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// A source is set already; it stays for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceAlreadySet;

impl fmt::Display for SourceAlreadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source of span contexts is set already: set it once, in `main`")
    }
}

impl std::error::Error for SourceAlreadySet {}

/// Says where else span contexts come from, for an application that has OpenTelemetry or other
/// ids already: what `source` answers for the current thread is the parent of our spans, and their
/// traces are its traces.
///
/// If a span of ours is current as well, the inner one counts. The source is inside of our span if
/// it answers something else than when our span was entered. A `span!(parent: ..)` is not below
/// it, whatever it answers.
///
/// The source is called on the emitting thread, whenever a span begins or is entered and whenever
/// somebody asks for the current context. It should be quick; if it panics, that counts as `None`.
///
/// ```
/// use telemetry::SpanContext;
///
/// fn elsewhere() -> Option<SpanContext> {
///     // With OpenTelemetry: the ids of `Context::current().span().span_context()`.
///     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().ok()
/// }
///
/// telemetry::set_context_source(elsewhere)?;
/// assert_eq!(SpanContext::current(), elsewhere());
/// # Ok::<(), telemetry::SourceAlreadySet>(())
/// ```
///
/// # Errors
///
/// If a source is set already.
pub fn set_context_source(
    source: impl Fn() -> Option<SpanContext> + Send + Sync + 'static,
) -> Result<(), SourceAlreadySet> {
    SOURCE.set(Box::new(source)).map_err(|_| SourceAlreadySet)
}

#[inline]
pub(super) fn ask() -> Option<SpanContext> {
    SOURCE.get().and_then(ask_it)
}

#[cold]
fn ask_it(source: &Source) -> Option<SpanContext> {
    // A source that asks us would ask itself.
    if ASKING.replace(true) {
        return None;
    }
    let mut answer = None;
    failure::quietly(|| answer = source());
    ASKING.set(false);
    answer
}
