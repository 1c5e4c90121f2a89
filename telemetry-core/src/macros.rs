//! `execute!`, `span!` and `completion_span!`: thin macros over the functions in `dispatch` and
//! `span`.
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
    ($name:literal, { $($measurements:tt)* } $(,)?) => {
        $crate::execute!($name, { $($measurements)* }, {})
    };
    ($name:literal, { $($measurement:tt $(: $number:expr)?),* $(,)? },
                    { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $crate::CallsiteInfo::new(
                $name,
                $crate::EventKind::Event,
                &[$($crate::__key!($measurement)),*],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            ),
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
            $crate::CallsiteInfo::with_runtime_name(
                $suffix,
                $crate::EventKind::Event,
                &[$($crate::__key!($measurement)),*],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            );
        $crate::__catalogue!(&__TELEMETRY_CALLSITE);
        let name: $crate::EventName = $crate::__private::RuntimeName::get(&$name);
        if name.is_observed() {
            $crate::__private::event_name(
                name,
                &__TELEMETRY_CALLSITE,
                &[$($crate::ToNumber::to_number($crate::__value!($measurement $(, $number)?))),*],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            );
        }
    }};
    ($name:expr $(,)?) => {
        $crate::execute!("*" => $name, {}, {})
    };
    ($name:expr, { $($rest:tt)* } $(, $($more:tt)*)?) => {
        $crate::execute!("*" => $name, { $($rest)* } $(, $($more)*)?)
    };
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
/// It is below the span that is current here, or below the one that is named first; `parent: None`
/// begins a new trace:
///
/// ```
/// # let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let parent = telemetry::SpanContext::from_traceparent(header).ok();
/// let span = telemetry::span!(parent: parent, "shop.reply", { status: 200 });
/// # assert_eq!(span.context(), parent, "nobody observes it, so it stands for its parent");
/// ```
///
/// `outcome` is what the span itself says, so it is not free:
///
/// ```compile_fail
/// telemetry::span!("shop.checkout", { outcome: "great" });
/// ```
#[macro_export]
macro_rules! span {
    (parent: $parent:expr, $($span:tt)+) => {
        $crate::__span!([$crate::__private::explicit_parent(&$parent)] $($span)+)
    };
    ($($span:tt)+) => {
        $crate::__span!([$crate::__private::Parent::Current] $($span)+)
    };
    () => {
        ::core::compile_error!("a span needs a name: `span!(\"shop.checkout\")`")
    };
}

/// Begins a span that reports itself only when it has ended: one event, called `name` as it is,
/// with the same measurements and metadata as the end of a [`span!`](crate::span!), and the same
/// four outcomes.
///
/// For work of which nobody wants to know that it has begun, such as a database query. Name,
/// metadata and `parent:` are as in [`span!`](crate::span!), but a name chosen at run time is an
/// [`EventName`](crate::EventName).
///
/// ```
/// # fn query() -> usize { 3 }
/// let span = telemetry::completion_span!("shop.repo.query", { source: "users" });
/// let handle = span.handle();
/// span.in_scope(|| handle.measure("rows", query()));
/// ```
#[macro_export]
macro_rules! completion_span {
    (parent: $parent:expr, $($span:tt)+) => {
        $crate::__completion_span!([$crate::__private::explicit_parent(&$parent)] $($span)+)
    };
    ($($span:tt)+) => {
        $crate::__completion_span!([$crate::__private::Parent::Current] $($span)+)
    };
    () => {
        ::core::compile_error!("a span needs a name: `completion_span!(\"shop.repo.query\")`")
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __span {
    ([$parent:expr] $name:literal $(,)?) => {
        $crate::__span!([$parent] $name, {})
    };
    ([$parent:expr] $name:literal, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_START: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".start"),
                $crate::EventKind::SpanStart,
                &["monotonic_time", "system_time"],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            ),
        );
        static __TELEMETRY_STOP: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".stop"),
                $crate::EventKind::SpanStop,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            ),
        );
        static __TELEMETRY_EXCEPTION: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".exception"),
                $crate::EventKind::SpanException,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            ),
        );
        $crate::__catalogue!(__TELEMETRY_START.info());
        $crate::__catalogue!(__TELEMETRY_STOP.info());
        $crate::__catalogue!(__TELEMETRY_EXCEPTION.info());
        let parent = $parent;
        // `|`, not `||`: all three have to be met, so that each is registered.
        if __TELEMETRY_START.is_observed() | __TELEMETRY_STOP.is_observed() | __TELEMETRY_EXCEPTION.is_observed() {
            $crate::__private::span(
                [&__TELEMETRY_START, &__TELEMETRY_STOP, &__TELEMETRY_EXCEPTION],
                parent,
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::__private::unobserved(parent)
        }
    }};
    ([$parent:expr] $name:expr $(,)?) => {
        $crate::__span!([$parent] $name, {})
    };
    ([$parent:expr] $name:expr, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_START: $crate::CallsiteInfo = $crate::CallsiteInfo::with_runtime_name(
            "*.start",
            $crate::EventKind::SpanStart,
            &["monotonic_time", "system_time"],
            &[$($crate::__key!($metadata)),*],
            $crate::__place!(),
        );
        static __TELEMETRY_STOP: $crate::CallsiteInfo = $crate::CallsiteInfo::with_runtime_name(
            "*.stop",
            $crate::EventKind::SpanStop,
            &["duration", "monotonic_time"],
            &[$($crate::__key!($metadata),)* "outcome"],
            $crate::__place!(),
        );
        static __TELEMETRY_EXCEPTION: $crate::CallsiteInfo = $crate::CallsiteInfo::with_runtime_name(
            "*.exception",
            $crate::EventKind::SpanException,
            &["duration", "monotonic_time"],
            &[$($crate::__key!($metadata),)* "outcome"],
            $crate::__place!(),
        );
        $crate::__catalogue!(&__TELEMETRY_START);
        $crate::__catalogue!(&__TELEMETRY_STOP);
        $crate::__catalogue!(&__TELEMETRY_EXCEPTION);
        let parent = $parent;
        let name: $crate::SpanName = $crate::__private::RuntimeName::get(&$name);
        if name.is_observed() {
            $crate::__private::named_span(
                name,
                parent,
                [&__TELEMETRY_START, &__TELEMETRY_STOP, &__TELEMETRY_EXCEPTION],
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::__private::unobserved(parent)
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __completion_span {
    ([$parent:expr] $name:literal $(,)?) => {
        $crate::__completion_span!([$parent] $name, {})
    };
    ([$parent:expr] $name:literal, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::__private::Callsite = $crate::__private::Callsite::new(
            $crate::CallsiteInfo::new(
                $name,
                $crate::EventKind::SpanComplete,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            ),
        );
        $crate::__catalogue!(__TELEMETRY_CALLSITE.info());
        let parent = $parent;
        if __TELEMETRY_CALLSITE.is_observed() {
            $crate::__private::complete_span(
                &__TELEMETRY_CALLSITE,
                parent,
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::__private::unobserved(parent)
        }
    }};
    ([$parent:expr] $suffix:literal => $name:expr $(,)?) => {
        $crate::__completion_span!([$parent] $suffix => $name, {})
    };
    ([$parent:expr] $suffix:literal => $name:expr, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::CallsiteInfo = $crate::CallsiteInfo::with_runtime_name(
            $suffix,
            $crate::EventKind::SpanComplete,
            &["duration", "monotonic_time"],
            &[$($crate::__key!($metadata),)* "outcome"],
            $crate::__place!(),
        );
        $crate::__catalogue!(&__TELEMETRY_CALLSITE);
        let parent = $parent;
        let name: $crate::EventName = $crate::__private::RuntimeName::get(&$name);
        if $crate::__private::is_observed_as_span(name) {
            $crate::__private::complete_named_span(
                name,
                parent,
                &__TELEMETRY_CALLSITE,
                &[$($crate::ToValue::to_value($crate::__value!($metadata $(, $value)?))),*],
            )
        } else {
            $crate::__private::unobserved(parent)
        }
    }};
    ([$parent:expr] $name:expr $(,)?) => {
        $crate::__completion_span!([$parent] "*" => $name, {})
    };
    ([$parent:expr] $name:expr, { $($metadata:tt)* } $(,)?) => {
        $crate::__completion_span!([$parent] "*" => $name, { $($metadata)* })
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __place {
    () => {
        (::core::module_path!(), ::core::file!(), ::core::line!())
    };
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
