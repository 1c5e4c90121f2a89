//! Owned copies, for handlers that put events aside.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::text::Text;
use crate::{Event, EventKind, Number, SpanContext, SpanInfo, ToValue, Value, failure};

/// A [`Value`] that owns its text, so it can outlive the event.
///
/// What was handed over by [`display`](crate::display()), [`debug`](crate::debug()) or
/// [`any`](crate::any()) is kept as the text that it prints.
///
/// ```
/// use telemetry::{OwnedValue, Value};
///
/// let owned = OwnedValue::from(Value::from("EUR"));
/// assert_eq!(owned.as_value(), Value::from("EUR"));
/// ```
#[derive(Clone, PartialEq)]
pub struct OwnedValue(Owned);

#[derive(Clone, PartialEq)]
enum Owned {
    Text(Text),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Char(char),
    Duration(Duration),
}

/// The text of a value.
pub(crate) fn print(value: &(impl fmt::Display + ?Sized)) -> Text {
    let mut text = String::new();
    print_into(&mut text, value);
    text.into()
}

/// The first bytes of the text of a value.
pub(crate) fn print_at_most(most: usize, value: &(impl fmt::Display + ?Sized)) -> Text {
    struct Limited {
        text: String,
        most: usize,
    }
    impl Write for Limited {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let cut = at_most(text, self.most - self.text.len());
            self.text.push_str(cut);
            // The error is how the printing is stopped.
            if cut.len() < text.len() {
                self.most = self.text.len();
                return Err(fmt::Error);
            }
            Ok(())
        }
    }
    let mut limited = Limited {
        text: String::new(),
        most,
    };
    failure::quietly(|| {
        let _ = write!(limited, "{value}");
    });
    limited.text.into()
}

/// The first bytes of a text, as many as make whole characters.
pub(crate) fn at_most(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Appends the text of a value. It is printed on the emitter's own path, so a `Display` that fails
/// or panics yields what it had printed by then.
pub(crate) fn print_into(text: &mut String, value: &(impl fmt::Display + ?Sized)) {
    failure::quietly(|| {
        let _ = write!(text, "{value}");
    });
}

impl From<Value<'_>> for OwnedValue {
    #[inline]
    fn from(value: Value<'_>) -> Self {
        Self(match value {
            Value::Str(text) => Owned::Text(Text::new(text)),
            Value::Signed(n) => Owned::Signed(n),
            Value::Unsigned(n) => Owned::Unsigned(n),
            Value::Float(n) => Owned::Float(n),
            Value::Bool(flag) => Owned::Bool(flag),
            Value::Char(one) => Owned::Char(one),
            Value::Duration(time) => Owned::Duration(time),
            printed => Owned::Text(print(&printed)),
        })
    }
}

impl OwnedValue {
    /// The value, borrowed.
    #[inline]
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match &self.0 {
            Owned::Text(text) => Value::Str(text.as_str()),
            Owned::Signed(n) => Value::Signed(*n),
            Owned::Unsigned(n) => Value::Unsigned(*n),
            Owned::Float(n) => Value::Float(*n),
            Owned::Bool(flag) => Value::Bool(*flag),
            Owned::Char(one) => Value::Char(*one),
            Owned::Duration(time) => Value::Duration(*time),
        }
    }
}

impl ToValue for OwnedValue {
    fn to_value(&self) -> Option<Value<'_>> {
        Some(self.as_value())
    }
}

impl fmt::Debug for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_value(), f)
    }
}

impl fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_value(), f)
    }
}

/// A copy of an [`Event`] that owns everything: for handlers that put events into a queue.
///
/// ```
/// use std::sync::mpsc;
/// use std::thread;
/// use std::time::Duration;
/// use telemetry::{OwnedEvent, attach, detach_and_wait, execute};
///
/// let (sender, receiver) = mpsc::sync_channel::<Option<OwnedEvent>>(100);
/// let end = sender.clone();
/// attach("queue", "shop.order.placed", move |event| {
///     // A full queue loses the event rather than making the emitter wait.
///     let _ = sender.try_send(Some(event.to_owned()));
/// })?;
/// let writer = thread::spawn(move || {
///     while let Ok(Some(event)) = receiver.recv() {
///         assert_eq!(event.name(), "shop.order.placed");
///         assert!(event.metadata_is("currency", "EUR"));
///     }
/// });
/// execute!("shop.order.placed", { total: 12.5 }, { currency: "EUR" });
///
/// // At the end of the program. The thread is told to stop: the handler's sender may live on for
/// // a while in threads that have emitted, so the queue is not closed by detaching.
/// detach_and_wait("queue", Duration::from_secs(5));
/// let _ = end.send(None);
/// writer.join().unwrap();
/// # Ok::<(), telemetry::AttachError>(())
/// ```
#[derive(Clone)]
pub struct OwnedEvent {
    name: &'static str,
    span: Option<SpanInfo>,
    context: Option<SpanContext>,
    measurements: Vec<(&'static str, Number)>,
    metadata: Vec<(&'static str, OwnedValue)>,
}

impl OwnedEvent {
    /// The event's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// As [`Event::kind`].
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.span.as_ref().map_or(EventKind::Event, SpanInfo::kind)
    }

    /// As [`Event::context`].
    #[must_use]
    pub fn context(&self) -> Option<SpanContext> {
        self.context
    }

    /// As [`Event::span`].
    #[must_use]
    pub fn span(&self) -> Option<&SpanInfo> {
        self.span.as_ref()
    }

    /// As [`Event::measurement`].
    #[must_use]
    pub fn measurement(&self, key: &str) -> Option<Number> {
        let mut all = self.measurements.iter();
        all.find(|(own, _)| *own == key).map(|(_, number)| *number)
    }

    /// As [`Event::measurements`].
    pub fn measurements(&self) -> impl Iterator<Item = (&'static str, Number)> + use<'_> {
        self.measurements.iter().copied()
    }

    /// As [`Event::metadata`].
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<Value<'_>> {
        let mut all = self.all_metadata();
        all.find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// As [`Event::all_metadata`].
    pub fn all_metadata(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        self.metadata
            .iter()
            .map(|(key, value)| (*key, value.as_value()))
    }

    /// As [`Event::metadata_is`].
    #[must_use]
    pub fn metadata_is(&self, key: &str, value: impl ToValue) -> bool {
        self.metadata(key) == value.to_value()
    }
}

impl From<&Event<'_>> for OwnedEvent {
    fn from(event: &Event<'_>) -> Self {
        Self {
            name: event.name(),
            span: event.span().map(SpanInfo::settled),
            context: event.context(),
            measurements: event.measurements().collect(),
            metadata: event
                .all_metadata()
                .map(|(key, value)| (key, value.into()))
                .collect(),
        }
    }
}

impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedEvent")
            .field("name", &self.name)
            .field("measurements", &Map(self.measurements.iter()))
            .field("metadata", &Map(self.metadata.iter()))
            .finish()
    }
}

struct Map<I>(I);

impl<'m, V: fmt::Debug + 'm, I: Iterator<Item = &'m (&'static str, V)> + Clone> fmt::Debug
    for Map<I>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.clone().map(|(key, value)| (key, value)))
            .finish()
    }
}
