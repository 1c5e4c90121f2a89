//! [`ToValue`]: what can stand as metadata.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::Value;

/// What can stand as metadata.
///
/// Implemented for text (`str`, `String`, `Cow<str>`, and through `Arc`, `Rc` and `Box`), the
/// integers up to 64 bits, the floats, `bool`, `char`, `Duration`, [`Value`], references to any of
/// them, and `Option` (`None` means that the key is absent). For other types there are
/// [`display`](crate::display), [`debug`](crate::debug) and [`any`](crate::any); implement it for
/// a newtype of your own to use it in the macros as it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be metadata as it is",
    label = "wrap it: `display(&value)`, `debug(&value)` or `any(&value)`",
    note = "`telemetry::display(&value)` uses its `Display` text, `telemetry::debug(&value)` its `Debug` text",
    note = "`telemetry::any(&value)` hands the value itself to handlers that know its type"
)]
pub trait ToValue {
    /// The value, or `None` if the key is absent.
    fn to_value(&self) -> Option<Value<'_>>;
}

macro_rules! to_value {
    ($variant:ident($as:ty): $($from:ty)*) => {$(
        impl ToValue for $from {
            #[inline]
            fn to_value(&self) -> Option<Value<'_>> {
                Some(Value::$variant(*self as $as))
            }
        }

        impl From<$from> for Value<'_> {
            #[inline]
            fn from(value: $from) -> Self {
                Self::$variant(value as $as)
            }
        }
    )*};
}

to_value!(Signed(i64): i8 i16 i32 i64 isize);
to_value!(Unsigned(u64): u8 u16 u32 u64 usize);
to_value!(Float(f64): f32 f64);
to_value!(Bool(bool): bool);
to_value!(Char(char): char);
to_value!(Duration(Duration): Duration);

impl<'a> From<&'a str> for Value<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::Str(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self::Str(text)
    }
}

impl ToValue for str {
    #[inline]
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Str(self))
    }
}

impl ToValue for String {
    #[inline]
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Str(self))
    }
}

impl ToValue for Cow<'_, str> {
    #[inline]
    fn to_value(&self) -> Option<Value<'_>> {
        Some(Value::Str(self))
    }
}

impl ToValue for Value<'_> {
    #[inline]
    fn to_value(&self) -> Option<Value<'_>> {
        Some(*self)
    }
}

impl<T: ToValue> ToValue for Option<T> {
    #[inline]
    fn to_value(&self) -> Option<Value<'_>> {
        self.as_ref().and_then(T::to_value)
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<T: ToValue + ?Sized> ToValue for $pointer {
            #[inline]
            fn to_value(&self) -> Option<Value<'_>> {
                T::to_value(self)
            }
        }
    )*};
}

through!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_through_every_pointer() {
        let texts: [&dyn ToValue; 6] = [
            &"a",
            &String::from("a"),
            &Cow::Borrowed("a"),
            &Arc::<str>::from("a"),
            &Box::<str>::from("a"),
            &Some("a"),
        ];
        for text in texts {
            assert_eq!(text.to_value().and_then(Value::as_str), Some("a"));
        }
        assert!(None::<String>.to_value().is_none());
    }
}
