//! Which span a new one is below.

use super::Span;
use crate::SpanContext;
use crate::context::{self, Current};

/// What `span!` was told about the parent.
#[derive(Debug, Clone, Copy)]
pub enum Parent {
    /// Nothing: it is what is current.
    Current,
    /// `parent: context`; `None` begins a new trace.
    Explicit(Option<SpanContext>),
}

impl Parent {
    /// What is current, but with this as the span.
    #[inline]
    pub(super) fn resolve(self) -> Current {
        let current = context::current();
        match self {
            Self::Current => current,
            Self::Explicit(span) => current.with_span(span),
        }
    }
}

/// What may stand behind `parent:`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the parent of a span",
    label = "neither a `SpanContext`, nor an `Option` of one, nor a `&Span`",
    note = "`span.context()` is the context of a span, `SpanContext::current()` that of the running code",
    note = "`parent: None` begins a new trace"
)]
pub trait ToParent {
    /// The context.
    fn to_parent(&self) -> Option<SpanContext>;
}

impl ToParent for SpanContext {
    fn to_parent(&self) -> Option<SpanContext> {
        Some(*self)
    }
}

impl ToParent for Option<SpanContext> {
    fn to_parent(&self) -> Option<SpanContext> {
        *self
    }
}

/// For one that nobody observes, what is above it, as in [`Span::context`].
impl ToParent for Span {
    fn to_parent(&self) -> Option<SpanContext> {
        self.context()
    }
}

impl<T: ToParent + ?Sized> ToParent for &T {
    fn to_parent(&self) -> Option<SpanContext> {
        T::to_parent(self)
    }
}

/// What `span!(parent: ..)` calls.
#[inline]
pub fn explicit(parent: &impl ToParent) -> Parent {
    Parent::Explicit(parent.to_parent())
}
