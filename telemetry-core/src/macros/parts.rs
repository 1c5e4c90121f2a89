//! What the macros have in common: a key, its value, the place, and names made at run time.

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
    ($key:tt) => {
        ::core::compile_error!(::core::concat!(
            "`",
            ::core::stringify!($key),
            "` is not a key: a key is a word, `route`, or a literal, `\"http.route\"`"
        ))
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
    message = "the name is a literal or one `{N}` here, and `{Self}` is neither",
    label = "neither a string literal nor one `{N}`",
    note = "write the name as a literal, \"shop.checkout\", so that it is checked while compiling",
    note = "a name chosen at run time: make it once, `{N}::new(text)?`, and keep it",
    note = "`execute!` and `completion_span!` take an `EventName`, `span!` takes a `SpanName`"
)]
pub trait RuntimeName<N> {
    /// The name itself.
    fn get(&self) -> N;
}

impl RuntimeName<crate::EventName> for crate::EventName {
    #[inline]
    fn get(&self) -> crate::EventName {
        *self
    }
}

impl RuntimeName<crate::SpanName> for crate::SpanName {
    #[inline]
    fn get(&self) -> crate::SpanName {
        *self
    }
}

impl<N, T: RuntimeName<N> + ?Sized> RuntimeName<N> for &T {
    #[inline]
    fn get(&self) -> N {
        T::get(self)
    }
}
