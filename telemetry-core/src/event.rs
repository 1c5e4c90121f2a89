//! [`Event`]: what a handler is given.

use std::fmt;

use crate::callsite_info::Keys;
use crate::layout::Layout;
use crate::slot::Slot;
use crate::{EventKind, Number, OwnedEvent, SpanContext, SpanInfo, ToValue, Value};

/// One event, on its way through the handlers attached to it.
///
/// It borrows everything from the code that emits it, so passing it costs nothing; copy out what
/// has to outlive the handler, or [all of it](Self::to_owned).
///
/// ```
/// use telemetry::{Event, attach, execute};
///
/// fn log_slow(event: &Event<'_>) {
///     if let Some(time) = event.measurement("duration") {
///         println!("{} {} {time}", event.name(), event.metadata("route").unwrap_or_default());
///     }
/// }
///
/// attach("log-slow", "shop.endpoint.stop", log_slow)?;
/// execute!("shop.endpoint.stop", { duration: std::time::Duration::from_millis(3) }, { route: "/" });
/// # Ok::<(), telemetry::AttachError>(())
/// ```
// It is built in every dispatch, so it is made of pointers to what exists already.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    pub(crate) slot: &'static Slot,
    pub(crate) keys: &'a Keys<'a>,
    /// In the order of the keys. `None` is an absent value (an empty `Option`).
    pub(crate) measurements: &'a [Option<Number>],
    pub(crate) metadata: &'a [Option<Value<'a>>],
    /// Of the events of spans.
    pub(crate) span: Option<&'a SpanInfo>,
}

impl<'a> Event<'a> {
    /// The event's name, `shop.endpoint.stop`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.slot.name()
    }

    /// What it is, whatever it is called.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self.span {
            Some(span) => span.kind(),
            None => EventKind::Event,
        }
    }

    /// The span that this event begins or ends; `None` for an event that is neither.
    #[must_use]
    pub fn span(&self) -> Option<&'a SpanInfo> {
        self.span
    }

    /// The span that this event begins or ends, or else the one in which it was emitted.
    ///
    /// ```
    /// telemetry::attach("with-id", "shop.cart.emptied", |event| {
    ///     if let Some(context) = event.context() {
    ///         println!("{} trace_id={}", event.name(), context.trace_id());
    ///     }
    /// })?;
    /// # Ok::<(), telemetry::AttachError>(())
    /// ```
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        match self.span {
            Some(span) => Some(span.context()),
            None => SpanContext::current(),
        }
    }

    /// A copy that owns everything.
    #[must_use]
    pub fn to_owned(&self) -> OwnedEvent {
        OwnedEvent::from(self)
    }

    /// The measurement called `key`, if the event has it.
    #[must_use]
    pub fn measurement(&self, key: &str) -> Option<Number> {
        let at = self.keys.measurements.iter().position(|own| *own == key)?;
        self.measurements[at]
    }

    /// All measurements, in the order in which they were written.
    pub fn measurements(&self) -> impl Iterator<Item = (&'static str, Number)> + use<'a> {
        self.keys
            .measurements
            .iter()
            .zip(self.measurements)
            .filter_map(|(key, number)| Some((*key, (*number)?)))
    }

    /// The metadata called `key`, if the event has it.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<Value<'a>> {
        let at = self.keys.metadata.iter().position(|own| *own == key)?;
        self.metadata[at]
    }

    /// All metadata, in the order in which it was written.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&'static str, Value<'a>)> + use<'a> {
        self.keys
            .metadata
            .iter()
            .zip(self.metadata)
            .filter_map(|(key, value)| Some((*key, (*value)?)))
    }

    /// Which keys it has, and where; `None` if they were put together for this event alone.
    ///
    /// With it a handler that reads the same keys again and again looks for them once per place in
    /// the program instead of once per event, see [`Layout`].
    #[inline]
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        Layout::of(self.keys)
    }

    /// Where the measurement called `key` stands, for [`measurement_at`](Self::measurement_at), in
    /// this and all other events of its [layout](Self::layout). `None` of what was added to a span,
    /// which stands elsewhere each time.
    #[must_use]
    pub fn measurement_position(&self, key: &str) -> Option<usize> {
        let keys = self.keys.lasting();
        keys.measurements.iter().position(|own| *own == key)
    }

    /// The measurement that stands at `position`, if the event has one there.
    // By reference: it has just been written, piece by piece, and a processor that is to load it
    // whole has to wait until that has reached the cache, 4 ns each time.
    #[inline]
    #[must_use]
    pub fn measurement_at(&self, position: usize) -> Option<&'a Number> {
        self.measurements.get(position)?.as_ref()
    }

    /// Where the metadata called `key` stands, for [`metadata_at`](Self::metadata_at), in this and
    /// all other events of its [layout](Self::layout). `None` of what was added to a span, which
    /// stands elsewhere each time.
    #[must_use]
    pub fn metadata_position(&self, key: &str) -> Option<usize> {
        let keys = self.keys.lasting();
        keys.metadata.iter().position(|own| *own == key)
    }

    /// The metadata that stands at `position`, if the event has any there.
    #[inline]
    #[must_use]
    pub fn metadata_at(&self, position: usize) -> Option<&'a Value<'a>> {
        self.metadata.get(position)?.as_ref()
    }

    /// Whether the metadata called `key` equals `value`. Integers compare by value whatever their
    /// type; `None` asks whether the key is absent.
    ///
    /// ```
    /// # use telemetry::{attach, execute};
    /// attach("is", "shop.reply", |event| {
    ///     assert!(event.metadata_is("status", 200));
    ///     assert!(event.metadata_is("user", None::<&str>));
    /// })?;
    /// execute!("shop.reply", {}, { status: 200u16 });
    /// # assert_eq!(telemetry::list_handlers("shop")[0].failures, 0);
    /// # Ok::<(), telemetry::AttachError>(())
    /// ```
    #[must_use]
    pub fn metadata_is(&self, key: &str, value: impl ToValue) -> bool {
        self.metadata(key) == value.to_value()
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Measurements<'e>(&'e Event<'e>);
        impl fmt::Debug for Measurements<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_map().entries(self.0.measurements()).finish()
            }
        }
        struct Metadata<'e>(&'e Event<'e>);
        impl fmt::Debug for Metadata<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_map().entries(self.0.all_metadata()).finish()
            }
        }
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("measurements", &Measurements(self))
            .field("metadata", &Metadata(self))
            .finish()
    }
}

#[cfg(test)]
impl Event<'_> {
    /// An event with nothing but a name.
    pub(crate) fn bare(slot: &'static Slot) -> Self {
        use crate::callsite_info::Base;
        const NONE: Keys<'static> = Keys {
            measurements: &[],
            metadata: &[],
            base: Base::Nothing,
        };
        Self {
            slot,
            keys: &NONE,
            measurements: &[],
            metadata: &[],
            span: None,
        }
    }
}
