//! The formats that [`WithIds`](super::WithIds) knows.

#[cfg(feature = "json")]
use tracing_subscriber::fmt::format::Json;
#[cfg(feature = "ansi")]
use tracing_subscriber::fmt::format::Pretty;
use tracing_subscriber::fmt::format::{Compact, Format as Theirs, Full};

/// How a line of a format looks, which decides where the ids go.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `key=value` at the end of one line.
    Line,
    /// Several lines and an empty one.
    Block,
    /// An object on one line.
    Json,
}

/// The formats that [`WithIds`](super::WithIds) can be put around: those of `tracing-subscriber`
/// (`full`, `compact`; with the feature `ansi`, `pretty`; with `json`, `json`), with a timer that is
/// `Clone`. It is not for others to implement.
pub trait Format: Clone + sealed::Sealed {
    #[doc(hidden)]
    const SHAPE: Shape;

    #[doc(hidden)]
    fn coloured(&self) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! known {
    ($($format:ident: $shape:ident)*) => {$(
        impl<T: Clone> sealed::Sealed for Theirs<$format, T> {}

        impl<T: Clone> Format for Theirs<$format, T> {
            const SHAPE: Shape = Shape::$shape;

            fn coloured(&self) -> Self {
                self.clone().with_ansi(true)
            }
        }
    )*};
}

known!(Full: Line Compact: Line);
#[cfg(feature = "ansi")]
known!(Pretty: Block);
#[cfg(feature = "json")]
known!(Json: Json);
