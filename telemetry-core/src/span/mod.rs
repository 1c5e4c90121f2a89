//! Spans: work that begins and ends.
//!
//! A span is two events: `name.start`, and then exactly one of `name.stop` and `name.exception`.
//! Which one is decided by how the span ends, and it cannot end without one: every way out of a
//! piece of Rust (returning, `?`, a panic, a future that is dropped half-way) drops the [`Span`].

mod added;
mod info;
mod kept;
mod live;
mod parent;
mod spare;
mod terminal;
mod wrap;
mod wrap_result;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

pub use added::SpanHandle;
pub use info::SpanInfo;
pub use live::{begin, begin_complete, begin_complete_named, begin_named, unobserved};
pub use parent::{Parent, ToParent, explicit};
pub use wrap::Wrapped;
pub use wrap_result::WrappedResult;

use crate::clock::Moment;
use crate::context::{self, ContextGuard, Current};
use crate::gate::Behind;
use crate::{Number, SpanContext, ToNumber, ToValue, Value};
use live::Live;
use terminal::{Ending, Late};

/// The start of a span is an event like any other: who wants ends only is not asked.
const START: Behind = Behind::Event;

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
/// Its measurements are `duration`, `monotonic_time` and what [`measure`](Self::measure) added;
/// those of the start are `monotonic_time` and `system_time`. All of these are `Duration`s:
/// `duration` is how long the span took, its clock starting after the handlers of the start event
/// have run; `monotonic_time` counts from when this process first asked for the time, so that
/// events can be put in order; `system_time` counts from the Unix epoch.
///
/// A span is `Send`, and not current by itself: [`in_scope`](Self::in_scope), [`wrap`](Self::wrap)
/// and [`enter`](Self::enter) make it so, and what is emitted and begun meanwhile is below it. Dropping it unfinished is not an error: in async
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
///
/// A span does not look at what its closure or future returns: an `Err` is an error when it is
/// told so, through a [`handle`](Self::handle). (`#[measured]` does it for a whole function.)
///
/// ```
/// # fn charge() -> Result<u32, std::num::ParseIntError> { "7".parse() }
/// let span = telemetry::span!("shop.checkout");
/// let handle = span.handle();
/// let charged = span.in_scope(|| charge().inspect_err(|error| handle.fail(error)));
/// # assert_eq!(charged, Ok(7));
/// ```
#[must_use = "a span that is dropped at once ends as `cancelled`"]
pub struct Span {
    live: Option<Box<Live>>,
    /// What an unobserved span hands on: what was current when it was made, which may be nothing, or
    /// whatever is current where it runs ([`unobserved`](Self::unobserved)).
    passes: Current,
}

impl Span {
    /// A span that nobody observes: it does nothing, and reads no clock. For code that measures
    /// under some condition only, and otherwise needs something of the same type.
    pub const fn unobserved() -> Self {
        Self {
            live: None,
            passes: Current::AS_IT_IS,
        }
    }

    /// Whether a handler was attached to one of the span's events when it began.
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.live.is_some()
    }

    /// How long the span has run; `None` if nobody observes it.
    ///
    /// ```
    /// let span = telemetry::span!("shop.export");
    /// // … the head of the file is written …
    /// span.measure("head_time", span.elapsed());
    /// span.finish();
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        let live = self.live.as_ref()?;
        Some(Moment::now().duration_since(live.started))
    }

    /// The span's ids, to be handed to its children elsewhere. For a span that nobody observes, those
    /// of the span that it would be below: its children are the next above's then.
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        match &self.live {
            Some(live) => Some(live.context),
            None => self.passes.span,
        }
    }

    /// What is to be current while the span's work runs.
    #[inline]
    fn current(&self) -> Current {
        match &self.live {
            Some(live) => live.current(),
            None => self.passes,
        }
    }

    /// Makes the span current on this thread until the guard is dropped, which leaves the span and
    /// does not end it.
    ///
    /// For code that cannot be put into a closure. Do not hold the guard over an `.await`: use
    /// [`wrap`](Self::wrap) there.
    ///
    /// ```
    /// let span = telemetry::span!("shop.checkout");
    /// let guard = span.enter();
    /// // … what begins here is below the span …
    /// drop(guard);
    /// span.finish();
    /// ```
    pub fn enter(&self) -> ContextGuard {
        ContextGuard {
            _entered: context::enter(self.current()),
        }
    }

    /// Adds metadata to the terminal event, in place of the start's value of the same key.
    ///
    /// The value is copied; `None` makes the key absent. `outcome`, `kind` and `reason` are the
    /// span's own and win over what is set here.
    pub fn set(&self, key: &'static str, value: impl ToValue) {
        if let Some(live) = &self.live {
            added::set(live.added(), key, value.to_value());
        }
    }

    /// Adds a measurement to the terminal event. `duration` and `monotonic_time` are the span's
    /// own and win over what is measured here.
    pub fn measure(&self, key: &'static str, number: impl ToNumber) {
        if let Some(live) = &self.live {
            added::measure(live.added(), key, number.to_number());
        }
    }

    /// Makes the outcome `error`, with the error's text as `reason`, cut after 4 KiB. The span goes
    /// on: the work may still have to clean up.
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        if let Some(live) = &self.live {
            added::fail(live.added(), error);
        }
    }

    /// A handle to decorate the span with from inside the closure or future that it is moved
    /// into.
    pub fn handle(&self) -> SpanHandle {
        SpanHandle {
            added: self.live.as_ref().map(|live| live.added().clone()),
        }
    }

    /// Ends the span: `ok`, or `error` after [`fail`](Self::fail).
    #[inline]
    pub fn finish(mut self) {
        self.end(&Ending::Returned);
    }

    /// Runs a closure as the span's work, with the span being current: `ok` when it returns (`error` after
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
    #[inline]
    pub fn in_scope<R>(self, work: impl FnOnce() -> R) -> R {
        self.run(work, |_, _| {})
    }

    /// As [`in_scope`](Self::in_scope), and looks at the result: an `Err` makes the outcome
    /// `error`, with its text as `reason`.
    ///
    /// ```
    /// let span = telemetry::span!("shop.quote");
    /// let price = span.in_scope_result(|| "19.99".parse::<f64>())?;
    /// # Ok::<(), std::num::ParseFloatError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the closure.
    #[inline]
    pub fn in_scope_result<T, E: fmt::Display>(
        self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        self.run(work, fail_if_err)
    }

    #[inline]
    fn run<R>(mut self, work: impl FnOnce() -> R, judge: impl FnOnce(&Self, &R)) -> R {
        let Some(live) = &self.live else {
            // Mostly it runs where it was made, and what it passes on is current already.
            let passes = self.passes;
            let _entered = (!context::is_current(passes)).then(|| context::enter(passes));
            return work();
        };
        let current = live.current();
        // Unwind safety: the panic goes on at once, so nobody sees what it left behind.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let _entered = context::enter(current);
            work()
        }));
        match result {
            Ok(result) => {
                judge(&self, &result);
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
    /// `panic` if polling it panics, `cancelled` if it is dropped before. The span is current in
    /// each poll, and while the future is dropped.
    ///
    /// With the feature `stream`, a stream may be wrapped as well: its span ends when the stream
    /// says that there is no more, or when it is dropped after an item that its `size_hint` says
    /// was the last. Whoever stops before that leaves a span that was `cancelled`.
    ///
    /// ```
    /// # async fn load() -> u32 { 7 }
    /// # async fn example() {
    /// let span = telemetry::span!("shop.load");
    /// let seven = span.wrap(load()).await;
    /// # }
    /// ```
    pub fn wrap<F>(self, future: F) -> Wrapped<F> {
        Wrapped::new(self, future)
    }

    /// As [`wrap`](Self::wrap), and looks at the result: an `Err` makes the outcome `error`, with
    /// its text as `reason`.
    ///
    /// ```
    /// # async fn load() -> std::io::Result<u32> { Ok(7) }
    /// # async fn example() -> std::io::Result<()> {
    /// let seven = telemetry::span!("shop.load").wrap_result(load()).await?;
    /// # Ok(()) }
    /// ```
    pub fn wrap_result<F, T, E>(self, future: F) -> WrappedResult<F>
    where
        F: Future<Output = Result<T, E>>,
        E: fmt::Display,
    {
        WrappedResult::new(self, future)
    }

    /// As [`finish`](Self::finish), with measurements and metadata that are known only now.
    ///
    /// It says the same as [`measure`](Self::measure) and [`set`](Self::set) right before, and what
    /// is given here wins over what they said. It is cheaper: nothing is copied.
    ///
    /// ```
    /// use telemetry::{ToNumber, ToValue};
    ///
    /// let span = telemetry::span!("shop.export");
    /// let (rows, format) = (17, "csv");
    /// span.finish_with(&[("rows", rows.to_number())], &[("format", format.to_value())]);
    /// ```
    #[inline]
    pub fn finish_with(
        mut self,
        measurements: &[(&'static str, Option<Number>)],
        metadata: &[(&'static str, Option<Value<'_>>)],
    ) {
        if let Some(live) = self.live.take() {
            let late = Late {
                measurements,
                metadata,
            };
            terminal::emit(&live, &Ending::Returned, late);
            spare::put(live);
        }
    }

    #[inline]
    fn end(&mut self, ending: &Ending<'_>) {
        if let Some(live) = self.live.take() {
            terminal::emit(&live, ending, Late::default());
            spare::put(live);
        }
    }
}

fn fail_if_err<T, E: fmt::Display>(span: &Span, result: &Result<T, E>) {
    if let Err(error) = result {
        span.fail(error);
    }
}

impl Drop for Span {
    #[inline]
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            let unwound = std::thread::panicking() && !live.made_while_panicking;
            let ending = if unwound {
                Ending::Panicked(None)
            } else {
                Ending::Dropped
            };
            terminal::emit(&live, &ending, Late::default());
            spare::put(live);
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span")
            .field("name", &self.live.as_ref().map(|live| live.ends.name()))
            .finish_non_exhaustive()
    }
}
