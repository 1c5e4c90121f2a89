//! Why the application did not start.

use std::fmt;
use std::net::SocketAddr;

use telemetry_bridge::BridgeError;
use telemetry_console::ConsoleError;
use telemetry_dashboard::DashboardError;
use telemetry_metrics::StartError as MetricsError;
use telemetry_opentelemetry::OpenTelemetryError;
use telemetry_poller::PollerError;
use telemetry_prometheus::PrometheusError;
use telemetry_slo::SloError;
use telemetry_statsd::StatsdError;
use telemetry_traces::{NPlusOneError, TracesError};

use crate::ops::OpsError;
use crate::store::DatabaseError;
use crate::telemetry::LogError;
use crate::upstream::UpstreamError;

/// Why the application did not start. The text says what to do, and holds no password.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(SocketAddr, std::io::Error),
    /// The database cannot be used.
    Database(DatabaseError),
    /// What is stored of the event-driven part cannot be read.
    Events(sqlx::Error),
    /// The metric definitions are wrong.
    Metrics(MetricsError),
    /// The definitions do not suit Prometheus.
    Prometheus(PrometheusError),
    /// The StatsD reporter cannot be started.
    Statsd(StatsdError),
    /// The OpenTelemetry reporter cannot be started.
    Otlp(OpenTelemetryError),
    /// The dashboard cannot be started.
    Dashboard(DashboardError),
    /// The objectives cannot be evaluated.
    Slo(SloError),
    /// Traces cannot be kept.
    Traces(TracesError),
    /// N+1 queries cannot be looked for.
    NPlusOne(NPlusOneError),
    /// The bridge to an exporter of the `metrics` crate cannot be started.
    Bridge(BridgeError),
    /// A bridge to StatsD was asked for, and no address.
    BridgeAddress,
    /// The console reporter cannot be started.
    Console(ConsoleError),
    /// Log lines cannot be written.
    Log(LogError),
    /// Panics cannot be made events.
    Panics(std::io::Error),
    /// The poller cannot be started.
    Poller(PollerError),
    /// An event prefix of the application is not a name.
    Name(telemetry::NameError),
    /// The other service that the demo brings along cannot be started.
    Upstream(UpstreamError),
    /// Files for running it cannot be written.
    Ops(OpsError),
    /// The asynchronous runtime cannot be started.
    Runtime(std::io::Error),
    /// Signals cannot be waited for.
    Signals(std::io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "cannot listen on {address}: another program does; stop it, or choose another \
                     address with --listen (port 0 picks a free one)"
                )
            }
            Self::Listen(address, error) => {
                write!(
                    f,
                    "cannot listen on {address}: {error}; choose another with --listen"
                )
            }
            Self::Database(error) => error.fmt(f),
            Self::Events(error) => write!(f, "cannot read the stored events: {error}"),
            Self::Metrics(error) => error.fmt(f),
            Self::Prometheus(error) => error.fmt(f),
            Self::Console(error) => error.fmt(f),
            Self::Statsd(error) => write!(f, "cannot report to StatsD: {error}"),
            Self::Otlp(error) => write!(f, "cannot report to OpenTelemetry: {error}"),
            Self::Dashboard(error) => write!(f, "cannot start the dashboard: {error}"),
            Self::Slo(error) => error.fmt(f),
            Self::Traces(error) => error.fmt(f),
            Self::NPlusOne(error) => error.fmt(f),
            Self::Bridge(error) => write!(f, "cannot start the bridge: {error}"),
            Self::BridgeAddress => f.write_str(
                "`--bridge statsd` needs an address: write `--bridge-statsd ADDR`, or `--statsd ADDR`",
            ),
            Self::Log(error) => error.fmt(f),
            Self::Panics(error) => write!(f, "cannot start the thread that reports panics: {error}"),
            Self::Poller(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::Upstream(error) => write!(f, "cannot start the other service: {error}"),
            Self::Ops(error) => error.fmt(f),
            Self::Runtime(error) => write!(f, "cannot start the runtime: {error}"),
            Self::Signals(error) => write!(f, "cannot wait for signals: {error}"),
        }
    }
}

impl std::error::Error for StartError {}
