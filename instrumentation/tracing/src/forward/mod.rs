//! Our events and spans, made visible to a `tracing` subscriber.

mod callsite;
mod callsites;
mod fields;
mod handler;
mod levels;
mod open;
mod subscriber;

use telemetry::{AttachError, Attached, SpanContext, attach_many};
use tracing::{Level, Span};

pub(crate) use callsite::FORWARDED;
pub use callsites::MAX_CALLSITES;
pub use fields::MAX_FIELDS;
pub use open::{MAX_OPEN_SPANS, MAX_SPAN_DEPTH};

use handler::Forwarder;
use levels::Levels;

/// Emits an event in `tracing` for each telemetry event of these names or patterns, once it is
/// [attached](Forward::attach).
///
/// ```
/// use tracing::Level;
///
/// let _forward = telemetry_tracing::forward(["shop.*"])
///     .at(Level::INFO, ["shop.order.*"])
///     .attach("log")?
///     .guard();
/// telemetry::execute!("shop.order.placed", { items: 3 }, { currency: "EUR" });
/// // INFO telemetry::shop::order: shop.order.placed items=3 currency="EUR"
/// # Ok::<(), telemetry::AttachError>(())
/// ```
pub fn forward<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Forward {
    Forward {
        patterns: Vec::new(),
        exceptions: Level::ERROR,
        target: None,
        spans: true,
        ids: true,
    }
    .at(Level::DEBUG, patterns)
}

/// Which events are forwarded, and how; made by [`forward`].
#[derive(Debug, Clone)]
#[must_use = "nothing is forwarded before `attach`"]
pub struct Forward {
    patterns: Vec<(String, Level)>,
    exceptions: Level,
    target: Option<&'static str>,
    spans: bool,
    ids: bool,
}

impl Forward {
    /// Forwards these events, too, at a level of their own. (Those given to [`forward`] are at
    /// `DEBUG`.)
    ///
    /// If several patterns match an event, the longest says the level; if the same is given twice,
    /// the last.
    pub fn at<P: AsRef<str>>(
        mut self,
        level: Level,
        patterns: impl IntoIterator<Item = P>,
    ) -> Self {
        let patterns = patterns.into_iter();
        self.patterns
            .extend(patterns.map(|pattern| (pattern.as_ref().to_owned(), level)));
        self
    }

    /// The level of spans that end by a panic, whatever matches their name; `ERROR` unless told
    /// otherwise.
    pub fn exceptions(mut self, level: Level) -> Self {
        self.exceptions = level;
        self
    }

    /// One target for everything, instead of one per name.
    pub fn target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }

    /// Whether `tracing` spans are made of ours; `true` unless told otherwise. If not, the start
    /// of a span is an event like any other.
    pub fn spans(mut self, make: bool) -> Self {
        self.spans = make;
        self
    }

    /// Whether those spans have fields `trace_id` and `span_id`; `true` unless told otherwise.
    /// With [`WithIds`](crate::WithIds), which has them in each line, they are there twice.
    pub fn ids(mut self, add: bool) -> Self {
        self.ids = add;
        self
    }

    /// Attaches the handler that forwards, under this id.
    ///
    /// # Errors
    ///
    /// As [`telemetry::attach_many`]: the id is taken, or a pattern is none. Nothing is attached
    /// then.
    pub fn attach(self, id: impl Into<String>) -> Result<Attached, AttachError> {
        let forwarder = Forwarder::new(
            Levels::new(&self.patterns),
            self.exceptions,
            self.target,
            self.spans,
            self.ids,
        );
        let patterns = self.patterns.iter().map(|(pattern, _)| pattern);
        attach_many(id, patterns, move |event| forwarder.handle(event))
    }
}

/// The `tracing` span that was made of a span of ours; `Span::none()` if there is none: it is not
/// forwarded, nobody is interested, or it has ended.
///
/// Entering it makes what is recorded in `tracing` meanwhile a child of it:
///
/// ```
/// use tracing::Instrument;
///
/// # async fn charge() {}
/// # async fn example() {
/// let span = telemetry::span!("shop.checkout");
/// let theirs = telemetry_tracing::span_of(span.context());
/// span.wrap(charge().instrument(theirs)).await;
/// # }
/// ```
#[must_use]
pub fn span_of(context: impl Into<Option<SpanContext>>) -> Span {
    let context = context.into();
    match context.and_then(|context| open::find(&context)) {
        Some(opened) => opened.span().clone(),
        None => Span::none(),
    }
}
