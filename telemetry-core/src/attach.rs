//! Attaching handlers, and seeing who is attached.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::failure::FailurePolicy;
use crate::name::NameError;
use crate::pattern::Pattern;
use crate::{Event, EventKind, local, registry};

/// Why a handler could not be attached. In every case nothing was attached.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachError {
    /// A handler of this id is attached; ids are unique over all events.
    DuplicateId {
        /// The id.
        id: String,
    },
    /// The list of events is empty.
    NoEvents {
        /// The id.
        id: String,
    },
    /// One of the events is not a name.
    Name {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// `*` stands where it cannot: it may stand alone, or last after a dot.
    Pattern {
        /// What was given.
        pattern: String,
    },
}

/// As it is displayed: it is what a `main` that returns it prints, and has to say what to do.
impl fmt::Debug for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId { id } => write!(
                f,
                "a handler with the id `{id}` is attached already: detach it first, or choose \
                 another id"
            ),
            Self::NoEvents { id } => {
                write!(f, "handler `{id}` names no event: give at least one")
            }
            Self::Name {
                pattern,
                error: error @ NameError::TooMany,
            } => write!(f, "`{pattern}` cannot become an event name: {error}"),
            Self::Name { pattern, error } => write!(f, "`{pattern}` is not an event name: {error}"),
            Self::Pattern { pattern } => write!(
                f,
                "`{pattern}` is not a pattern: `*` stands for all events, `shop.*` for those below \
                 `shop`, and nowhere else"
            ),
        }
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Name { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// How a handler is attached; see [`attach_with`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AttachOptions {
    /// What to do when it panics.
    pub on_failure: FailurePolicy,
    /// Whether it is for the ends of spans only; see [`attach_spans`].
    pub spans_only: bool,
}

impl AttachOptions {
    /// The options as [`attach`] uses them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do when the handler panics.
    #[must_use]
    pub fn on_failure(mut self, policy: FailurePolicy) -> Self {
        self.on_failure = policy;
        self
    }

    /// Run it for the ends of spans only: their `.stop` and `.exception` events, and what
    /// [`completion_span!`](crate::completion_span!) emits. Other events of the same names do not
    /// reach it, nor does it make anybody emit them.
    #[must_use]
    pub fn spans_only(mut self, only: bool) -> Self {
        self.spans_only = only;
        self
    }
}

/// Attaches a function to an event, to all events below a prefix (`"shop.*"`), or to all (`"*"`).
///
/// A pattern concerns events that are emitted already and those that come to be later. `shop.*`
/// does not include an event that is called `shop`; `*` includes those of this library itself, such
/// as [`HANDLER_FAILURE`](crate::HANDLER_FAILURE). A span's name is none of an event:
/// `shop.checkout.*` is for all events of the span `shop.checkout`, `shop.checkout.stop` for one.
///
/// The function runs on the thread that emits, before `execute!` returns, so it should be quick. It may
/// emit, attach and detach; a [`ContextGuard`](crate::ContextGuard) that it keeps goes on to change what
/// is current for the emitter. If it panics, neither the emitter nor the other handlers notice; see
/// [`FailurePolicy`].
///
/// The returned [`Attached`] does nothing on drop: a handler stays until it is detached. What the
/// function owns is dropped when no thread keeps it any more: each thread that has run it lets go
/// of it when it next emits an event that somebody observes, or ends. (The one that detaches lets
/// go at once.) A thread that only waits may keep it for good.
///
/// ```
/// telemetry::attach("greeter", "shop.visitor.arrived", |event| {
///     println!("hello, {}", event.metadata("name").unwrap_or_default());
/// })?;
/// telemetry::execute!("shop.visitor.arrived", {}, { name: "Ada" });
/// assert!(telemetry::detach("greeter"));
/// # Ok::<(), telemetry::AttachError>(())
/// ```
///
/// # Errors
///
/// An [`AttachError`] if the id is taken or the text is neither a name nor a pattern.
pub fn attach(
    id: impl Into<String>,
    pattern: &str,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    attach_with(id, [pattern], AttachOptions::default(), handler)
}

/// Attaches one function to several events or patterns: to all of them, or on an error to none.
///
/// An event that is listed twice, or matched by two patterns, runs the function once.
///
/// ```
/// telemetry::attach_many("audit", ["shop.order.placed", "shop.order.cancelled"], |event| {
///     println!("{event:?}");
/// })?;
/// # Ok::<(), telemetry::AttachError>(())
/// ```
///
/// # Errors
///
/// As [`attach`]; also if the list is empty.
pub fn attach_many<P: AsRef<str>>(
    id: impl Into<String>,
    patterns: impl IntoIterator<Item = P>,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    attach_with(id, patterns, AttachOptions::default(), handler)
}

/// Attaches a function to the end of every span, whatever its name: one event per span.
///
/// That is all that a collector of traces needs. Events that are not ends of spans stay as cheap
/// as if nobody were attached.
///
/// ```
/// let _traces = telemetry::attach_spans("traces", |event| {
///     if let Some(span) = event.span() {
///         println!("{} {:?} {}", span.name(), span.duration(), span.context());
///     }
/// })?.guard();
/// telemetry::span!("shop.checkout").finish();
/// # assert_eq!(telemetry::list_handlers("shop")[0].failures, 0);
/// # Ok::<(), telemetry::AttachError>(())
/// ```
///
/// # Errors
///
/// As [`attach`].
pub fn attach_spans(
    id: impl Into<String>,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    attach_with(id, ["*"], AttachOptions::new().spans_only(true), handler)
}

/// [`attach_many`] with options.
///
/// ```
/// use telemetry::{AttachOptions, FailurePolicy};
///
/// let options = AttachOptions::new().on_failure(FailurePolicy::Detach);
/// telemetry::attach_with("strict", ["shop.order.placed"], options, |_| {})?;
/// # Ok::<(), telemetry::AttachError>(())
/// ```
///
/// # Errors
///
/// As [`attach_many`].
pub fn attach_with<P: AsRef<str>>(
    id: impl Into<String>,
    patterns: impl IntoIterator<Item = P>,
    options: AttachOptions,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    let id: Arc<str> = id.into().into();
    // Collected before any lock is taken: the iterator is the caller's code.
    let patterns: Vec<String> = patterns
        .into_iter()
        .map(|pattern| pattern.as_ref().to_owned())
        .collect();
    let number = registry::attach(id.clone(), &patterns, options, Box::new(handler))?;
    Ok(Attached { id, number })
}

/// Detaches the handler of this id from all its events; `false` if there is none.
///
/// The id is compared, never matched. After this returns no *new* dispatch runs the handler; one
/// in progress on another thread may finish ([`detach_and_wait`] waits for it). A handler may
/// detach itself.
pub fn detach(id: &str) -> bool {
    registry::detach(id)
}

/// What [`detach_and_wait`] came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a call may be running still"]
pub enum Waited {
    /// No handler of this id was attached.
    NotAttached,
    /// It is detached, and no call of it is running any more.
    Finished,
    /// It is detached, but a call of it may be running still: the time was up, or the caller is
    /// itself inside a handler, whose end it cannot wait for, and has not waited.
    StillRunning,
}

/// Detaches the handler of this id, and waits until no call of it is in progress.
///
/// It blocks the thread, for at least a millisecond, and otherwise as long as the handlers that are
/// running now on other threads, of whatever event: nobody keeps book of which handler runs where.
/// Use it before unloading what the handler works on.
///
/// The handler does not run any more then, but what it owns may not have been dropped yet, see
/// [`attach`]: end a thread that reads a queue by a message, not by waiting for the handler's
/// sender to go; [`OwnedEvent`](crate::OwnedEvent) shows how.
///
/// ```
/// use std::time::Duration;
/// use telemetry::Waited;
///
/// telemetry::attach("writer", "shop.order.placed", |_| { /* uses a file */ })?;
/// assert_eq!(telemetry::detach_and_wait("writer", Duration::from_secs(5)), Waited::Finished);
/// // The file may be closed.
/// # Ok::<(), telemetry::AttachError>(())
/// ```
pub fn detach_and_wait(id: &str, timeout: Duration) -> Waited {
    waited(registry::detach(id), timeout)
}

fn waited(is_detached: bool, timeout: Duration) -> Waited {
    if !is_detached {
        Waited::NotAttached
    } else if local::quiesce(timeout) {
        Waited::Finished
    } else {
        Waited::StillRunning
    }
}

/// The handlers that an event called `prefix`, or one below it, could reach (whole segments; `""`
/// is all of them): one row per handler and pattern, in the order of attaching.
///
/// ```
/// telemetry::attach_many("shop-log", ["shop.start", "shop.stop"], |_| {})?;
/// let rows = telemetry::list_handlers("shop");
/// assert_eq!(rows.len(), 2);
/// assert_eq!((&*rows[0].id, &*rows[0].pattern, rows[0].failures), ("shop-log", "shop.start", 0));
/// # Ok::<(), telemetry::AttachError>(())
/// ```
#[must_use]
pub fn list_handlers(prefix: &str) -> Vec<HandlerInfo> {
    registry::list(prefix)
}

/// A row of [`list_handlers`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerInfo {
    /// The id given when attaching.
    pub id: String,
    /// The event or pattern given when attaching.
    pub pattern: String,
    /// Whether only ends of spans reach it; see [`attach_spans`].
    pub spans_only: bool,
    /// How often the handler has panicked, on any of its events.
    pub failures: u64,
    /// Until when the handler is skipped because it kept failing.
    pub resting_until: Option<Instant>,
}

impl HandlerInfo {
    /// Whether an event of this name and kind reaches the handler by this row's pattern.
    ///
    /// ```
    /// # use telemetry::EventKind;
    /// let _log = telemetry::attach("log", "shop.*", |_| {})?.guard();
    /// let row = &telemetry::list_handlers("shop")[0];
    /// assert!(row.hears("shop.order", EventKind::Event) && !row.hears("shop", EventKind::Event));
    /// # Ok::<(), telemetry::AttachError>(())
    /// ```
    #[must_use]
    pub fn hears(&self, event: &str, kind: EventKind) -> bool {
        let pattern = Pattern::parse(&self.pattern);
        (!self.spans_only || kind.is_span_end()) && pattern.is_ok_and(|own| own.matches(event))
    }
}

/// Proof that a handler is attached. Dropping it does nothing; [`guard`](Self::guard) makes one
/// whose drop detaches.
#[derive(Debug, Clone)]
pub struct Attached {
    id: Arc<str>,
    number: u64,
}

impl Attached {
    /// The handler's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Detaches this handler; `false` if it is gone already. A later handler that took the same
    /// id is left alone.
    pub fn detach(&self) -> bool {
        registry::detach_attachment(&self.id, self.number)
    }

    /// As [`detach`](Self::detach), and waits until no call of it is running; see
    /// [`detach_and_wait`].
    pub fn detach_and_wait(&self, timeout: Duration) -> Waited {
        waited(self.detach(), timeout)
    }

    /// Ties the handler to a scope: it is detached when the guard is dropped.
    ///
    /// ```
    /// {
    ///     let _guard = telemetry::attach("scoped", "shop.stop", |_| {})?.guard();
    ///     assert_eq!(telemetry::list_handlers("shop").len(), 1);
    /// }
    /// assert_eq!(telemetry::list_handlers("shop").len(), 0);
    /// # Ok::<(), telemetry::AttachError>(())
    /// ```
    #[must_use = "dropping the guard detaches the handler at once"]
    pub fn guard(self) -> AttachGuard {
        AttachGuard { attached: self }
    }
}

/// Detaches a handler when dropped; made by [`Attached::guard`].
#[derive(Debug)]
pub struct AttachGuard {
    attached: Attached,
}

impl AttachGuard {
    /// The handler's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.attached.id()
    }

    /// Detaches the handler now, and waits until no call of it is running; see
    /// [`detach_and_wait`].
    pub fn detach_and_wait(self, timeout: Duration) -> Waited {
        self.attached.detach_and_wait(timeout)
    }
}

impl Drop for AttachGuard {
    fn drop(&mut self) {
        self.attached.detach();
    }
}
