//! Outgoing calls: the same span whether a tower service makes them or any other client.
//!
//! [`Calls`] holds the settings and begins the span. [`ClientLayer`] follows a call through a
//! service: [`ClientFuture`] until the headers, [`ClientBody`] until the body's end. [`Call`] is for
//! everything else, and is told what happens.

mod body;
mod call;
mod calls;
mod exchange;
mod future;
mod hosts;
mod layer;
mod metrics;
mod propagation;
mod reason;
mod target;

pub use body::ClientBody;
pub use call::Call;
pub use calls::Calls;
pub use future::ClientFuture;
pub use hosts::{HostError, OTHER_HOST};
pub use layer::{ClientLayer, ClientService};
pub use metrics::client_metrics;
