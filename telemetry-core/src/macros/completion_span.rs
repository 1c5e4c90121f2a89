//! `completion_span!`.

/// Begins a span that reports itself only when it has ended: one event, called `name` as it is,
/// with the same measurements and metadata as the end of a [`span!`](crate::span!), and the same
/// four outcomes.
///
/// For work of which nobody wants to know that it has begun, such as a database query. Name,
/// metadata and `parent:` are as in [`span!`](crate::span!), but a name chosen at run time is an
/// [`EventName`](crate::EventName), and what it ends with may be said as in
/// [`execute!`](crate::execute!), `completion_span!("*.query" => name, { .. })`.
///
/// ```
/// # fn query() -> usize { 3 }
/// let span = telemetry::completion_span!("shop.repo.query", { source: "users" });
/// let handle = span.handle();
/// span.in_scope(|| handle.measure("rows", query()));
/// ```
///
/// A handler sees [`EventKind::SpanComplete`](crate::EventKind::SpanComplete), whatever the
/// outcome: a panic is `outcome` `panic` of the same event.
#[macro_export]
macro_rules! completion_span {
    (parent: $parent:expr, $($span:tt)+) => {
        $crate::__completion_span!([$crate::__private::explicit_parent(&$parent)] $($span)+)
    };
    ($($span:tt)+) => {
        $crate::__completion_span!([$crate::__private::Parent::Current] $($span)+)
    };
    () => {
        $crate::__wrong!(completion_span)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __completion_span {
    ([$parent:expr] $name:literal $(,)?) => {
        $crate::__completion_span!([$parent] $name, {})
    };
    // A comma that stands first would be an ambiguity to the compiler.
    ([$parent:expr] $name:literal, { , $($more:tt)* } $($rest:tt)*) => {
        $crate::__wrong!(completion_span, { , })
    };
    ([$parent:expr] $name:literal, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        static __TELEMETRY_CALLSITE: $crate::__private::Callsite = $crate::__private::checked::callsite(
            $name,
            $crate::EventKind::SpanComplete,
            &["duration", "monotonic_time"],
            &[$($crate::__key!($metadata),)* "outcome"],
            $crate::__place!(),
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
        static __TELEMETRY_CALLSITE: $crate::CallsiteInfo = $crate::__private::checked::info(
            $suffix,
            $crate::EventKind::SpanComplete,
            &["duration", "monotonic_time"],
            &[$($crate::__key!($metadata),)* "outcome"],
            $crate::__place!(),
        );
        $crate::__catalogue!(&__TELEMETRY_CALLSITE);
        let parent = $parent;
        let name: $crate::EventName = $crate::__private::RuntimeName::<$crate::EventName>::get(&$name);
        if name.is_observed_as_span() {
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
    // From here on a literal is followed by something else, and the rest is mistakes or a name that
    // is an expression.
    ([$parent:expr] $name:literal $($wrong:tt)*) => {
        $crate::__wrong!(completion_span $($wrong)*)
    };
    ([$parent:expr] { $key:tt : $($braces:tt)* } $($wrong:tt)*) => {
        $crate::__wrong!(completion_span)
    };
    ([$parent:expr] parent: $($wrong:tt)*) => {
        $crate::__wrong!(completion_span, parent:)
    };
    ([$parent:expr] parent = $($wrong:tt)*) => {
        $crate::__wrong!(completion_span, parent:)
    };
    ([$parent:expr] $name:expr $(,)?) => {
        $crate::__completion_span!([$parent] "*" => $name, {})
    };
    ([$parent:expr] $name:expr, { $($metadata:tt)* } $(,)?) => {
        $crate::__completion_span!([$parent] "*" => $name, { $($metadata)* })
    };
    ([$parent:expr] $name:expr => $($wrong:tt)*) => {
        $crate::__wrong!(completion_span => $($wrong)*)
    };
    ([$parent:expr] $name:expr, $($wrong:tt)*) => {
        $crate::__wrong!(completion_span, $($wrong)*)
    };
}
