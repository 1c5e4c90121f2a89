//! [`ToValue`]: what can stand as metadata.

use std::borrow::Cow;
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
    NonZeroU64, NonZeroUsize,
};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::{EventName, SpanContext, SpanId, SpanName, TraceId, Value};

/// What can stand as metadata.
///
/// Implemented for text (`str`, `String`, `Cow<str>`, and through `Arc`, `Rc` and `Box`), the
/// integers up to 64 bits (`NonZero` ones, too), the floats, `bool`, `char`, `Duration`, this
/// crate's ids and names, [`Value`], references to any of them, and `Option` (`None` means that the
/// key is absent). For other types there are
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

macro_rules! through_get {
    ($($number:ty)*) => {$(
        #[diagnostic::do_not_recommend]
        impl ToValue for $number {
            #[inline]
            fn to_value(&self) -> Option<Value<'_>> {
                Some(self.get().into())
            }
        }
    )*};
}

through_get!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize);
through_get!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize);

macro_rules! printed {
    ($($id:ty)*) => {$(
        /// As the text that it prints.
        impl ToValue for $id {
            #[inline]
            fn to_value(&self) -> Option<Value<'_>> {
                Some(Value::Display(self))
            }
        }
    )*};
}

printed!(TraceId SpanId SpanContext);

macro_rules! names {
    ($($name:ty)*) => {$(
        impl ToValue for $name {
            #[inline]
            fn to_value(&self) -> Option<Value<'_>> {
                Some(Value::Str(self.as_str()))
            }
        }
    )*};
}

names!(EventName SpanName);

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

    #[test]
    fn ids_and_names_stand_as_the_text_they_print() {
        let context: SpanContext = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            .parse()
            .unwrap();
        let (trace, span) = (context.trace_id(), context.span_id());
        let name = EventName::new("to_value.test").unwrap();
        let expected: [(&dyn ToValue, String); 4] = [
            (&trace, trace.to_string()),
            (&span, span.to_string()),
            (&context, context.to_string()),
            (&name, name.to_string()),
        ];
        for (value, text) in expected {
            assert_eq!(value.to_value().map(|value| value.to_string()), Some(text));
        }
    }

    #[test]
    fn a_number_that_is_never_zero_is_a_number() {
        assert_eq!(NonZeroU16::MAX.to_value(), Some(Value::Unsigned(65_535)));
        assert_eq!(NonZeroI8::MIN.to_value(), Some(Value::Signed(-128)));
    }
}
