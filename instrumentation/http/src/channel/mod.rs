//! WebSockets and other long connections, as Phoenix's channels: joined, a message at a time, closed.
//!
//! Nothing in here knows a transport. [`Channels`] holds the settings; a [`Channel`] is one
//! connection (or one topic of it), from its join to its drop.

mod channels;
mod connection;
mod metrics;
mod open;

pub use channels::{Channels, OTHER_EVENT};
pub use connection::{Channel, CloseReason};
pub use metrics::channel_metrics;
