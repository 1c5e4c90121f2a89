//! The store of traces. In a process of its own, because it attaches to all spans.

mod bounds;
mod draw;
mod kept;
mod list;
mod settings;
mod support;
mod threads;
mod tree;
