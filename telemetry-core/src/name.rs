//! Event names: their grammar, checked at compile time for literals and by [`EventName::new`] at
//! run time.
//!
//! A name is one or more segments joined by dots, `shop.endpoint.stop`. A segment is one or more
//! ASCII letters, digits, `_` or `-`. The grammar is narrow on purpose: a name becomes part of a
//! Prometheus family, a StatsD line and an OTLP attribute, and what is valid here is valid (or
//! has one obvious spelling) in all of them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::gate::Behind;
use crate::registry;
use crate::slot::Slot;

/// The longest name, in bytes.
pub(crate) const MAX_LEN: usize = 255;

/// How many names may be introduced at run time, by [`EventName::new`], [`SpanName::new`] or by
/// attaching to a name that no code has emitted yet.
///
/// Names are interned for ever, so their number has to be bounded. Names written as literals do
/// not count: the text of the program bounds those.
pub const MAX_RUNTIME_NAMES: usize = 10_000;

/// Why a text is not an event name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// A dot stands first, last or beside another dot.
    EmptySegment,
    /// A character other than an ASCII letter, a digit, `_`, `-` or the dot between segments;
    /// `at` is its byte position.
    InvalidCharacter {
        /// Byte offset of the character.
        at: usize,
    },
    /// More than 255 bytes.
    TooLong,
    /// [`MAX_RUNTIME_NAMES`] names have been introduced at run time already.
    TooMany,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an event name needs at least one segment"),
            Self::EmptySegment => {
                f.write_str("a dot stands first, last or beside another dot; write `a.b.c`")
            }
            Self::InvalidCharacter { at } => write!(
                f,
                "the character at byte {at} is not an ASCII letter, a digit, `_` or `-`"
            ),
            Self::TooLong => write!(f, "an event name has at most {MAX_LEN} bytes"),
            Self::TooMany => write!(
                f,
                "{MAX_RUNTIME_NAMES} names were introduced at run time already, and names are \
                 kept for ever: put what varies into metadata"
            ),
        }
    }
}

impl std::error::Error for NameError {}

/// Checks the grammar. `const`, so that the macros can run it while compiling.
pub(crate) const fn check(name: &str) -> Result<(), NameError> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Err(NameError::Empty);
    }
    if bytes.len() > MAX_LEN {
        return Err(NameError::TooLong);
    }
    let mut at = 0;
    let mut segment = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'.' if segment == 0 => return Err(NameError::EmptySegment),
            b'.' => segment = 0,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => segment += 1,
            _ => return Err(NameError::InvalidCharacter { at }),
        }
        at += 1;
    }
    if segment == 0 {
        Err(NameError::EmptySegment)
    } else {
        Ok(())
    }
}

/// [`check`] for the macros: an invalid literal stops the build with a sentence.
#[track_caller]
pub(crate) const fn assert_valid(name: &str) {
    match check(name) {
        Ok(()) => {}
        Err(NameError::Empty) => {
            panic!("event name: it is empty; write segments joined by dots, `shop.checkout.stop`")
        }
        Err(NameError::EmptySegment) => {
            panic!("event name: a dot stands first, last or beside another dot; write `a.b.c`")
        }
        Err(NameError::TooLong) => {
            panic!("event name: it has more than 255 bytes; what varies belongs into metadata")
        }
        Err(NameError::InvalidCharacter { at }) if name.as_bytes()[at] == b'*' => panic!(
            "event name: `*` is for those who attach; an event has one name, \
             and what varies belongs into metadata"
        ),
        Err(_) => {
            panic!("event name: segments are ASCII letters, digits, `_` or `-`, joined by dots")
        }
    }
}

/// Checks what the macros are told about names chosen at run time: `*`, or `*.` and a name.
#[track_caller]
pub(crate) const fn assert_runtime_pattern(pattern: &str) {
    match pattern.as_bytes() {
        [b'*'] => {}
        [b'*', b'.', rest @ ..] => match std::str::from_utf8(rest) {
            Ok(rest) => assert_valid(rest),
            Err(_) => panic!("cutting two ASCII characters off a text leaves a text"),
        },
        _ => panic!("what stands before `=>` is what all the names end with: `\"*.stop\" => name`"),
    }
}

/// An event name chosen at run time, for use where the macros take a literal.
///
/// Making one interns the name for ever; keep the value instead of making it again on a hot path.
/// Once made, emitting through it costs what a literal costs.
///
/// ```
/// use telemetry::{EventName, execute};
///
/// struct Endpoint { stop: EventName }
///
/// # fn main() -> Result<(), telemetry::NameError> {
/// let endpoint = Endpoint { stop: EventName::new("admin.endpoint.stop")? };
/// execute!(endpoint.stop, { bytes: 10 }, { route: "/users" });
/// # Ok(()) }
/// ```
#[derive(Clone, Copy)]
pub struct EventName {
    pub(crate) slot: &'static Slot,
}

impl EventName {
    /// Interns `name`.
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the text is not a name, or if [`MAX_RUNTIME_NAMES`] names were made
    /// already.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check(name)?;
        registry::runtime_slot(name).map(|slot| Self { slot })
    }

    /// Checks whether a text is a name, without interning it: one or more segments with dots
    /// between them, `shop.endpoint.stop`, of ASCII letters, digits, `_` and `-`, at most 255 bytes.
    ///
    /// ```
    /// use telemetry::{EventName, NameError};
    /// assert_eq!(EventName::check("shop..stop"), Err(NameError::EmptySegment));
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`NameError`] but `TooMany`.
    pub const fn check(name: &str) -> Result<(), NameError> {
        check(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.slot.name()
    }

    /// Whether a handler is attached to this event now: one relaxed load. One that wants
    /// [the ends of spans](crate::attach_spans) only does not count: see
    /// [`is_observed_as_span`](Self::is_observed_as_span).
    #[inline]
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.slot.is_observed(Behind::Event)
    }

    /// Whether a handler wants a span that ends with this event: what
    /// [`completion_span!`](crate::completion_span!) asks, for code that has something to prepare
    /// before it begins one.
    ///
    /// ```
    /// use telemetry::EventName;
    ///
    /// let query = EventName::new("shop.repo.query")?;
    /// assert!(!query.is_observed_as_span());
    /// telemetry::attach_spans("traces", |_| {})?;
    /// assert!(query.is_observed_as_span() && !query.is_observed());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_observed_as_span(&self) -> bool {
        self.slot.is_observed(Behind::SpanEnd)
    }
}

/// As [`EventName::new`].
impl FromStr for EventName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::new(name)
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventName").field(&self.as_str()).finish()
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for EventName {
    fn eq(&self, other: &Self) -> bool {
        // One slot per name, so the address is the identity.
        std::ptr::eq(self.slot, other.slot)
    }
}

impl Eq for EventName {}

impl Hash for EventName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// The name of a span chosen at run time: the three event names that it emits.
///
/// ```
/// let name = telemetry::SpanName::new("admin.checkout")?;
/// let span = telemetry::span!(name, { currency: "EUR" });
/// span.finish();
/// # Ok::<(), telemetry::NameError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanName {
    pub(crate) start: EventName,
    pub(crate) stop: EventName,
    pub(crate) exception: EventName,
}

impl SpanName {
    /// Interns `prefix.start`, `prefix.stop` and `prefix.exception`.
    ///
    /// # Errors
    ///
    /// As [`EventName::new`].
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        check(prefix)?;
        // The longest first: if it is too long, none of the three is kept.
        let exception = EventName::new(&format!("{prefix}.exception"))?;
        let start = EventName::new(&format!("{prefix}.start"))?;
        let stop = EventName::new(&format!("{prefix}.stop"))?;
        Ok(Self {
            start,
            stop,
            exception,
        })
    }

    /// The span's own name, without `.start`, `.stop` or `.exception`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        let start = self.start.as_str();
        start.strip_suffix(".start").unwrap_or(start)
    }

    /// Whether a handler is attached to one of the three events now.
    #[inline]
    #[must_use]
    pub fn is_observed(&self) -> bool {
        self.start.is_observed()
            || self.stop.is_observed_as_span()
            || self.exception.is_observed_as_span()
    }
}

/// As [`SpanName::new`].
impl FromStr for SpanName {
    type Err = NameError;

    fn from_str(prefix: &str) -> Result<Self, NameError> {
        Self::new(prefix)
    }
}

impl fmt::Display for SpanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_segments_joined_by_dots() {
        for good in ["a", "a.b", "shop.endpoint.stop", "http-2.x_1.9"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check(""), Err(NameError::Empty));
        for dots in [".", ".a", "a.", "a..b"] {
            assert_eq!(check(dots), Err(NameError::EmptySegment), "{dots}");
        }
        assert_eq!(check("a b"), Err(NameError::InvalidCharacter { at: 1 }));
        assert_eq!(check("a.ü"), Err(NameError::InvalidCharacter { at: 2 }));
        assert_eq!(check("a.*"), Err(NameError::InvalidCharacter { at: 2 }));
        assert_eq!(check(&"a".repeat(255)), Ok(()));
        assert_eq!(check(&"a".repeat(256)), Err(NameError::TooLong));
    }

    #[test]
    fn two_event_names_of_one_text_are_equal() {
        let one = EventName::new("name.test.same").unwrap();
        let two = EventName::new("name.test.same").unwrap();
        assert_eq!(one, two);
        assert_eq!(one.to_string(), "name.test.same");
        assert_eq!("name.test.same".parse(), Ok(one));
        assert_ne!(one, EventName::new("name.test.other").unwrap());
    }

    #[test]
    fn a_span_name_knows_its_prefix() {
        let name = SpanName::new("name.test.span").unwrap();
        assert_eq!(name.as_str(), "name.test.span");
        assert_eq!(name.stop.as_str(), "name.test.span.stop");
        assert_eq!(SpanName::new("a."), Err(NameError::EmptySegment));
    }
}
