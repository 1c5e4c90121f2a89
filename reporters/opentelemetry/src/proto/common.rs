//! Attributes, resources and scopes: `opentelemetry/proto/common/v1` and `resource/v1`.

use telemetry::{Number, Value};

use super::writer::{bytes, bytes_even_empty, double_even_zero, message, uint_even_zero};

/// The longest text of an attribute, in bytes; longer ones are cut.
pub(crate) const MAX_TEXT: usize = 4096;

/// A `KeyValue` whose value is a text, as one more entry of the repeated field.
#[inline]
pub(crate) fn text_attribute(out: &mut Vec<u8>, field: u32, key: &str, text: &str) {
    attribute(out, field, key, |out| {
        bytes_even_empty(out, 1, cut(text).as_bytes())
    });
}

/// A `KeyValue` whose value is a truth value.
#[inline]
pub(crate) fn bool_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: bool) {
    attribute(out, field, key, |out| {
        uint_even_zero(out, 2, u64::from(value))
    });
}

/// A `KeyValue` whose value is an integer.
#[inline]
pub(crate) fn int_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: i64) {
    attribute(out, field, key, |out| uint_even_zero(out, 3, value as u64));
}

/// A `KeyValue` whose value is a real number.
#[inline]
pub(crate) fn double_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: f64) {
    attribute(out, field, key, |out| double_even_zero(out, 4, value));
}

/// A `KeyValue` of a piece of metadata.
pub(crate) fn value_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: Value<'_>) {
    match value {
        Value::Str(text) => text_attribute(out, field, key, text),
        Value::Bool(value) => bool_attribute(out, field, key, value),
        Value::Signed(number) => int_attribute(out, field, key, number),
        Value::Unsigned(number) => unsigned_attribute(out, field, key, number),
        Value::Float(number) => double_attribute(out, field, key, number),
        Value::Duration(time) => double_attribute(out, field, key, time.as_secs_f64()),
        other => {
            use std::fmt::Write;
            let mut text = Limited(String::new());
            // What fails to print, or is too long, is told as far as it came.
            let _ = write!(text, "{other}");
            text_attribute(out, field, key, &text.0);
        }
    }
}

/// A `KeyValue` of a measurement; times are in seconds.
pub(crate) fn number_attribute(out: &mut Vec<u8>, field: u32, key: &str, number: Number) {
    match number {
        Number::Signed(number) => int_attribute(out, field, key, number),
        Number::Unsigned(number) => unsigned_attribute(out, field, key, number),
        Number::Float(number) => double_attribute(out, field, key, number),
        Number::Duration(time) => double_attribute(out, field, key, time.as_secs_f64()),
        _ => {}
    }
}

/// OTLP has no unsigned integers; one that does not fit is told as a real number.
fn unsigned_attribute(out: &mut Vec<u8>, field: u32, key: &str, number: u64) {
    match i64::try_from(number) {
        Ok(number) => int_attribute(out, field, key, number),
        Err(_) => double_attribute(out, field, key, number as f64),
    }
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

struct Limited(String);

impl std::fmt::Write for Limited {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        self.0.push_str(part);
        if self.0.len() > MAX_TEXT {
            return Err(std::fmt::Error);
        }
        Ok(())
    }
}
