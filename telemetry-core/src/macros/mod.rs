//! `execute!`, `span!` and `completion_span!`: thin macros over the functions in `dispatch` and
//! `span`.
//!
//! Statics are not hygienic: a `START` here would hide the caller's own in the arguments. Hence
//! their long names.
//!
//! What cannot be is explained: `wrong` has the sentences for calls that are not of a form that
//! the macros take, `checked` looks at names and keys while compiling. `tests/ui` shows them all.

pub mod checked;
mod completion_span;
mod execute;
mod parts;
mod span;
mod wrong;

pub use parts::RuntimeName;
