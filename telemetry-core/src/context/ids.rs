//! Trace ids and span ids.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use super::random;

/// Identifies a trace: 128 bits, never zero. Prints as 32 lower-case hexadecimal digits.
///
/// ```
/// use telemetry::TraceId;
///
/// let id: TraceId = "0af7651916cd43dd8448eb211c80319c".parse()?;
/// assert_eq!(id.to_string(), "0af7651916cd43dd8448eb211c80319c");
/// # Ok::<(), telemetry::ParseIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(NonZeroU128);

/// Identifies a span within its trace: 64 bits, never zero. Prints as 16 lower-case hexadecimal
/// digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(NonZeroU64);

/// A text is not an id: it has another length, another character than `0-9a-f`, or is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "an id is 32 (trace) or 16 (span) lower-case hexadecimal digits, not all of them zero",
        )
    }
}

impl std::error::Error for ParseIdError {}

impl TraceId {
    /// An id from its number; `None` if that is zero.
    #[must_use]
    pub const fn new(id: u128) -> Option<Self> {
        match NonZeroU128::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    pub(super) fn random() -> Self {
        loop {
            let [high, low] = random::several().map(u128::from);
            if let Some(id) = Self::new(high << 64 | low) {
                return id;
            }
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u128 {
        self.0.get()
    }

    /// The bytes as they are sent, the highest first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }
}

impl SpanId {
    /// An id from its number; `None` if that is zero.
    #[must_use]
    pub const fn new(id: u64) -> Option<Self> {
        match NonZeroU64::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    pub(super) fn random() -> Self {
        loop {
            if let Some(id) = Self::new(random::next()) {
                return id;
            }
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The bytes as they are sent, the highest first.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }
}

impl FromStr for TraceId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex::<32>(text.as_bytes())
            .and_then(Self::new)
            .ok_or(ParseIdError)
    }
}

impl FromStr for SpanId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex::<16>(text.as_bytes())
            .and_then(|id| Self::new(id as u64))
            .ok_or(ParseIdError)
    }
}

/// Exactly `DIGITS` digits. By hand, because the standard library also takes signs and capitals.
pub(super) fn parse_hex<const DIGITS: usize>(text: &[u8]) -> Option<u128> {
    let text: &[u8; DIGITS] = text.try_into().ok()?;
    let (high, low) = text.split_at(DIGITS.saturating_sub(16));
    let (high, low) = (digits(high)?, digits(low)?);
    Some(u128::from(high) << 64 | u128::from(low))
}

/// At most sixteen. All are looked up before it is asked whether each was one.
fn digits(text: &[u8]) -> Option<u64> {
    let mut number = 0;
    let mut seen = 0;
    for digit in text {
        let digit = DIGITS[usize::from(*digit)];
        number = number << 4 | u64::from(digit & 0xf);
        seen |= digit;
    }
    (seen & NO_DIGIT == 0).then_some(number)
}

const NO_DIGIT: u8 = 0x80;

/// What each byte is as a digit.
const DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut digit = 0;
    while digit < 16 {
        table[b"0123456789abcdef"[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_lower_case_digits_of_its_length_and_not_zero() {
        assert!("00f067aa0ba902b7".parse::<SpanId>().is_ok());
        let bad = [
            "",
            "0000000000000000",
            "00F067AA0BA902B7",
            "+0f067aa0ba902b7",
            "00f067aa0ba902b",
            "00f067aa0ba902b70",
            "00f067aa0ba902bü",
        ];
        for text in bad {
            assert_eq!(text.parse::<SpanId>(), Err(ParseIdError), "{text}");
        }
        assert_eq!("0".repeat(32).parse::<TraceId>(), Err(ParseIdError));
    }

    #[test]
    fn random_ids_differ_between_calls_and_threads() {
        let here: Vec<_> = (0..100).map(|_| TraceId::random()).collect();
        let there = std::thread::spawn(|| (0..100).map(|_| TraceId::random()).collect::<Vec<_>>());
        let mut all = [here, there.join().unwrap()].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 200);
    }
}
