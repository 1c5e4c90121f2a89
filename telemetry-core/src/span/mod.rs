//! Spans: work that begins and ends.
//!
//! A span is two events: `name.start`, and then exactly one of `name.stop` and `name.exception`.
//! Which one is decided by how the span ends, and it cannot end without one: every way out of a
//! piece of Rust (returning, `?`, a panic, a future that is dropped half-way) drops the [`Span`].

mod owned;
mod terminal;
mod wrap;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub use wrap::Wrapped;

use crate::callsite::{Callsite, Shape};
use crate::dispatch::dispatch;
use crate::slot::Slot;
use crate::{Event, Number, SpanName, ToNumber, ToValue, Value, clock};
use owned::OwnedValue;
use terminal::Ending;

/// A piece of work that has begun. Made by [`span!`](crate::span!).
///
/// When it ends, it emits exactly one event, whose metadata is that of the start, what
/// [`set`](Self::set) added, and `outcome`:
///
/// | what happened | event | `outcome` |
/// |---|---|---|
/// | [`finish`](Self::finish), or the closure or future returned | `.stop` | `ok` |
/// | the same after [`fail`](Self::fail) | `.stop` | `error`, with `reason` |
/// | dropped unfinished | `.stop` | `cancelled` |
/// | a panic | `.exception` | `panic`, with `kind` and `reason` |
///
/// Its measurements are `duration`, `monotonic_time` and what [`measure`](Self::measure) added.
/// The clock starts after the handlers of the start event have run.
///
/// A span is `Send` and not current by itself. Dropping it unfinished is not an error: in async
/// code a lost `select!` branch, a timeout and a closed tab are everyday.
///
/// ```
/// # fn charge() -> Result<u32, std::num::ParseIntError> { "7".parse() }
/// let span = telemetry::span!("shop.checkout", { currency: "EUR" });
/// match charge() {
///     Ok(items) => span.measure("items", items),
///     Err(error) => span.fail(&error),
/// }
/// span.finish();
/// ```
#[must_use = "a span that is dropped at once ends as `cancelled`"]
pub struct Span {
    live: Option<Arc<Live>>,
}

/// A span that somebody observes. Shared with its handles; only the [`Span`] can end it.
struct Live {
    stop: &'static Slot,
    exception: &'static Slot,
    metadata_keys: &'static [&'static str],
    metadata: Vec<Option<OwnedValue>>,
    started: Instant,
    /// Made in a destructor that runs while the thread unwinds: its own drop says nothing about
    /// a panic then.
    made_while_panicking: bool,
    added: Mutex<Added>,
}

/// What the running span was decorated with.
#[derive(Default)]
struct Added {
    metadata: Vec<(&'static str, Option<OwnedValue>)>,
    measurements: Vec<(&'static str, Number)>,
    failure: Option<Box<str>>,
}

impl Live {
    fn begin(
        slots: [&'static Slot; 3],
        shape: &'static Shape,
        values: &[Option<Value<'_>>],
    ) -> Span {
        let [start, stop, exception] = slots;
        if start.is_observed() {
            let event = Event {
                name: start.name(),
                measurement_keys: &["monotonic_time", "system_time"],
                measurements: &[
                    Some(Number::Duration(clock::monotonic_time())),
                    Some(Number::Duration(clock::system_time())),
                ],
                metadata_keys: shape.metadata_keys,
                metadata: values,
            };
            dispatch(start, &event);
        }
        // `monotonic_time` of the stop must not be before that of the start, so the process's
        // zero is fixed first.
        clock::start();
        Span {
            live: Some(Arc::new(Self {
                stop,
                exception,
                metadata_keys: shape.metadata_keys,
                metadata: values
                    .iter()
                    .map(|value| value.map(OwnedValue::from))
                    .collect(),
                made_while_panicking: std::thread::panicking(),
                added: Mutex::default(),
                // Last: copying the metadata is not the span's work either.
                started: Instant::now(),
            })),
        }
    }

    fn added(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, key: &'static str, value: Option<Value<'_>>) {
        let value = value.map(OwnedValue::from);
        let mut added = self.added();
        match added.metadata.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => added.metadata.push((key, value)),
        }
    }

    fn measure(&self, key: &'static str, number: Option<Number>) {
        let mut added = self.added();
        added.measurements.retain(|(known, _)| *known != key);
        added
            .measurements
            .extend(number.map(|number| (key, number)));
    }

    fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        // Printed before the lock is taken: it is the caller's code.
        let text = owned::print(error);
        self.added().failure = Some(text);
    }
}

/// What `span!` with a literal name calls when one of its gates is open.
pub fn begin(
    start: &'static Callsite,
    stop: &'static Callsite,
    exception: &'static Callsite,
    values: &[Option<Value<'_>>],
) -> Span {
    Live::begin(
        [start.slot(), stop.slot(), exception.slot()],
        &start.shape,
        values,
    )
}

/// What `span!` with a run-time name calls when one of its gates is open.
pub fn begin_named(name: SpanName, shape: &'static Shape, values: &[Option<Value<'_>>]) -> Span {
    Live::begin(
        [name.start.slot, name.stop.slot, name.exception.slot],
        shape,
        values,
    )
}

impl Span {
    /// A span that nobody observes: it does nothing, and reads no clock.
    pub const fn unobserved() -> Self {
        Self { live: None }
    }

    /// Whether a handler was attached to one of the span's events when it began.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.live.is_some()
    }

    /// Adds metadata to the terminal event, in place of the start's value of the same key.
    ///
    /// The value is copied; `None` makes the key absent. `outcome`, `kind` and `reason` are the
    /// span's own and win over what is set here.
    pub fn set(&self, key: &'static str, value: impl ToValue) {
        if let Some(live) = &self.live {
            live.set(key, value.to_value());
        }
    }

    /// Adds a measurement to the terminal event. `duration` and `monotonic_time` are the span's
    /// own and win over what is measured here.
    pub fn measure(&self, key: &'static str, number: impl ToNumber) {
        if let Some(live) = &self.live {
            live.measure(key, number.to_number());
        }
    }

    /// Makes the outcome `error`, with the error's text as `reason`. The span goes on: the work
    /// may still have to clean up.
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        if let Some(live) = &self.live {
            live.fail(error);
        }
    }

    /// A handle to decorate the span with from inside the closure or future that it is moved
    /// into.
    pub fn handle(&self) -> SpanHandle {
        SpanHandle {
            live: self.live.clone(),
        }
    }

    /// Ends the span: `ok`, or `error` after [`fail`](Self::fail).
    pub fn finish(mut self) {
        self.end(&Ending::Returned);
    }

    /// Runs a closure as the span's work: `ok` when it returns (`error` after
    /// [`SpanHandle::fail`]), `panic` if it panics, which goes on to the caller.
    ///
    /// ```
    /// let span = telemetry::span!("shop.checkout");
    /// let handle = span.handle();
    /// let total = span.in_scope(|| {
    ///     handle.measure("items", 2);
    ///     40 + 2
    /// });
    /// assert_eq!(total, 42);
    /// ```
    pub fn in_scope<R>(mut self, work: impl FnOnce() -> R) -> R {
        if self.live.is_none() {
            return work();
        }
        // Unwind safety: the panic goes on at once, so nobody sees what it left behind.
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(result) => {
                self.end(&Ending::Returned);
                result
            }
            Err(payload) => {
                self.end(&Ending::Panicked(Some(&*payload)));
                resume_unwind(payload)
            }
        }
    }

    /// Makes a future the span's work: `ok` when it is ready (`error` after [`SpanHandle::fail`]),
    /// `panic` if polling it panics, `cancelled` if it is dropped before.
    ///
    /// ```
    /// # async fn load() -> u32 { 7 }
    /// # async fn example() {
    /// let span = telemetry::span!("shop.load");
    /// let seven = span.wrap(load()).await;
    /// # }
    /// ```
    pub fn wrap<F: Future>(self, future: F) -> Wrapped<F> {
        Wrapped::new(self, future)
    }

    fn end(&mut self, ending: &Ending<'_>) {
        if let Some(live) = self.live.take() {
            terminal::emit(&live, ending);
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let Some(live) = &self.live else { return };
        if std::thread::panicking() && !live.made_while_panicking {
            self.end(&Ending::Panicked(None));
        } else {
            self.end(&Ending::Dropped);
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("stop", &self.live.as_ref().map(|live| live.stop.name()))
            .finish_non_exhaustive()
    }
}

/// Decorates a running [`Span`] from elsewhere; made by [`Span::handle`].
///
/// It cannot end the span, and does nothing once the span has ended.
#[derive(Clone)]
pub struct SpanHandle {
    live: Option<Arc<Live>>,
}

impl SpanHandle {
    /// As [`Span::set`].
    pub fn set(&self, key: &'static str, value: impl ToValue) {
        if let Some(live) = &self.live {
            live.set(key, value.to_value());
        }
    }

    /// As [`Span::measure`].
    pub fn measure(&self, key: &'static str, number: impl ToNumber) {
        if let Some(live) = &self.live {
            live.measure(key, number.to_number());
        }
    }

    /// As [`Span::fail`].
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        if let Some(live) = &self.live {
            live.fail(error);
        }
    }
}

impl fmt::Debug for SpanHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanHandle").finish_non_exhaustive()
    }
}
