//! [`Demo`]: the running application.

use std::net::SocketAddr;
use std::time::Duration;

use telemetry_metrics::Aggregator;
use telemetry_poller::Poller;
use telemetry_slo::Slo;
use telemetry_statsd::Statsd;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::flow::{self, Flow};
use crate::load::Load;
use crate::serve::Serving;
use crate::store::Store;
use crate::telemetry::Telemetry;
use crate::web::live::{Closer, Sockets};
use crate::web::{self, Accounts, Parts};
use crate::work::{self, Work};
use crate::{Config, StartError, polls, upstream};

/// How long requests may take to finish when the application stops.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long virtual visitors may take to finish their requests and go.
const LOAD_TIMEOUT: Duration = Duration::from_secs(3);

/// How long what is cut off may take to end.
const CUT_OFF_TIMEOUT: Duration = Duration::from_millis(500);

/// How long commands and events that are being worked on may take.
const FLOW_TIMEOUT: Duration = Duration::from_secs(2);

/// How long jobs may take that were accepted. What is not done then is lost.
const WORK_TIMEOUT: Duration = Duration::from_secs(3);

/// The running application.
///
/// Dropping it ends it at once; [`stop`](Self::stop) lets requests finish.
#[derive(Debug)]
pub struct Demo {
    address: SocketAddr,
    // Declared in the order in which they have to go: first visitors, then the server, last who counts.
    load: Option<Load>,
    cut_off: watch::Sender<bool>,
    server: Serving,
    sockets: Closer,
    work: work::Tasks,
    upstream: upstream::Server,
    flow: flow::Tasks,
    poller: Poller,
    store: Store,
    telemetry: Telemetry,
}

impl Demo {
    /// Starts everything; when this returns, requests are answered.
    ///
    /// # Errors
    ///
    /// A [`StartError`] that says what to do. Nothing is left running then.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::Listen(config.listen, error))?;
        let (sockets, closer) = Sockets::new(config.live_sockets);
        let telemetry = Telemetry::start(&config)?;
        let store = Store::open(&config.database)
            .await
            .map_err(StartError::Database)?;
        let (flow, flow_tasks) =
            Flow::start(store.pool(), flow::Settings::suiting(&config.database))
                .await
                .map_err(StartError::Events)?;
        let settings = work::Settings {
            fail_percent: config.jobs_fail_percent,
            ..work::Settings::default()
        };
        let (work, work_tasks) = Work::start(store.clone(), settings).map_err(StartError::Name)?;
        let (quotes, upstream) = upstream::start(config.upstream_fail_percent)
            .await
            .map_err(StartError::Upstream)?;
        let parts = Parts {
            store: store.clone(),
            flow,
            work,
            quotes,
            accounts: Accounts::new(&config),
            sockets,
        };
        let poller = polls::start(&parts, upstream.in_flight())?;
        let (cut_off, is_cut_off) = watch::channel(false);
        let app = web::app(&config, parts, &telemetry, is_cut_off)?;

        Ok(Self {
            address,
            load: config.load.map(|visitors| Load::start(address, visitors)),
            cut_off,
            server: Serving::start(listener, app),
            sockets: closer,
            work: work_tasks,
            upstream,
            flow: flow_tasks,
            poller,
            store,
            telemetry,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The numbers.
    pub fn aggregator(&self) -> &Aggregator {
        &self.telemetry.aggregator
    }

    /// The objectives and alarms, and how they stand.
    pub fn slo(&self) -> &Slo {
        &self.telemetry.slo
    }

    /// The StatsD reporter, if there is one.
    #[must_use]
    pub fn statsd(&self) -> Option<&Statsd> {
        self.telemetry.statsd.as_ref()
    }

    /// Takes no more requests, lets the running ones finish for at most [`DRAIN_TIMEOUT`], and
    /// then flushes the reporters within [`FLUSH_TIMEOUT`](crate::telemetry::FLUSH_TIMEOUT).
    pub async fn stop(self) -> StopReport {
        self.stop_within(DRAIN_TIMEOUT).await
    }

    /// As [`stop`](Self::stop), with another limit for running requests. What is cut off is
    /// counted as `cancelled`.
    pub async fn stop_within(mut self, drain_timeout: Duration) -> StopReport {
        let mut report = StopReport::default();
        if let Some(load) = self.load.take()
            && !load.stop(LOAD_TIMEOUT.min(drain_timeout)).await
        {
            report
                .complaints
                .push("a virtual visitor did not leave in time".to_owned());
        }
        // They would never end by themselves. No connection of theirs is waited for below.
        self.sockets.close();
        if let Some(dashboard) = &self.telemetry.dashboard {
            dashboard.close();
        }
        if !self.server.drain(drain_timeout).await {
            report.complaints.push(format!(
                "connections were still open after {drain_timeout:?} and are cut off"
            ));
            // First the requests, which end their events; then whatever is left.
            let _ = self.cut_off.send(true);
            if !self.server.drain(CUT_OFF_TIMEOUT).await {
                self.server.end().await;
            }
        }
        let sockets = self.sockets.left(CUT_OFF_TIMEOUT).await;
        if sockets > 0 {
            report
                .complaints
                .push(format!("{sockets} WebSockets did not close in time"));
        }
        let lost = self.work.stop(WORK_TIMEOUT.min(drain_timeout)).await;
        if lost > 0 {
            report
                .complaints
                .push(format!("{lost} jobs were not done in time and are lost"));
        }
        if !self.upstream.stop(CUT_OFF_TIMEOUT).await {
            report
                .complaints
                .push("the other service did not stop in time and was cut off".to_owned());
        }
        if !self.flow.stop(FLOW_TIMEOUT).await {
            report
                .complaints
                .push("the event-driven part did not stop in time and was cut off".to_owned());
        }
        // It asks the database, too.
        report.complaints.extend(polls::stop(self.poller).await);
        if timeout(CUT_OFF_TIMEOUT, self.store.close()).await.is_err() {
            report
                .complaints
                .push("the database did not close in time".to_owned());
        }
        let telemetry = self.telemetry;
        match tokio::task::spawn_blocking(move || telemetry.stop()).await {
            Ok(complaints) => report.complaints.extend(complaints),
            Err(error) => report
                .complaints
                .push(format!("reporters did not stop: {error}")),
        }
        report
    }
}

/// How stopping went.
#[derive(Debug, Clone, Default)]
pub struct StopReport {
    complaints: Vec<String>,
}

impl StopReport {
    /// What did not go well, a line each.
    #[must_use]
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }
}
