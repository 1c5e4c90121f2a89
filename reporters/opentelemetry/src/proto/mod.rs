//! Protocol Buffers, as far as OTLP needs them: written by hand, because what is written is few
//! messages, and a span is best written where it ends.

pub(crate) mod common;
pub(crate) mod reply;
pub(crate) mod writer;
