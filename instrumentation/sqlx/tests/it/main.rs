//! The pool and its events, on a real SQLite.

mod connection;
mod failures;
mod idle;
mod log;
mod queries;
mod support;
mod timing;
