//! Metadata of a span, kept until it ends.

use std::time::Duration;

use crate::Value;

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
            printed => Self::Text(printed.to_string().into()),
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
