//! What the macros say about calls that are of no form that they take.
//!
//! Without these, the compiler would say "no rules expected this token", which helps nobody. Only
//! calls that are wrong come here, so nobody else pays for it.

/// Explains what is wrong behind the name of `execute!`, `span!` or `completion_span!`. Without
/// anything the name itself is missing.
#[doc(hidden)]
#[macro_export]
macro_rules! __wrong {
    (execute) => {
        ::core::compile_error!("an event needs a name, before anything else: `execute!(\"shop.stop\", { bytes: 3 })`")
    };
    (span) => {
        ::core::compile_error!("a span needs a name, before anything else: `span!(\"shop.checkout\", { currency: \"EUR\" })`")
    };
    (completion_span) => {
        ::core::compile_error!("a span needs a name, before anything else: `completion_span!(\"shop.repo.query\", { source: \"users\" })`")
    };

    ($what:ident => $name:expr $(, $($rest:tt)*)?) => {
        $crate::__wrong!($what $(, $($rest)*)?, =>)
    };
    (execute, { $($one:tt)* }, { $($two:tt)* }, { $($three:tt)* } $($rest:tt)*) => {
        ::core::compile_error!("an event has two pairs of braces, the measurements and then the metadata; these are more")
    };
    (span, { $($one:tt)* }, { $($two:tt)* } $(, { $($more:tt)* })*, =>) => {
        $crate::__wrong!(span, { $($one)* }, { $($two)* })
    };
    (completion_span, { $($one:tt)* }, { $($two:tt)* } $(, { $($more:tt)* })*, =>) => {
        $crate::__wrong!(completion_span, { $($one)* }, { $($two)* })
    };
    // What is left of the above when nothing else is wrong.
    ($what:ident $(, { $($braces:tt)* })*, =>) => {
        $crate::__wrong_fields!($what [$({ $($braces)* })* =>])
    };

    (execute $(, { $($braces:tt)* })*, parent $($rest:tt)*) => {
        ::core::compile_error!("an event has no `parent:`, it belongs to the span that is current: `context.in_scope(|| execute!(..))`")
    };
    (span $(, { $($braces:tt)* })*, parent $($rest:tt)*) => {
        ::core::compile_error!("the parent stands first, with a colon, and before the name: `span!(parent: context, \"shop.checkout\")`")
    };
    (completion_span $(, { $($braces:tt)* })*, parent $($rest:tt)*) => {
        ::core::compile_error!("the parent stands first, with a colon, and before the name: `completion_span!(parent: context, \"shop.repo.query\")`")
    };
    (span, $name:literal $($rest:tt)*) => {
        ::core::compile_error!("nothing but `parent: context,` may stand before the name: `span!(parent: context, \"shop.checkout\")`")
    };
    (completion_span, $name:literal $($rest:tt)*) => {
        ::core::compile_error!("nothing but `parent: context,` may stand before the name: `completion_span!(parent: context, \"shop.repo.query\")`")
    };

    ($what:ident $(, { $($braces:tt)* })* { $($more:tt)* } $($rest:tt)*) => {
        ::core::compile_error!("a comma is missing before a `{`")
    };
    ($what:ident $(, { $($braces:tt)* })*, , $($rest:tt)*) => {
        ::core::compile_error!("there is a comma too many before or after the braces")
    };
    ($what:ident $(, { $($braces:tt)* })*, ( $($wrong:tt)* ) $($rest:tt)*) => {
        ::core::compile_error!("keys and values stand in braces, `{ bytes: 3 }`, not in parentheses")
    };
    ($what:ident $(, { $($braces:tt)* })*, [ $($wrong:tt)* ] $($rest:tt)*) => {
        ::core::compile_error!("keys and values stand in braces, `{ bytes: 3 }`, not in brackets")
    };
    ($what:ident $(, { $($braces:tt)* })*, $key:ident : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($key), ": ..` needs braces around it: `{ ", ::core::stringify!($key), ": .. }`"
        ))
    };
    ($what:ident $(, { $($braces:tt)* })*, $key:literal : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($key), ": ..` needs braces around it: `{ ", ::core::stringify!($key), ": .. }`"
        ))
    };
    ($what:ident, { $($one:tt)* } $(,)?) => {
        $crate::__wrong_fields!($what [] $($one)*)
    };
    (execute, { $($one:tt)* }, { $($two:tt)* } $(,)?) => {
        $crate::__wrong_fields!(execute [{ $($two)* }] $($one)*)
    };
    ($what:ident, { $($one:tt)* }, { $($two:tt)* } $($rest:tt)*) => {
        ::core::compile_error!("a span has one pair of braces, its metadata; measurements are added while it runs: `span.measure(\"rows\", 3)`")
    };

    ($what:ident $($rest:tt)*) => {
        $crate::__wrong_fields!($what [])
    };
}

/// Looks for the first mistake in braces, one key after the other: first in those behind `[..]`,
/// then in those within it.
#[doc(hidden)]
#[macro_export]
macro_rules! __wrong_fields {
    ($what:ident [{ $($next:tt)* } $($more:tt)*] ) => {
        $crate::__wrong_fields!($what [$($more)*] $($next)*)
    };
    (span [=>]) => {
        ::core::compile_error!("what stands before `=>` is a literal, and behind it the name: `\"*.checkout\" => name`")
    };
    ($what:ident [=>]) => {
        ::core::compile_error!("what stands before `=>` is a literal, and behind it the name: `\"*.stop\" => name`")
    };
    (execute []) => {
        ::core::compile_error!("write the name, then the measurements and then the metadata, each in braces: `execute!(\"shop.stop\", { bytes: 3 }, { route: \"/\" })`")
    };
    (span []) => {
        ::core::compile_error!("write the name and then the metadata in braces: `span!(\"shop.checkout\", { currency: \"EUR\" })`")
    };
    (completion_span []) => {
        ::core::compile_error!("write the name and then the metadata in braces: `completion_span!(\"shop.repo.query\", { source: \"users\" })`")
    };

    // As it should be.
    ($what:ident $next:tt $key:ident $(, $($rest:tt)*)?) => {
        $crate::__wrong_fields!($what $next $($($rest)*)?)
    };

    ($what:ident $next:tt , $($rest:tt)*) => {
        ::core::compile_error!("there is a comma too many in the braces")
    };
    ($what:ident $next:tt $key:literal $(, $($rest:tt)*)?) => {
        $crate::__value!($key)
    };
    ($what:ident $next:tt % $key:ident $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `%", ::core::stringify!($key), "` write `", ::core::stringify!($key),
            ": telemetry::display(&", ::core::stringify!($key), ")`"
        ))
    };
    ($what:ident $next:tt ? $key:ident $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `?", ::core::stringify!($key), "` write `", ::core::stringify!($key),
            ": telemetry::debug(&", ::core::stringify!($key), ")`"
        ))
    };
    ($what:ident $next:tt & $key:ident $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `&", ::core::stringify!($key), "` write `", ::core::stringify!($key),
            "`: values are taken by reference"
        ))
    };
    ($what:ident $next:tt $key:tt : % $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `", ::core::stringify!($key), ": %..` write `", ::core::stringify!($key), ": telemetry::display(&..)`"
        ))
    };
    ($what:ident $next:tt $key:tt : ? $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `", ::core::stringify!($key), ": ?..` write `", ::core::stringify!($key), ": telemetry::debug(&..)`"
        ))
    };
    ($what:ident $next:tt $key:tt : $(, $($rest:tt)*)?) => {
        ::core::compile_error!(::core::concat!(
            "behind `", ::core::stringify!($key), ":` the value is missing"
        ))
    };
    ($what:ident $next:tt $key:tt = $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "instead of `", ::core::stringify!($key), " = ..` write `", ::core::stringify!($key), ": ..`"
        ))
    };
    ($what:ident $next:tt $first:ident $(. $then:ident)+ : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "a key with dots is a literal: `\"", ::core::stringify!($first), $(".", ::core::stringify!($then),)+ "\": ..`"
        ))
    };
    ($what:ident $next:tt $first:ident $(- $then:ident)+ : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "a key with dashes is a literal: `\"", ::core::stringify!($first), $("-", ::core::stringify!($then),)+ "\": ..`"
        ))
    };
    ($what:ident $next:tt $first:ident $(:: $then:ident)+ : $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($first), $("::", ::core::stringify!($then),)+
            "` is not a key: a key is written out here, as a word, `route`, or a literal, `\"http.route\"`"
        ))
    };
    ($what:ident $next:tt $first:ident $(. $then:tt)+ $(, $($rest:tt)*)?) => {
        ::core::compile_error!(::core::concat!(
            "`", ::core::stringify!($first), $(".", ::core::stringify!($then),)+
            "` needs a key: `key: ", ::core::stringify!($first), $(".", ::core::stringify!($then),)+ "`"
        ))
    };
    ($what:ident $next:tt $key:tt : $value:expr $(, $($rest:tt)*)?) => {
        $crate::__wrong_fields!($what $next $($($rest)*)?)
    };
    ($what:ident $next:tt $key:tt : $value:expr ; $($rest:tt)*) => {
        ::core::compile_error!("keys and values are separated by commas, not by semicolons")
    };
    ($what:ident $next:tt $key:tt : $($rest:tt)+) => {
        ::core::compile_error!(::core::concat!(
            "a comma is missing behind the value of `", ::core::stringify!($key), "`"
        ))
    };
    ($what:ident $next:tt $key:tt $($rest:tt)*) => {
        ::core::compile_error!(::core::concat!(
            "after `", ::core::stringify!($key), "` comes a colon with its value, `",
            ::core::stringify!($key), ": ..`, or a comma"
        ))
    };
}
