//! Attributes of spans, whose keys have been written beforehand.
//!
//! As `proto::common` has them, but the lengths are found out first: nothing is moved afterwards.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use std::sync::LazyLock;

use telemetry::{Number, Value};

use crate::proto::common::{MAX_TEXT, cut};
use crate::proto::writer::{bytes, message, varint, varint_len};

/// `Span.attributes`.
const ATTRIBUTES: u32 = 9;
const ATTRIBUTE: u8 = (ATTRIBUTES << 3 | 2) as u8;
/// `KeyValue.value`.
const VALUE: u8 = 2 << 3 | 2;

/// An attribute's key, written beforehand, and what stands around it.
///
/// Nearly all keys are short, and so are most values. What precedes such a value is copied as one piece of
/// a size that the compiler knows, of which what is too much is then cut off: that takes a few
/// instructions, where a copy of a length that is known only at run time is a call.
#[derive(Debug)]
pub(super) struct Key {
    /// The key and the length of the attribute, `KeyValue.key`, and the key and the length of
    /// `KeyValue.value`. The lengths are to be filled in.
    piece: [u8; PIECE],
    /// How much of it is used; 0 if the key is too long for it.
    used: usize,
    /// `KeyValue.key` alone.
    field: Box<[u8]>,
}

/// What a failure is called.
pub(super) static ERROR_TYPE: LazyLock<Key> = LazyLock::new(|| Key::new("error.type"));

/// What a host may have.
pub(super) static SERVER_PORT: LazyLock<Key> = LazyLock::new(|| Key::new("server.port"));

const PIECE: usize = 48;

/// In [`Key::piece`]: between the length of the attribute and the end of the key.
const AROUND: usize = 2;

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let mut field = Vec::new();
        bytes(&mut field, 1, cut(name).as_bytes());
        let mut piece = [0; PIECE];
        let mut used = 0;
        let end = AROUND + field.len();
        if end + AROUND <= PIECE {
            piece[0] = ATTRIBUTE;
            piece[AROUND..end].copy_from_slice(&field);
            piece[end] = VALUE;
            used = end + AROUND;
        }
        Self {
            piece,
            used,
            field: field.into(),
        }
    }

    /// Everything up to a value of so many bytes, which is to follow.
    #[inline]
    fn begin(&self, out: &mut Vec<u8>, value: usize) {
        // What is counted begins behind the two bytes that say how much it is.
        let whole = (self.used + value).wrapping_sub(AROUND);
        if self.used == 0 || whole >= 0x80 {
            return self.begin_long(out, value);
        }
        let at = out.len();
        out.extend_from_slice(&self.piece);
        out.truncate(at + self.used);
        out[at + 1] = whole as u8;
        out[at + self.used - 1] = value as u8;
    }

    #[inline(never)]
    fn begin_long(&self, out: &mut Vec<u8>, value: usize) {
        let whole = self.field.len() + 1 + varint_len(value as u64) + value;
        out.push(ATTRIBUTE);
        varint(out, whole as u64);
        out.extend_from_slice(&self.field);
        out.push(VALUE);
        varint(out, value as u64);
    }
}

/// An attribute that is a text, which, perhaps cut, is then what `out` ends with.
#[inline]
pub(super) fn text(out: &mut Vec<u8>, key: &Key, text: &str) {
    let text = cut(text).as_bytes();
    let length = text.len() as u64;
    key.begin(out, 1 + varint_len(length) + text.len());
    out.push(1 << 3 | 2);
    varint(out, length);
    out.extend_from_slice(text);
}

#[inline]
pub(super) fn int(out: &mut Vec<u8>, key: &Key, number: i64) {
    let number = number as u64;
    key.begin(out, 1 + varint_len(number));
    out.push(3 << 3);
    varint(out, number);
}

#[inline]
pub(super) fn double(out: &mut Vec<u8>, key: &Key, number: f64) {
    key.begin(out, 9);
    let mut field = [4 << 3 | 1; 9];
    field[1..].copy_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&field);
}

/// OTLP has no unsigned integers; one that does not fit is told as a real number.
#[inline]
fn unsigned(out: &mut Vec<u8>, key: &Key, number: u64) {
    match i64::try_from(number) {
        Ok(number) => int(out, key, number),
        Err(_) => double(out, key, number as f64),
    }
}

/// Whatever a piece of metadata is.
#[inline]
pub(super) fn value(out: &mut Vec<u8>, key: &Key, value: &Value<'_>) {
    match value {
        Value::Str(own) => text(out, key, own),
        Value::Unsigned(number) => unsigned(out, key, *number),
        Value::Signed(number) => int(out, key, *number),
        Value::Bool(flag) => {
            key.begin(out, 2);
            out.extend_from_slice(&[2 << 3, u8::from(*flag)]);
        }
        Value::Float(number) => double(out, key, *number),
        Value::Duration(time) => double(out, key, time.as_secs_f64()),
        printed => {
            self::printed(out, key, printed);
        }
    }
}

/// A measurement; times are in seconds.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, key: &Key, number: Number) {
    match number {
        Number::Duration(time) => double(out, key, time.as_secs_f64()),
        Number::Unsigned(number) => unsigned(out, key, number),
        Number::Signed(number) => int(out, key, number),
        Number::Float(number) => double(out, key, number),
        _ => {}
    }
}

/// An attribute that is the text as which a value prints. As [`text`], it ends with that text, of which
/// the length is returned.
#[inline]
pub(super) fn as_text(out: &mut Vec<u8>, key: &Key, value: &Value<'_>) -> usize {
    match value {
        Value::Str(own) => {
            text(out, key, own);
            cut(own).len()
        }
        other => printed(out, key, other),
    }
}

#[inline(never)]
fn printed(out: &mut Vec<u8>, key: &Key, value: &Value<'_>) -> usize {
    message(out, ATTRIBUTES, |out| {
        out.extend_from_slice(&key.field);
        message(out, 2, |out| {
            message(out, 1, |out| {
                let from = out.len();
                print(out, value);
                out.len() - from
            })
        })
    })
}

/// Adds what a value prints as: whole characters, at most [`MAX_TEXT`] bytes.
///
/// A value that fails to print, or panics, is told as far as it came.
pub(super) fn print(out: &mut Vec<u8>, value: &Value<'_>) {
    let mut limited = Limited {
        room: MAX_TEXT,
        out,
    };
    // Somebody else's code. Its panic must not cost the span, nor count as a failure of the reporter.
    let _ = catch_unwind(AssertUnwindSafe(|| write!(limited, "{value}")));
}

struct Limited<'o> {
    room: usize,
    out: &'o mut Vec<u8>,
}

impl Write for Limited<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let fits = (0..=self.room.min(part.len()))
            .rev()
            .find(|at| part.is_char_boundary(*at))
            .unwrap_or(0);
        self.out.extend_from_slice(&part.as_bytes()[..fits]);
        if fits < part.len() {
            // Nothing that comes later may follow the gap, either.
            self.room = 0;
            return Err(fmt::Error);
        }
        self.room -= fits;
        Ok(())
    }
}
