//! [`Value`]: what a piece of metadata is, without allocating.

use std::any::Any;
use std::fmt::{self, Write as _};
use std::time::Duration;

/// A piece of context: which route, which status, which table.
///
/// A value borrows from the code that emits the event and lives as long as the dispatch; whoever
/// keeps it has to copy it. `{}` prints it as a tag would show it.
///
/// ```
/// use telemetry::{ToValue, Value, display};
///
/// assert_eq!("EUR".to_value().unwrap().to_string(), "EUR");
/// // Integers compare by value, whatever their type.
/// assert_eq!(Value::from(200u16), Value::from(200i64));
/// assert_eq!(display(&std::net::Ipv4Addr::LOCALHOST).to_string(), "127.0.0.1");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
#[repr(u64)]
pub enum Value<'a> {
    /// Text.
    Str(&'a str),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A floating point number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// One character.
    Char(char),
    /// A length of time.
    Duration(Duration),
    /// Anything that prints itself; made by [`display`].
    Display(&'a dyn fmt::Display),
    /// Anything that prints itself for programmers; made by [`debug`].
    Debug(&'a dyn fmt::Debug),
    /// Anything at all, to be downcast by handlers that know the type; made by [`any`].
    Any(&'a dyn AnyValue),
}

/// Uses a value's `Display` text as metadata. The text is made only if a handler asks for it.
///
/// ```
/// # use telemetry::{display, execute};
/// # let id = std::net::Ipv4Addr::LOCALHOST;
/// execute!("shop.visit", {}, { peer: display(&id) });
/// ```
///
/// Of an `Option` use what is in it, so that `None` makes the key absent; of an unsized value, such
/// as a `&dyn Error`, hand over a reference to the reference:
///
/// ```
/// # use std::net::IpAddr;
/// # use telemetry::{display, execute};
/// fn report(peer: Option<IpAddr>, error: &dyn std::error::Error) {
///     let peer = peer.as_ref().map(display);
///     execute!("shop.mail.failed", {}, { peer, error: display(&error) });
/// }
/// # report(None, &std::fmt::Error);
/// ```
pub fn display<T: fmt::Display>(value: &T) -> Value<'_> {
    Value::Display(value)
}

/// Uses a value's `Debug` text as metadata. The text is made only if a handler asks for it.
///
/// ```
/// # use telemetry::{debug, execute};
/// execute!("shop.visit", {}, { languages: debug(&["de", "fr"]) });
/// ```
pub fn debug<T: fmt::Debug>(value: &T) -> Value<'_> {
    Value::Debug(value)
}

/// Hands a value over as it is, for handlers that know its type
/// ([`Value::downcast_ref`]); for all others it prints its `Debug` text.
///
/// The type must not borrow anything (`'static`), as only such types can be told apart: a struct
/// with a lifetime does not do. In an [`OwnedEvent`](crate::OwnedEvent) the text is what is left.
///
/// ```
/// use telemetry::{any, execute};
///
/// #[derive(Debug)]
/// struct Order { id: u64 }
///
/// telemetry::attach("any-example", "shop.order.placed", |event| {
///     let order = event.metadata("order").and_then(|value| value.downcast_ref::<Order>());
///     assert_eq!(order.map(|order| order.id), Some(7));
/// })?;
/// execute!("shop.order.placed", {}, { order: any(&Order { id: 7 }) });
/// # assert_eq!(telemetry::list_handlers("")[0].failures, 0);
/// # Ok::<(), telemetry::AttachError>(())
/// ```
pub fn any<T: AnyValue>(value: &T) -> Value<'_> {
    Value::Any(value)
}

/// A type that [`any`] accepts: anything `'static` that can also be printed. Implemented for all
/// of them.
///
/// A bare `dyn Any` could not be shown by a handler that does not know the type, so `Debug` is
/// asked for too.
pub trait AnyValue: Any + fmt::Debug {
    #[doc(hidden)]
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + fmt::Debug> AnyValue for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<'a> Value<'a> {
    /// The text, if the value is text already.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value as `u64`, if it is an integer that fits.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Unsigned(n) => Some(n),
            Self::Signed(n) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    /// The value as `i64`, if it is an integer that fits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self {
            Self::Signed(n) => Some(n),
            Self::Unsigned(n) => i64::try_from(n).ok(),
            _ => None,
        }
    }

    /// The value as `f64`, if it is a number.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Float(n) => Some(n),
            Self::Signed(n) => Some(n as f64),
            Self::Unsigned(n) => Some(n as f64),
            _ => None,
        }
    }

    /// The value, if it is true or false.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The value, if it is one character.
    #[must_use]
    pub fn as_char(self) -> Option<char> {
        match self {
            Self::Char(one) => Some(one),
            _ => None,
        }
    }

    /// The value, if it is a length of time.
    #[must_use]
    pub fn as_duration(self) -> Option<Duration> {
        match self {
            Self::Duration(time) => Some(time),
            _ => None,
        }
    }

    /// The value as a `T`, if it was handed over by [`any`] and is one.
    #[must_use]
    pub fn downcast_ref<T: 'static>(self) -> Option<&'a T> {
        match self {
            Self::Any(value) => value.as_any().downcast_ref(),
            _ => None,
        }
    }

    /// Whether the value prints as `text`; nothing is allocated to find out.
    ///
    /// ```
    /// # use telemetry::Value;
    /// assert!(Value::from(200).prints_as("200"));
    /// ```
    #[must_use]
    pub fn prints_as(self, text: &str) -> bool {
        /// What is still to be printed; `None` from the first difference on, for not everybody
        /// stops at an error.
        struct Rest<'t>(Option<&'t str>);
        impl fmt::Write for Rest<'_> {
            fn write_str(&mut self, part: &str) -> fmt::Result {
                self.0 = self.0.and_then(|rest| rest.strip_prefix(part));
                self.0.map(drop).ok_or(fmt::Error)
            }
        }
        if let Self::Str(own) = self {
            return own == text;
        }
        let mut rest = Rest(Some(text));
        write!(rest, "{self}").is_ok() && rest.0 == Some("")
    }
}

/// The empty text, so that `event.metadata("route").unwrap_or_default()` prints nothing.
impl Default for Value<'_> {
    fn default() -> Self {
        Self::Str("")
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => fmt::Display::fmt(text, f),
            Self::Signed(n) => fmt::Display::fmt(n, f),
            Self::Unsigned(n) => fmt::Display::fmt(n, f),
            Self::Float(n) => fmt::Display::fmt(n, f),
            Self::Bool(flag) => fmt::Display::fmt(flag, f),
            Self::Char(one) => fmt::Display::fmt(one, f),
            Self::Duration(time) => fmt::Debug::fmt(time, f),
            Self::Display(value) => fmt::Display::fmt(value, f),
            Self::Debug(value) => fmt::Debug::fmt(value, f),
            Self::Any(value) => fmt::Debug::fmt(value, f),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => fmt::Debug::fmt(text, f),
            Self::Char(one) => fmt::Debug::fmt(one, f),
            other => fmt::Display::fmt(other, f),
        }
    }
}

/// Integers of either sign are equal if their values are; what was made by [`display`], [`debug`]
/// or [`any`] equals the text that it prints as.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Signed(a), Self::Signed(b)) => a == b,
            (Self::Unsigned(a), Self::Unsigned(b)) => a == b,
            (Self::Signed(a), Self::Unsigned(b)) | (Self::Unsigned(b), Self::Signed(a)) => {
                u64::try_from(a) == Ok(b)
            }
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (a, Self::Str(text)) | (Self::Str(text), a) => a.is_printed() && a.prints_as(text),
            (a, b) if a.is_printed() && b.is_printed() => {
                // Not `to_string`: that panics if a `Display` fails.
                let mut text = String::new();
                write!(text, "{b}").is_ok() && a.prints_as(&text)
            }
            _ => false,
        }
    }
}

impl Value<'_> {
    fn is_printed(self) -> bool {
        matches!(self, Self::Display(_) | Self::Debug(_) | Self::Any(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_value_equals_its_text() {
        let host = std::net::Ipv4Addr::LOCALHOST;
        assert_eq!(display(&host), Value::Str("127.0.0.1"));
        assert_ne!(display(&host), Value::Str("127.0.0.10"));
        assert_ne!(display(&host), Value::Str("127.0.0."));
        assert_eq!(display(&host), debug(&host));
        // A number is not the text of the number: tags are compared as what they are.
        assert_ne!(Value::from(200), Value::Str("200"));
    }

    #[test]
    fn a_value_that_does_not_print_as_it_should_equals_nothing() {
        struct Fails;
        impl fmt::Display for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("x")?;
                Err(fmt::Error)
            }
        }
        struct GoesOn;
        impl fmt::Display for GoesOn {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let _ = f.write_str("x");
                f.write_str("ab")
            }
        }
        assert!(display(&Fails) != display(&Fails) && display(&Fails) != Value::Str("x"));
        assert!(!display(&GoesOn).prints_as("ab") && display(&GoesOn).prints_as("xab"));
    }

    #[test]
    fn any_downcasts_and_prints() {
        #[derive(Debug)]
        struct Order(u8);
        let order = Order(3);
        let value = any(&order);
        assert_eq!(value.downcast_ref::<Order>().unwrap().0, 3);
        assert!(value.downcast_ref::<String>().is_none());
        assert_eq!(value.to_string(), "Order(3)");
    }
}
