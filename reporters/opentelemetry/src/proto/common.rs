//! Attributes: `KeyValue` of `opentelemetry/proto/common/v1`, where few of them are written.
//!
//! Spans write theirs by a plan, see [`spans`](crate::spans).

use super::writer::{bytes, bytes_even_empty, message, uint_even_zero};

/// The longest text of an attribute, in bytes; longer ones are cut.
pub(crate) const MAX_TEXT: usize = 4096;

/// A `KeyValue` whose value is a text, as one more entry of the repeated field.
#[inline]
pub(crate) fn text_attribute(out: &mut Vec<u8>, field: u32, key: &str, text: &str) {
    attribute(out, field, key, |out| {
        bytes_even_empty(out, 1, cut(text).as_bytes());
    });
}

/// A `KeyValue` whose value is a truth value.
#[inline]
pub(crate) fn bool_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: bool) {
    attribute(out, field, key, |out| {
        uint_even_zero(out, 2, u64::from(value));
    });
}

/// A `KeyValue` whose value is an integer.
#[inline]
pub(crate) fn int_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: i64) {
    attribute(out, field, key, |out| uint_even_zero(out, 3, value as u64));
}

#[inline]
fn attribute(out: &mut Vec<u8>, field: u32, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
    message(out, field, |out| {
        bytes(out, 1, key.as_bytes());
        message(out, 2, value);
    });
}

/// At most [`MAX_TEXT`] bytes, whole characters.
pub(crate) fn cut(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let end = (0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}
