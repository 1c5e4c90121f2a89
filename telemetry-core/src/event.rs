//! [`Event`]: what a handler is given.

use std::fmt;

use crate::{Number, ToValue, Value};

/// One event, on its way through the handlers attached to it.
///
/// It borrows everything from the code that emits it, so passing it costs nothing; copy out what
/// has to outlive the handler.
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
#[derive(Clone, Copy)]
pub struct Event<'a> {
    pub(crate) name: &'static str,
    // Keys and values stand in parallel slices: the keys of an `execute!` are a static, so only
    // the values are built when it runs. `None` is an absent value (an empty `Option`).
    pub(crate) measurement_keys: &'a [&'static str],
    pub(crate) measurements: &'a [Option<Number>],
    pub(crate) metadata_keys: &'a [&'static str],
    pub(crate) metadata: &'a [Option<Value<'a>>],
}

impl<'a> Event<'a> {
    /// The event's name, `shop.endpoint.stop`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The measurement called `key`, if the event has it.
    #[must_use]
    pub fn measurement(&self, key: &str) -> Option<Number> {
        let at = self.measurement_keys.iter().position(|own| *own == key)?;
        self.measurements[at]
    }

    /// All measurements, in the order in which they were written.
    pub fn measurements(&self) -> impl Iterator<Item = (&'static str, Number)> + use<'a> {
        self.measurement_keys
            .iter()
            .zip(self.measurements)
            .filter_map(|(key, number)| Some((*key, (*number)?)))
    }

    /// The metadata called `key`, if the event has it.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<Value<'a>> {
        let at = self.metadata_keys.iter().position(|own| *own == key)?;
        self.metadata[at]
    }

    /// All metadata, in the order in which it was written.
    pub fn all_metadata(&self) -> impl Iterator<Item = (&'static str, Value<'a>)> + use<'a> {
        self.metadata_keys
            .iter()
            .zip(self.metadata)
            .filter_map(|(key, value)| Some((*key, (*value)?)))
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
            .field("name", &self.name)
            .field("measurements", &Measurements(self))
            .field("metadata", &Metadata(self))
            .finish()
    }
}
