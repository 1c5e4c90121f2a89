//! Which span the code that runs belongs to, and how that travels: along threads, futures and
//! processes.

mod current;
mod future;
mod ids;
mod random;
mod sampling;
mod source;
mod stack;
mod traceparent;

use std::fmt;

pub(crate) use current::{
    Current, Entered, adopt_thread, current, enter, enter_all, enter_all_unless_current,
    is_current, own, within,
};
pub use future::{InContext, in_current_context, in_current_context_fn};
pub use ids::{ParseIdError, SpanId, TraceId};
pub use sampling::{TraceShare, sample_new_traces};
pub use source::{SourceAlreadySet, set_context_source};
pub use traceparent::{ParseTraceparentError, Traceparent};

/// Which span, of which trace: what a span hands to its children, across threads, queues and
/// processes.
///
/// A context is small, `Copy` and `Send`. It goes through a channel as it is, into a header as its
/// [`traceparent`](Self::traceparent), and into a stored record as that text, which is also what
/// `{}` prints and `parse` reads; on the other side `span!(parent: context, ..)` begins a child.
///
/// ```
/// use telemetry::{SpanContext, span};
///
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let request = span!("shop.request");
/// sender.send(request.context()).unwrap();
///
/// // Elsewhere, perhaps much later:
/// let parent: Option<SpanContext> = receiver.recv().unwrap();
/// let job = span!(parent: parent, "shop.job");
/// # drop((request, job));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanContext {
    trace_id: TraceId,
    span_id: SpanId,
    /// A whole word, and no `bool` beside it: contexts are copied all the time, and a word that is
    /// partly padding, or that tells `Some` from `None`, makes that a matter of many small moves.
    flags: u64,
}

/// The flags of W3C Trace Context, level 2, that are passed on.
const SAMPLED: u8 = 1;
const RANDOM: u8 = 2;
/// Ours, never passed on.
const REMOTE: u64 = 1 << 8;

impl SpanContext {
    /// A context from ids that came from elsewhere. It is [remote](Self::is_remote).
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, sampled: bool) -> Self {
        Self::from_parts(trace_id, span_id, sampled as u8, true)
    }

    const fn from_parts(trace_id: TraceId, span_id: SpanId, flags: u8, remote: bool) -> Self {
        Self {
            trace_id,
            span_id,
            flags: (flags & (SAMPLED | RANDOM)) as u64 | if remote { REMOTE } else { 0 },
        }
    }

    /// A context of a new trace, for what begins without [`span!`](crate::span!): an outgoing call of
    /// a program that observes no spans of its own. It is sampled unless
    /// [`sample_new_traces`](crate::sample_new_traces) says otherwise.
    #[must_use]
    pub fn new_root() -> Self {
        let trace_id = TraceId::random();
        let sampled = sampling::is_sampled(trace_id);
        Self::from_parts(trace_id, SpanId::random(), u8::from(sampled), false)
    }

    /// A span below `parent`, or of a new trace.
    pub(crate) fn below(parent: Option<Self>) -> Self {
        match parent {
            Some(parent) => {
                Self::from_parts(parent.trace_id, SpanId::random(), parent.flags(), false)
            }
            None => Self::new_root(),
        }
    }

    /// The span that the running code belongs to: the one whose closure or future this is, or what
    /// was made current by [`in_scope`](Self::in_scope), [`wrap`](Self::wrap) or
    /// [`enter`](Self::enter).
    ///
    /// ```
    /// use telemetry::SpanContext;
    ///
    /// let span = telemetry::span!("shop.checkout");
    /// let context = span.context();
    /// span.in_scope(|| assert_eq!(SpanContext::current(), context));
    /// assert_eq!(SpanContext::current(), None);
    /// ```
    #[must_use]
    pub fn current() -> Option<Self> {
        current().span
    }

    /// The trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Whether whoever began the trace wants it recorded. Nothing here depends on it: spans and
    /// events reach handlers all the same, and a collector may leave out those that are not.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags() & SAMPLED != 0
    }

    /// Whether the ids came from outside: as a `traceparent` or another text, or through
    /// [`new`](Self::new). So it is `true` of a span of this very process that was stored as text
    /// and read again.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        self.flags & REMOTE != 0
    }

    const fn flags(&self) -> u8 {
        self.flags as u8
    }

    /// Runs a closure as part of this span, without saying anything about the span's end.
    ///
    /// ```
    /// use telemetry::SpanContext;
    ///
    /// let remote: SpanContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
    /// remote.in_scope(|| {
    ///     telemetry::span!("shop.reply").in_scope(|| { /* a child of the remote span */ });
    /// });
    /// # Ok::<(), telemetry::ParseTraceparentError>(())
    /// ```
    pub fn in_scope<R>(self, work: impl FnOnce() -> R) -> R {
        let _entered = enter(Current::of(self, 0));
        work()
    }

    /// Makes this span current on this thread until the guard is dropped.
    ///
    /// Do not hold the guard over an `.await`: use [`wrap`](Self::wrap) there.
    pub fn enter(self) -> ContextGuard {
        ContextGuard {
            _entered: enter(Current::of(self, 0)),
        }
    }

    /// Makes this span current in each poll of a future, and while it is dropped. With the feature
    /// `stream`, streams may be wrapped as well.
    pub fn wrap<F>(self, future: F) -> InContext<F> {
        InContext::new(Current::of(self, current().scope), future)
    }
}

/// As the `traceparent` text, from which it can be parsed again.
impl fmt::Display for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.traceparent().as_str())
    }
}

impl fmt::Debug for SpanContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanContext({self})")
    }
}

/// A span is current on this thread as long as this lives; made by [`SpanContext::enter`] and
/// [`Span::enter`](crate::Span::enter). Not `Send`. Guards may be dropped in any order.
#[derive(Debug)]
#[must_use = "dropping the guard leaves the span at once"]
pub struct ContextGuard {
    pub(crate) _entered: Entered,
}
