//! `execute!` and `span!`: thin macros over the functions in `dispatch` and `span`.
//!
//! Statics are not hygienic: a `START` here would hide the caller's own in the arguments. Hence
//! their long names.

/// Emits an event.
///
/// ```
/// use std::time::Instant;
/// use telemetry::execute;
///
/// # let (started, body, route) = (Instant::now(), b"hello", String::from("/"));
/// execute!("shop.endpoint.stop", { duration: started.elapsed(), bytes: body.len() }, { route, status: 200 });
/// execute!("cart.emptied");
/// ```
///
/// - First the name: a literal, checked while compiling, or an [`EventName`](crate::EventName)
///   made at run time.
/// - Then the measurements: what implements [`ToNumber`](crate::ToNumber).
/// - Then the metadata: what implements [`ToValue`](crate::ToValue); for everything else there are
///   [`display`](crate::display()), [`debug`](crate::debug()) and [`any`](crate::any()).
///
/// Braces may be left out from the right. A key alone is short for `key: key`; a key that is not
/// an identifier is written as a literal, `"http.route": route`. Values are taken by reference, so
/// nothing is moved.
///
/// Arguments are **lazy**: nothing in the braces runs unless a handler is attached. An event that
/// nobody observes costs one relaxed load of one byte.
///
/// A name, a key or a value that cannot be is a compile error:
///
/// ```compile_fail
/// telemetry::execute!("shop..stop");
/// ```
/// ```compile_fail
/// telemetry::execute!("shop.stop", { n: 1, n: 2 });
/// ```
/// ```compile_fail
/// telemetry::execute!("shop.stop", { name: "not a number" });
/// ```
#[macro_export]
macro_rules! execute {
    ($name:literal $(,)?) => {
        $crate::execute!($name, {}, {})
    };
    ($name:literal, { $($measurements:tt)* } $(,)?) => {
        $crate::execute!($name, { $($measurements)* }, {})
    };
    ($name:literal, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                    { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $name,
            $crate::__private::Shape::new(
                &[$($crate::__key!($measurement)),*],
                &[$($crate::__key!($metadata)),*],
            ),
        );
        if __TELEMETRY_CALLSITE.is_observed() {
            $crate::__private::callsite(
                &__TELEMETRY_CALLSITE,
                &[$($crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?))),*],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            );
        }
    }};
    ($name:expr $(,)?) => {
        $crate::execute!($name, {}, {})
    };
    ($name:expr, { $($measurements:tt)* } $(,)?) => {
        $crate::execute!($name, { $($measurements)* }, {})
    };
    ($name:expr, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                 { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_SHAPE: $crate::__private::Shape = $crate::__private::Shape::new(
            &[$($crate::__key!($measurement)),*],
            &[$($crate::__key!($metadata)),*],
        );
        let name: $crate::EventName = $crate::__private::RuntimeName::get(&$name);
        if name.is_observed() {
            $crate::__private::event_name(
                name,
                &__TELEMETRY_SHAPE,
                &[$($crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?))),*],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            );
        }
    }};
}

/// Begins a span: emits `name.start`, and when the returned [`Span`](crate::Span) ends, exactly
/// one of `name.stop` and `name.exception`.
///
/// ```
/// # let currency = "EUR";
/// let span = telemetry::span!("shop.checkout", { currency });
/// span.measure("items", 3);
/// span.finish();
/// ```
///
/// The name is a literal or a [`SpanName`](crate::SpanName); the braces hold metadata, as in
/// [`execute!`](crate::execute!), which all events of the span carry. Whether the span is observed
/// is decided here, once; if it is not, nothing in the braces runs.
///
/// `outcome` is what the span itself says, so it is not free:
///
/// ```compile_fail
/// telemetry::span!("shop.checkout", { outcome: "great" });
/// ```
#[macro_export]
macro_rules! span {
    ($name:literal $(,)?) => {
        $crate::span!($name, {})
    };
    ($name:literal, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_START: $crate::__private::Callsite = $crate::__private::Callsite::new(
            ::core::concat!($name, ".start"),
            $crate::__private::Shape::of_span(&[$($crate::__key!($metadata)),*]),
        );
        static __TELEMETRY_STOP: $crate::__private::Callsite = $crate::__private::Callsite::new(
            ::core::concat!($name, ".stop"),
            $crate::__private::Shape::new(&[], &[]),
        );
        static __TELEMETRY_EXCEPTION: $crate::__private::Callsite = $crate::__private::Callsite::new(
            ::core::concat!($name, ".exception"),
            $crate::__private::Shape::new(&[], &[]),
        );
        // `|`, not `||`: all three have to be met, so that each is registered.
        if __TELEMETRY_START.is_observed() | __TELEMETRY_STOP.is_observed() | __TELEMETRY_EXCEPTION.is_observed() {
            $crate::__private::span(
                &__TELEMETRY_START,
                &__TELEMETRY_STOP,
                &__TELEMETRY_EXCEPTION,
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::Span::unobserved()
        }
    }};
    ($name:expr $(,)?) => {
        $crate::span!($name, {})
    };
    ($name:expr, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_SHAPE: $crate::__private::Shape =
            $crate::__private::Shape::of_span(&[$($crate::__key!($metadata)),*]);
        let name: $crate::SpanName = $crate::__private::RuntimeName::get(&$name);
        if name.is_observed() {
            $crate::__private::named_span(
                name,
                &__TELEMETRY_SHAPE,
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::Span::unobserved()
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __key {
    ($key:ident) => {
        $crate::__private::key(::core::stringify!($key))
    };
    ($key:literal) => {
        $key
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    ($key:ident) => {
        &$key
    };
    ($key:literal) => {
        ::core::compile_error!(::core::concat!(
            "the key ",
            ::core::stringify!($key),
            " needs a value: write `",
            ::core::stringify!($key),
            ": value`"
        ))
    };
    ($key:tt, $value:expr) => {
        &$value
    };
}

/// What may stand where the macros take a literal name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a name that the macro can use",
    label = "neither a string literal nor an interned name",
    note = "write the name as a literal, \"shop.checkout\", so that it is checked while compiling",
    note = "`execute!` also takes an `EventName`, `span!` a `SpanName`: make it once and keep it"
)]
pub trait RuntimeName<N> {
    /// The name itself.
    fn get(&self) -> N;
}

impl RuntimeName<crate::EventName> for crate::EventName {
    fn get(&self) -> crate::EventName {
        *self
    }
}

impl RuntimeName<crate::SpanName> for crate::SpanName {
    fn get(&self) -> crate::SpanName {
        *self
    }
}

impl<N, T: RuntimeName<N>> RuntimeName<N> for &T {
    fn get(&self) -> N {
        T::get(self)
    }
}
