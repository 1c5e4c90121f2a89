//! Attaching handlers, and seeing who is attached.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::failure::FailurePolicy;
use crate::name::NameError;
use crate::{Event, registry};

/// Why a handler could not be attached. In every case nothing was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The pattern contains `*`, and patterns are not supported yet.
    Pattern {
        /// What was given.
        pattern: String,
    },
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
            Self::Name { pattern, error } => write!(f, "`{pattern}` is not an event name: {error}"),
            Self::Pattern { pattern } => write!(
                f,
                "`{pattern}` contains `*`: patterns are not supported yet, so name the events"
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
}

/// Attaches a function to an event.
///
/// It runs on the thread that emits, before `execute!` returns, so it should be quick. It may
/// emit, attach and detach. If it panics, neither the emitter nor the other handlers notice; see
/// [`FailurePolicy`].
///
/// The returned [`Attached`] does nothing on drop: a handler stays until it is detached.
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
/// An [`AttachError`] if the id is taken or the event is not a name.
pub fn attach(
    id: impl Into<String>,
    event: &str,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    attach_with(id, [event], AttachOptions::default(), handler)
}

/// Attaches one function to several events: to all of them, or on an error to none.
///
/// An event that is listed twice runs the function once.
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
    events: impl IntoIterator<Item = P>,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    attach_with(id, events, AttachOptions::default(), handler)
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
#[expect(
    clippy::needless_pass_by_value,
    reason = "an option to come may own something"
)]
pub fn attach_with<P: AsRef<str>>(
    id: impl Into<String>,
    events: impl IntoIterator<Item = P>,
    options: AttachOptions,
    handler: impl Fn(&Event<'_>) + Send + Sync + 'static,
) -> Result<Attached, AttachError> {
    let id: Arc<str> = id.into().into();
    // Collected before any lock is taken: the iterator is the caller's code.
    let events: Vec<String> = events
        .into_iter()
        .map(|event| event.as_ref().to_owned())
        .collect();
    let number = registry::attach(id.clone(), &events, options.on_failure, Box::new(handler))?;
    Ok(Attached { id, number })
}

/// Detaches the handler of this id from all its events; `false` if there is none.
///
/// The id is compared, never matched. After this returns no *new* dispatch runs the handler; one
/// in progress on another thread may finish. A handler may detach itself.
pub fn detach(id: &str) -> bool {
    registry::detach(id)
}

/// The attached handlers whose event begins with `prefix` (whole segments; `""` is all of them):
/// one row per handler and event, in the order of attaching.
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
    /// The event given when attaching.
    pub pattern: String,
    /// How often the handler has panicked, on any of its events.
    pub failures: u64,
    /// Until when the handler is skipped because it kept failing.
    pub resting_until: Option<Instant>,
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
}

impl Drop for AttachGuard {
    fn drop(&mut self) {
        self.attached.detach();
    }
}
