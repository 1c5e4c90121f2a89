//! What DogStatsD knows beside metrics: events, service checks, and where something came from.

mod check;
mod event;
mod field;
mod outbox;

pub(crate) mod container;
pub(crate) mod environment;
pub(crate) mod origin;

pub use check::{CheckStatus, ServiceCheck};
pub use event::{AlertType, DatadogEvent, Priority};
pub use origin::Cardinality;
pub use outbox::{NotSent, Outbox};

pub(crate) use outbox::{Inbox, Tail, outbox};

/// How long an event or a service check may be in all, in bytes: what an agent reads at once.
pub(crate) const LONGEST_NOTE: usize = 8_192;
