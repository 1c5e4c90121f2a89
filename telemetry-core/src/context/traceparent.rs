//! The `traceparent` header of W3C Trace Context, in and out.
//!
//! Source: <https://www.w3.org/TR/trace-context/>, section 3.2. It comes from outside: whatever it
//! is, parsing it ends with a context or an error, never with half a context.

use std::fmt;
use std::str::FromStr;

use super::SpanContext;
use super::ids::{SpanId, TraceId, parse_hex};

/// A text is not a `traceparent`, or of a kind that must be ignored: start a new trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseTraceparentError;

impl fmt::Display for ParseTraceparentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "not a W3C traceparent, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
    }
}

impl std::error::Error for ParseTraceparentError {}

/// `version-trace-span-flags`.
const LEN: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

impl SpanContext {
    /// Reads the value of a `traceparent` header. The context is [remote](Self::is_remote).
    ///
    /// A version that is not known yet is read as far as this one goes, as the standard asks.
    ///
    /// ```
    /// use telemetry::SpanContext;
    ///
    /// let header = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let context = SpanContext::from_traceparent(header)?;
    /// assert!(context.is_sampled() && context.is_remote());
    /// assert!(SpanContext::from_traceparent(b"garbage").is_err());
    /// # Ok::<(), telemetry::ParseTraceparentError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// For everything else, a zero id and a capital letter included.
    pub fn from_traceparent(header: impl AsRef<[u8]>) -> Result<Self, ParseTraceparentError> {
        parse(header.as_ref()).ok_or(ParseTraceparentError)
    }

    /// The value of the `traceparent` header that hands this context on; nothing is allocated.
    ///
    /// A context has no `tracestate` and no baggage: whoever wants those handed on does it.
    ///
    /// ```
    /// # let context = telemetry::SpanContext::new_root();
    /// let header = context.traceparent();
    /// assert_eq!(header.as_str().len(), 55);
    /// ```
    #[must_use]
    pub fn traceparent(&self) -> Traceparent {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        write_hex(&mut text[3..35], &self.trace_id().to_bytes());
        write_hex(&mut text[36..52], &self.span_id().to_bytes());
        write_hex(&mut text[53..], &[self.flags()]);
        Traceparent(text)
    }
}

fn parse(header: &[u8]) -> Option<SpanContext> {
    let (known, rest) = header.split_at_checked(LEN)?;
    let version = parse_hex::<2>(&known[..2])?;
    // 255 is forbidden; a later version may go on after another dash, this one may not.
    let follows = match version {
        0xff => return None,
        0 => rest.is_empty(),
        _ => rest.is_empty() || rest[0] == b'-',
    };
    let dashes = known[2] == b'-' && known[35] == b'-' && known[52] == b'-';
    if !follows || !dashes {
        return None;
    }
    let trace_id = TraceId::new(parse_hex::<32>(&known[3..35])?)?;
    let span_id = SpanId::new(parse_hex::<16>(&known[36..52])? as u64)?;
    let flags = parse_hex::<2>(&known[53..])? as u8;
    Some(SpanContext::from_parts(trace_id, span_id, flags, true))
}

fn write_hex(digits: &mut [u8], bytes: &[u8]) {
    for (two, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        two.copy_from_slice(&PAIRS[usize::from(*byte)]);
    }
}

/// Each byte as two digits: half as many steps as one by one.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 0xf]];
        byte += 1;
    }
    pairs
};

/// The value of a `traceparent` header; made by [`SpanContext::traceparent`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent([u8; LEN]);

impl Traceparent {
    /// The 55 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for Traceparent {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<[u8]> for Traceparent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Traceparent({})", self.as_str())
    }
}

impl FromStr for SpanContext {
    type Err = ParseTraceparentError;

    fn from_str(text: &str) -> Result<Self, ParseTraceparentError> {
        Self::from_traceparent(text)
    }
}
