//! [`Dashboard`].

use std::fmt;
use std::sync::Arc;

use axum::Router;
use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;

use crate::access::Gate;
use crate::builder::DashboardBuilder;
use crate::hub::{Hub, Limits};
use crate::sources::Sources;
use crate::web::{self, Web};

/// A dashboard. Clones are the same one; when the last is gone, with the routers that it gave, its
/// past is gone.
#[derive(Clone)]
pub struct Dashboard {
    hub: Arc<Hub>,
    web: Arc<Web>,
}

impl Dashboard {
    /// Begins with a day's past in 64 MiB, for browsers on the same machine.
    ///
    /// ```
    /// use telemetry_dashboard::Dashboard;
    /// use telemetry_metrics::{Aggregator, counter};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let aggregator = Aggregator::builder().metrics([counter("shop.order.placed.count")]).start()?;
    /// let dashboard = Dashboard::builder(&aggregator).title("shop").start()?;
    /// # Ok(()) }
    /// ```
    pub fn builder(aggregator: &Aggregator) -> DashboardBuilder<'_> {
        DashboardBuilder::new(aggregator)
    }

    pub(crate) fn new(sources: Sources, limits: Limits, gate: Gate) -> Self {
        let hub = Arc::new(Hub::new(sources, limits, web::build()));
        Self {
            web: Arc::new(Web::new(hub.clone(), gate)),
            hub,
        }
    }

    /// A router to be nested at a path of the host's choice.
    ///
    /// It runs on tokio. All links are relative, so it may be nested as deep as its host likes, also
    /// behind a proxy that strips a part of the path.
    ///
    /// `nest_service` serves everything below its path. `nest` leaves the path with a slash behind it
    /// (`/dashboard/`) to the application, and cannot be used where the path begins with a parameter
    /// (`/{tenant}/dashboard`), since the router has a fallback, for addresses that there are not. For the
    /// same reason it can be merged only into an application that has none.
    ///
    /// ```no_run
    /// use std::net::SocketAddr;
    ///
    /// use axum::Router;
    /// use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::Aggregator;
    ///
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// # let aggregator = Aggregator::builder().start()?;
    /// let dashboard = Dashboard::builder(&aggregator).start()?;
    /// let app = Router::new().nest_service("/dashboard", dashboard.router());
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// // `Access::loopback` has to know who asks.
    /// let app = app.into_make_service_with_connect_info::<SocketAddr>();
    /// axum::serve(listener, app).await?;
    /// # Ok(()) }
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        web::router(self.web.clone())
    }

    /// The past that it shows, for whoever wants to know it, too.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use telemetry_dashboard::Dashboard;
    /// # use telemetry_metrics::Aggregator;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let aggregator = Aggregator::builder().start()?;
    /// let dashboard = Dashboard::builder(&aggregator).start()?;
    /// assert_eq!(dashboard.history().interval(), Duration::from_secs(1));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn history(&self) -> &Arc<History> {
        &self.hub.sources().history
    }

    /// Ends all streams, so that a server that waits for its connections can stop. Nobody who comes
    /// after this is shown anything live.
    ///
    /// ```no_run
    /// # use std::net::SocketAddr;
    /// # use axum::Router;
    /// # use telemetry_dashboard::Dashboard;
    /// # async fn run(
    /// #     dashboard: Dashboard,
    /// #     app: Router,
    /// #     listener: tokio::net::TcpListener,
    /// #     end: tokio::sync::oneshot::Receiver<()>,
    /// # ) -> std::io::Result<()> {
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
    ///     .with_graceful_shutdown(async move {
    ///         let _ = end.await;
    ///         dashboard.close();
    ///     })
    ///     .await
    /// # }
    /// ```
    pub fn close(&self) {
        self.hub.close();
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard")
            .field("hub", &self.hub)
            .finish_non_exhaustive()
    }
}
