//! Tags: how a value becomes the text that tells series apart.

use std::fmt::{self, Write};

use telemetry::{ToValue, Value};

/// The longest tag value, in bytes; a longer one is cut. A tag comes from outside as often as not.
pub const MAX_TAG_LEN: usize = 1_024;

/// Appends a value's text, at most [`MAX_TAG_LEN`] bytes of it.
///
/// A `Display` that says it failed leaves what it had written by then.
pub(crate) fn write(text: &mut Vec<u8>, value: Value<'_>) {
    // A status or a count: what most tags are that are not texts.
    match value {
        Value::Unsigned(n) => return write_integer(text, n),
        Value::Signed(n) => return write_integer(text, n),
        _ => {}
    }
    let end = text.len() + MAX_TAG_LEN;
    let mut out = UpTo { text, end };
    let _ = match value {
        Value::Str(plain) => out.write_str(plain),
        other => write!(out, "{other}"),
    };
}

/// Replaces the text from `start` on by the number of one of `buckets`.
///
/// FNV-1a with 64 bits, and then the remainder: the same in every process and every version, so that
/// series of several instances go together, and easily done elsewhere.
// <http://www.isthe.com/chongo/tech/comp/fnv/>
pub(crate) fn hash(text: &mut Vec<u8>, start: usize, buckets: u32) {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text[start..].iter().fold(0xcbf2_9ce4_8422_2325, mix);
    text.truncate(start);
    write_integer(text, hash % u64::from(buckets.max(1)));
}

fn write_integer(text: &mut Vec<u8>, n: impl itoa::Integer) {
    text.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Takes text up to an end, and then makes whoever writes stop.
struct UpTo<'t> {
    text: &'t mut Vec<u8>,
    end: usize,
}

impl Write for UpTo<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = self.end - self.text.len();
        let mut fits = part.len().min(room);
        while !part.is_char_boundary(fits) {
            fits -= 1;
        }
        self.text.extend_from_slice(&part.as_bytes()[..fits]);
        if fits < part.len() {
            // No later part may fill the bytes that a cut character has left.
            self.end = self.text.len();
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// A tag's text that was computed, in a buffer that events use one after the other.
#[derive(Debug, Default)]
pub(crate) struct Computed {
    is_set: bool,
    text: Vec<u8>,
}

impl Computed {
    /// Forgets what was set for the event before.
    pub(crate) fn reset(&mut self) {
        self.is_set = false;
    }

    /// What was set.
    pub(crate) fn get(&self) -> Option<&[u8]> {
        self.is_set.then_some(&self.text)
    }
}

/// Where [`Metric::tag_values`](crate::Metric::tag_values) puts the tags that it computes.
#[derive(Debug)]
pub struct TagValues<'s> {
    keys: &'s [String],
    texts: &'s mut [Computed],
}

impl<'s> TagValues<'s> {
    pub(crate) fn new(keys: &'s [String], texts: &'s mut [Computed]) -> Self {
        Self { keys, texts }
    }

    /// Sets a tag, in place of the metadata of that name. A key that is not among the
    /// definition's tags is left out, as metadata that is not a tag is.
    pub fn set(&mut self, key: &str, value: impl ToValue) {
        if let Some(at) = self.keys.iter().position(|known| known == key) {
            let computed = &mut self.texts[at];
            computed.text.clear();
            computed.is_set = true;
            if let Some(value) = value.to_value() {
                write(&mut computed.text, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_written_as_they_print() {
        for n in [0, 7, 10, 404, -1, i64::MIN, i64::MAX] {
            let mut text = Vec::new();
            write(&mut text, Value::Signed(n));
            assert_eq!(text, n.to_string().as_bytes());
        }
        let mut text = b"a".to_vec();
        write(&mut text, Value::Unsigned(u64::MAX));
        assert_eq!(text, b"a18446744073709551615");
    }

    #[test]
    fn a_hashed_text_is_the_number_that_fnv_1a_gives() {
        // From the table of test vectors of the hash's authors: "foobar".
        let mut text = b"before foobar".to_vec();
        hash(&mut text, 7, u32::MAX);
        let expected = 0x8594_4171_f739_67e8_u64 % u64::from(u32::MAX);
        assert_eq!(text, format!("before {expected}").as_bytes());
    }

    #[test]
    fn a_text_is_cut_before_the_character_that_does_not_fit() {
        let long = format!("{}ü{}", "a".repeat(MAX_TAG_LEN - 1), "b".repeat(10));
        for value in [Value::Str(&long), telemetry::display(&long)] {
            let mut text = b"before".to_vec();
            write(&mut text, value);
            assert_eq!(text.len(), "before".len() + MAX_TAG_LEN - 1);
            assert!(text.ends_with(b"aa"));
        }
    }
}
