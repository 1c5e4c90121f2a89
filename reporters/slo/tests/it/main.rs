//! What the objectives promise, seen from outside.
//!
//! All tests share one process and with it one registry of events, so each has event names of its own.
//! What needs a program of somebody else is ignored unless asked for.

mod alerts;
mod objectives;
mod problems;
mod promtool;
mod runbooks;
mod saturation;
mod support;
