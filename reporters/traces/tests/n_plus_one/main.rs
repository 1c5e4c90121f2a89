//! The detector of N+1 queries on the bus: a binary of its own, because it listens to all spans.

mod emitted;
mod helper;
mod shop;
mod threads;
