//! [`Dashboard`].

use std::sync::Arc;

use axum::Router;
use telemetry_metrics::Aggregator;

use crate::access::Access;
use crate::builder::DashboardBuilder;
use crate::hub::Hub;
use crate::sources::Sources;
use crate::web;

/// A dashboard. Clones are the same one; when the last is gone, with the routers that it gave, its
/// past is gone.
#[derive(Debug, Clone)]
pub struct Dashboard {
    hub: Arc<Hub>,
    access: Access,
}

impl Dashboard {
    /// Begins with a day's past in 64 MiB, for browsers on the same machine.
    pub fn builder(aggregator: &Aggregator) -> DashboardBuilder<'_> {
        DashboardBuilder::new(aggregator)
    }

    pub(crate) fn new(sources: Sources, access: Access) -> Self {
        Self {
            hub: Arc::new(Hub::new(sources)),
            access,
        }
    }

    /// A router to be nested at a path of the host's choice.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        web::router(self.hub.clone(), self.access.clone())
    }

    /// Ends all streams, so that a server that waits for its connections can stop. Nobody who comes
    /// after this is shown anything live.
    pub fn close(&self) {
        self.hub.close();
    }
}
