//! What `#[measured]` makes of functions, seen from outside.
//!
//! All tests share one process and with it one registry, so each has span names of its own.

mod current;
mod errors;
mod fields;
mod functions;
mod futures;
mod lints;
mod outcome;
mod result;
mod support;
mod ui;
