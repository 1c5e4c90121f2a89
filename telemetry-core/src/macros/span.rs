//! `span!`.

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
/// The parent is a [`SpanContext`](crate::SpanContext), an `Option` of one, or a reference to
/// either; of a [`Span`](crate::Span) that is at hand it is [`context()`](crate::Span::context).
///
/// `outcome` is what the span itself says, so it is not free:
///
/// ```compile_fail
/// telemetry::span!("shop.checkout", { outcome: "great" });
/// ```
///
/// `kind` and `reason` are, but a span that fails or panics puts its own in their place (see the
/// table of [`Span`](crate::Span)): call yours something else.
///
/// A library whose prefix is chosen at run time says what its names end with, before `.start`, `.stop`
/// and `.exception`, so that the [catalogue](crate#features) lists `*.mail.send.stop` rather than
/// `*.stop`, which could be any span's:
///
/// ```
/// # fn main() -> Result<(), telemetry::NameError> {
/// let send = telemetry::SpanName::new("shop.mail.send")?;
/// telemetry::span!("*.mail.send" => send, { to: 3 }).finish();
/// # Ok(()) }
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
        $crate::__wrong!(span)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __span {
    ([$parent:expr] $name:literal $(,)?) => {
        $crate::__span!([$parent] $name, {})
    };
    // A comma that stands first would be an ambiguity to the compiler.
    ([$parent:expr] $name:literal, { , $($more:tt)* } $($rest:tt)*) => {
        $crate::__wrong!(span, { , })
    };
    ([$parent:expr] $name:literal, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        // One mistake is one error: the three below only refer to this.
        const __TELEMETRY_CHECKED: () =
            $crate::__private::checked::span($name, &[$($crate::__key!($metadata)),*]);
        static __TELEMETRY_START: $crate::__private::Callsite = $crate::__private::Callsite::new({
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".start"),
                $crate::EventKind::SpanStart,
                &["monotonic_time", "system_time"],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            )
        });
        static __TELEMETRY_STOP: $crate::__private::Callsite = $crate::__private::Callsite::new({
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".stop"),
                $crate::EventKind::SpanStop,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            )
        });
        static __TELEMETRY_EXCEPTION: $crate::__private::Callsite = $crate::__private::Callsite::new({
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::new(
                ::core::concat!($name, ".exception"),
                $crate::EventKind::SpanException,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            )
        });
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
    ([$parent:expr] $suffix:literal => $name:expr $(,)?) => {
        $crate::__span!([$parent] $suffix => $name, {})
    };
    ([$parent:expr] $suffix:literal => $name:expr, { $($metadata:tt $(: $value:expr)?),* $(,)? } $(,)?) => {{
        const __TELEMETRY_CHECKED: () =
            $crate::__private::checked::runtime_span($suffix, &[$($crate::__key!($metadata)),*]);
        static __TELEMETRY_START: $crate::CallsiteInfo = {
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::with_runtime_name(
                ::core::concat!($suffix, ".start"),
                $crate::EventKind::SpanStart,
                &["monotonic_time", "system_time"],
                &[$($crate::__key!($metadata)),*],
                $crate::__place!(),
            )
        };
        static __TELEMETRY_STOP: $crate::CallsiteInfo = {
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::with_runtime_name(
                ::core::concat!($suffix, ".stop"),
                $crate::EventKind::SpanStop,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            )
        };
        static __TELEMETRY_EXCEPTION: $crate::CallsiteInfo = {
            __TELEMETRY_CHECKED;
            $crate::CallsiteInfo::with_runtime_name(
                ::core::concat!($suffix, ".exception"),
                $crate::EventKind::SpanException,
                &["duration", "monotonic_time"],
                &[$($crate::__key!($metadata),)* "outcome"],
                $crate::__place!(),
            )
        };
        $crate::__catalogue!(&__TELEMETRY_START);
        $crate::__catalogue!(&__TELEMETRY_STOP);
        $crate::__catalogue!(&__TELEMETRY_EXCEPTION);
        let parent = $parent;
        let name: $crate::SpanName = $crate::__private::RuntimeName::<$crate::SpanName>::get(&$name);
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
    // From here on a literal is followed by something else, and the rest is mistakes or a name that
    // is an expression.
    ([$parent:expr] $name:literal $($wrong:tt)*) => {
        $crate::__wrong!(span $($wrong)*)
    };
    ([$parent:expr] { $key:tt : $($braces:tt)* } $($wrong:tt)*) => {
        $crate::__wrong!(span)
    };
    ([$parent:expr] parent: $($wrong:tt)*) => {
        $crate::__wrong!(span, parent:)
    };
    ([$parent:expr] parent = $($wrong:tt)*) => {
        $crate::__wrong!(span, parent:)
    };
    ([$parent:expr] $name:expr $(,)?) => {
        $crate::__span!([$parent] "*" => $name, {})
    };
    ([$parent:expr] $name:expr, { $($metadata:tt)* } $(,)?) => {
        $crate::__span!([$parent] "*" => $name, { $($metadata)* })
    };
    ([$parent:expr] $name:expr => $($wrong:tt)*) => {
        $crate::__wrong!(span => $($wrong)*)
    };
    ([$parent:expr] $name:expr, $($wrong:tt)*) => {
        $crate::__wrong!(span, $($wrong)*)
    };
}
