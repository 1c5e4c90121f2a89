//! What is current where: along closures, guards, futures, tasks and threads, whatever ends them.
//!
//! All tests share one process, so each has event names of its own, and nobody attaches `"*"`:
//! some of the spans here must be observed by nobody.

mod completion;
mod drops;
mod events;
mod guards;
mod handlers;
mod ids;
mod panics;
mod results;
mod scopes;
#[cfg(feature = "stream")]
mod streams;
mod support;
mod tasks;
mod thread_exit;
mod traceparent;
mod unobserved;
