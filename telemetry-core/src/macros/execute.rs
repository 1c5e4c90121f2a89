//! `execute!`.

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
///   made at run time. It is made of segments with dots between them; a segment is ASCII letters,
///   digits, `_` and `-`.
/// - Then the measurements: what implements [`ToNumber`](crate::ToNumber).
/// - Then the metadata: what implements [`ToValue`](crate::ToValue); for everything else there are
///   [`display`](crate::display()), [`debug`](crate::debug()) and [`any`](crate::any()).
///
/// Braces may be left out from the right; metadata without measurements is
/// `execute!(name, {}, { .. })`. A key alone is short for `key: key`; a key that is not
/// an identifier is written as a literal, `"http.route": route`. Values are taken by reference, so
/// nothing is moved.
///
/// Arguments are **lazy**: nothing in the braces runs unless a handler is attached. An event that
/// nobody observes costs one relaxed load of one byte.
///
/// A library whose prefix is chosen at run time says what its names end with, so that the
/// [catalogue](crate#features) knows:
///
/// ```
/// # fn main() -> Result<(), telemetry::NameError> {
/// let query = telemetry::EventName::new("shop.repo.query")?;
/// telemetry::execute!("*.query" => query, { rows: 3 }, { source: "users" });
/// # Ok(()) }
/// ```
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
    // A comma that stands first would be an ambiguity to the compiler.
    ($name:literal, { , $($more:tt)* } $($rest:tt)*) => {
        $crate::__wrong!(execute, { , })
    };
    ($name:literal, { $($measurements:tt)* }, { , $($more:tt)* } $($rest:tt)*) => {
        $crate::__wrong!(execute, { , })
    };
    ($name:literal, { $($measurements:tt)* } $(,)?) => {
        $crate::execute!($name, { $($measurements)* }, {})
    };
    ($name:literal, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                    { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::__private::Callsite = $crate::__private::checked::callsite(
            $name,
            $crate::EventKind::Event,
            &[$($crate::__key!($measurement)),*],
            &[$($crate::__key!($metadata)),*],
            $crate::__place!(),
        );
        $crate::__catalogue!(__TELEMETRY_CALLSITE.info());
        if __TELEMETRY_CALLSITE.is_observed() {
            $crate::__private::callsite(
                &__TELEMETRY_CALLSITE,
                &[$($crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?))),*],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            );
        }
    }};
    ($suffix:literal => $name:expr $(,)?) => {
        $crate::execute!($suffix => $name, {}, {})
    };
    ($suffix:literal => $name:expr, { $($measurements:tt)* } $(,)?) => {
        $crate::execute!($suffix => $name, { $($measurements)* }, {})
    };
    ($suffix:literal => $name:expr, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                                    { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::CallsiteInfo =
            $crate::__private::checked::info(
                $suffix,
                $crate::EventKind::Event,
                &[$($crate::__key!($measurement)),*],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            );
        $crate::__catalogue!(&__TELEMETRY_CALLSITE);
        let name: $crate::EventName = $crate::__private::RuntimeName::<$crate::EventName>::get(&$name);
        if name.is_observed() {
            $crate::__private::event_name(
                name,
                &__TELEMETRY_CALLSITE,
                &[$($crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?))),*],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            );
        }
    }};
    // From here on a literal is followed by something else, and the rest is mistakes or a name that
    // is an expression.
    ($name:literal $($wrong:tt)*) => {
        $crate::__wrong!(execute $($wrong)*)
    };
    () => {
        $crate::__wrong!(execute)
    };
    ({ $key:tt : $($braces:tt)* } $($wrong:tt)*) => {
        $crate::__wrong!(execute)
    };
    (parent: $($wrong:tt)*) => {
        $crate::__wrong!(execute, parent:)
    };
    ($name:expr $(,)?) => {
        $crate::execute!("*" => $name, {}, {})
    };
    ($name:expr, { $($rest:tt)* } $(, $($more:tt)*)?) => {
        $crate::execute!("*" => $name, { $($rest)* } $(, $($more)*)?)
    };
    ($name:expr => $($wrong:tt)*) => {
        $crate::__wrong!(execute => $($wrong)*)
    };
    ($name:expr, $($wrong:tt)*) => {
        $crate::__wrong!(execute, $($wrong)*)
    };
}
