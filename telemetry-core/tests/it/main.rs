//! What the event bus promises, seen from outside.
//!
//! All tests share one process and with it one registry, so each has event names and handler ids
//! of its own, and detaches through guards. What needs the process to itself (standard error, or
//! the risk of an abort) runs again in a child process, see [`support::in_own_process`].

mod attach;
mod detach;
mod execute;
mod failure;
mod failure_policy;
mod failure_stderr;
mod layout;
mod list;
mod model;
mod names;
mod nesting;
mod reentry;
mod span;
mod span_async;
mod span_metadata;
mod support;
mod thread_exit;
mod threads;
mod vectors;
