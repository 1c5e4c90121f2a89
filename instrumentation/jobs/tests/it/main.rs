//! What the crate says about real queues: channels of tokio and of the standard library, and texts
//! in a table.

mod batches;
mod cost;
mod crowd;
mod ends;
mod figures;
mod lost;
mod metrics;
mod retries;
mod stored;
mod support;
mod traces;
