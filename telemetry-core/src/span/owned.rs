//! Metadata of a span, kept until it ends.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::{Value, failure};

/// A [`Value`] that owns its text. What cannot be owned (`display`, `debug`, `any`) is kept as the
/// text it prints.
pub(super) enum OwnedValue {
    Text(Box<str>),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Char(char),
    Duration(Duration),
}

/// The text of a value. It is printed on the emitter's own path, so a `Display` that fails or
/// panics yields what it had printed by then.
pub(super) fn print(value: &(impl fmt::Display + ?Sized)) -> Box<str> {
    let mut text = String::new();
    failure::quietly(|| {
        let _ = write!(text, "{value}");
    });
    text.into_boxed_str()
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Str(text) => Self::Text(text.into()),
            Value::Signed(n) => Self::Signed(n),
            Value::Unsigned(n) => Self::Unsigned(n),
            Value::Float(n) => Self::Float(n),
            Value::Bool(flag) => Self::Bool(flag),
            Value::Char(one) => Self::Char(one),
            Value::Duration(time) => Self::Duration(time),
            printed => Self::Text(print(&printed)),
        }
    }
}

impl OwnedValue {
    pub(super) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Str(text),
            Self::Signed(n) => Value::Signed(*n),
            Self::Unsigned(n) => Value::Unsigned(*n),
            Self::Float(n) => Value::Float(*n),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Char(one) => Value::Char(*one),
            Self::Duration(time) => Value::Duration(*time),
        }
    }
}
