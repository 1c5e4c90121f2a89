//! What this application measures: **all its metric definitions**, in [`metrics()`], and here the
//! reporters.
//!
//! This is the module to copy into an application of your own. The events come from elsewhere and
//! know nothing of it:
//!
//! | event | emitted by | when |
//! |---|---|---|
//! | `demo.endpoint.start`, `.stop`, `.exception` | `telemetry_http::TelemetryLayer` in `web` | around each request |
//! | `demo.load.request` | `load` | after each request of a virtual visitor |
//! | `demo.chaos.injected` | `web::chaos` | when a request is delayed or refused on purpose |
//! | `process.panic` | `telemetry::report_panics` | after each panic, caught or not |
//! | `demo.repo.query`, `demo.repo.transaction` | `telemetry_sqlx::Pool` in `store` | after each query and transaction |
//! | `demo.endpoint.in_flight`, `demo.repo.pool` | `telemetry_poller::Poller` in `polls` | every five seconds |
//! | `demo.channel.joined`, `.handle_in`, `.closed` | `telemetry_http::Channels` in `web::live` | as WebSockets open, after each message, as they close |
//! | `demo.live.handle_event.start`, `.stop`, `.exception` | `web::live` | around each click on the page `/live` |
//! | `demo.live.render` | `web::live` | after each rendering of what the click changed |
//! | `demo.live.refused` | `web::live` | when a WebSocket is refused |
//! | `demo.commands.*`, `demo.events.*`, `demo.projection.*`, `demo.process.*` | `flow`, which lists them | as commands and stored events are worked on |
//! | `demo.jobs.*` | `telemetry_jobs::Jobs` in `work`, which lists them | as jobs are handed in, tried and done |
//! | `demo.upstream.*`, `demo.upstream_server.*`, `demo.quotes.fetch` | `telemetry_http` in `upstream`, which lists them | around each call to the other service, and there |
//! | `demo.mailbox`, `demo.projection.lag` | `telemetry_poller::Poller` in `polls` | every five seconds |
//! | `demo.accounts.*`, `demo.forms.refused` | `web::accounts`, which lists them | after each attempt |
//! | `demo.todos.change` | `web::todos` | after each attempt to change a to-do item |
//! | `demo.live.sockets`, `demo.sessions`, `demo.table` | `telemetry_poller::Poller` in `polls` | every five seconds |
//! | `telemetry.n_plus_one` | `telemetry_traces::NPlusOne`, here | after a request that asked the database the same again and again |
//! | `telemetry.slo.*`, `telemetry.alarm.*` | `telemetry_slo::Slo`, here | every five seconds, or more often with `--slo-speed`, and when something begins or ceases to fire |
//! | `vm.memory`, `vm.cpu`, `vm.tokio`, `vm.total_run_queue_lengths`, `vm.system_counts` | `telemetry_poller::Poller` in `polls` | every five seconds |

mod dashboard;
mod logs;
mod metrics;
pub(crate) mod objectives;
mod otlp;
mod page;

use std::sync::Arc;
use std::time::Duration;

use ::telemetry::NameError;
use telemetry_bridge::{PrometheusBridge, StatsdBridge, StatsdFormat as BridgeFormat};
use telemetry_console::{Console, ConsoleError};
use telemetry_dashboard::Dashboard;
use telemetry_http::TelemetryLayer;
use telemetry_metrics::Aggregator;
use telemetry_opentelemetry::OpenTelemetry;
use telemetry_prometheus::{Prometheus, PrometheusError};
use telemetry_slo::Slo;
use telemetry_statsd::{Format, Statsd};
use telemetry_traces::{NPlusOne, Traces};

pub(crate) use dashboard::PATH as DASHBOARD;
pub use logs::{LogError, LogFilter, log_panics_only};
pub(crate) use logs::{logged, logged_request};
pub use metrics::metrics;
pub(crate) use metrics::metrics_for;
pub use objectives::{alarms, objectives};

use crate::{Bridge, Config, ConsoleMode, StartError, StatsdFormat};

/// The prefix of endpoint events.
pub const ENDPOINT: &str = "demo.endpoint";

/// The prefix of the events of WebSockets.
pub const CHANNEL: &str = "demo.channel";

/// The prefix of query events.
pub const REPO: &str = "demo.repo";

/// The layer that makes events of requests.
pub(crate) fn endpoint_layer() -> Result<TelemetryLayer, NameError> {
    TelemetryLayer::new(ENDPOINT)
}

/// How long reporters may take for their last flush.
pub const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// What counts and reports. Dropping it stops all of it.
#[derive(Debug)]
pub(crate) struct Telemetry {
    // Dropped in this order: no more polls, a last flush, and then nobody listens any more.
    pub(crate) statsd: Option<Statsd>,
    otlp: Option<OpenTelemetry>,
    pub(crate) prometheus: Prometheus,
    pub(crate) bridge: Option<RunningBridge>,
    pub(crate) watch: Option<Watch>,
    pub(crate) slo: Arc<Slo>,
    pub(crate) dashboard: Option<Dashboard>,
    console: Option<Console>,
    logs: Option<logs::Logs>,
    pub(crate) aggregator: Aggregator,
}

/// What keeps the last traces, and looks for N+1 queries in them.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    pub(crate) traces: Arc<Traces>,
    pub(crate) n_plus_one: Arc<NPlusOne>,
}

impl Watch {
    fn start(config: &Config) -> Result<Option<Self>, StartError> {
        if config.traces_mib == 0 {
            return Ok(None);
        }
        let traces = Traces::builder()
            .memory(config.traces_mib as usize * 1024 * 1024)
            // What takes its time on purpose.
            .slow_for(format!("{CHANNEL}.*"), Duration::MAX)
            // Whatever share is sent elsewhere, and whatever a client wishes.
            .unsampled(true)
            .start()
            .map_err(StartError::Traces)?;
        let n_plus_one = NPlusOne::builder()
            .unsampled(true)
            .start()
            .map_err(StartError::NPlusOne)?;
        Ok(Some(Self {
            traces: Arc::new(traces),
            n_plus_one: Arc::new(n_plus_one),
        }))
    }
}

/// An exporter of the `metrics` crate, fed with the same numbers.
#[derive(Debug, Clone)]
pub(crate) enum RunningBridge {
    Statsd(Arc<StatsdBridge>),
    Prometheus(Arc<PrometheusBridge>),
}

impl RunningBridge {
    fn start(config: &Config, aggregator: &Aggregator) -> Result<Option<Self>, StartError> {
        let Some(bridge) = config.bridge else {
            return Ok(None);
        };
        let interval = Duration::from_millis(config.flush_ms);
        let running = match bridge {
            Bridge::Statsd => {
                let given = config.bridge_statsd.as_deref().or(config.statsd.as_deref());
                let address = given.filter(|address| !address.is_empty());
                StatsdBridge::builder(aggregator)
                    .address(address.ok_or(StartError::BridgeAddress)?)
                    .format(match config.statsd_format {
                        StatsdFormat::Standard => BridgeFormat::Plain,
                        StatsdFormat::Datadog => BridgeFormat::Datadog,
                    })
                    // The daemon may be the one that gets the same from our own reporter.
                    .prefix("bridge")
                    .interval(interval)
                    .start()
                    .map(|bridge| Self::Statsd(Arc::new(bridge)))
            }
            Bridge::Prometheus => PrometheusBridge::builder(aggregator)
                .start()
                .map(|bridge| Self::Prometheus(Arc::new(bridge))),
        };
        running.map(Some).map_err(StartError::Bridge)
    }

    fn flush(&self) -> Result<(), telemetry_bridge::FlushError> {
        match self {
            Self::Statsd(bridge) => bridge.flush(FLUSH_TIMEOUT),
            Self::Prometheus(bridge) => bridge.flush(FLUSH_TIMEOUT),
        }
    }
}

impl Telemetry {
    /// Starts before anything that emits, so that no event is missed.
    pub(crate) fn start(config: &Config) -> Result<Self, StartError> {
        let aggregator = Aggregator::builder()
            .metrics(metrics_for(config))
            .start()
            .map_err(StartError::Metrics)?;
        let prometheus = prometheus(&aggregator).map_err(StartError::Prometheus)?;
        // Set to nothing it is off, see the flags.
        let statsd = match config
            .statsd
            .as_deref()
            .filter(|address| !address.is_empty())
        {
            Some(address) => Some(
                Statsd::builder(&aggregator)
                    .address(address)
                    .format(match config.statsd_format {
                        StatsdFormat::Standard => Format::Standard,
                        StatsdFormat::Datadog => Format::Datadog,
                    })
                    .interval(Duration::from_millis(config.flush_ms))
                    .start()
                    .map_err(StartError::Statsd)?,
            ),
            None => None,
        };
        let console = match config.console {
            None => None,
            Some(mode) => Some(console(mode, &aggregator).map_err(StartError::Console)?),
        };
        let logs = logs::Logs::start(config.log, &config.log_filter, &aggregator)
            .map_err(StartError::Log)?;
        ::telemetry::report_panics().map_err(StartError::Panics)?;
        let bridge = RunningBridge::start(config, &aggregator)?;
        let watch = Watch::start(config)?;
        let slo = Slo::builder(&aggregator)
            .objectives(objectives(config))
            .alarms(alarms(config))
            .start()
            .map_err(StartError::Slo)?;
        let slo = Arc::new(slo);
        let dashboard = dashboard::start(config, &aggregator, watch.as_ref(), &slo)
            .map_err(StartError::Dashboard)?;
        let otlp = otlp::start(config, &aggregator).map_err(StartError::Otlp)?;
        Ok(Self {
            statsd,
            otlp,
            prometheus,
            bridge,
            watch,
            slo,
            dashboard,
            console,
            logs,
            aggregator,
        })
    }

    /// Flushes the reporters a last time. Waits for their threads, so it is not for a thread of
    /// the runtime. Returns what did not go well.
    pub(crate) fn stop(self) -> Vec<String> {
        let mut complaints = Vec::new();
        // What it has yet to tell is counted, too.
        if let Some(watch) = &self.watch {
            watch.n_plus_one.settle();
        }
        if let Some(statsd) = self.statsd
            && let Err(error) = statsd.stop(FLUSH_TIMEOUT)
        {
            complaints.push(format!("the last flush to StatsD failed: {error}"));
        }
        if let Some(otlp) = self.otlp
            && let Err(error) = otlp.stop(FLUSH_TIMEOUT)
        {
            complaints.push(format!("the last flush to OpenTelemetry failed: {error}"));
        }
        // Flushed, not stopped: a scrape that is still being answered may share it.
        if let Some(bridge) = self.bridge
            && let Err(error) = bridge.flush()
        {
            complaints.push(format!("the last flush of the bridge failed: {error}"));
        }
        if let Some(logs) = self.logs
            && !logs.stop(FLUSH_TIMEOUT)
        {
            complaints.push("standard error did not take all log lines in time".to_owned());
        }
        // Last, to show what all of that emitted; and whoever reads it may have gone away.
        if let Some(console) = self.console {
            let _ = console.stop(FLUSH_TIMEOUT);
        }
        complaints
    }
}

/// What `/metrics` answers, the version that runs included.
pub(crate) fn prometheus(aggregator: &Aggregator) -> Result<Prometheus, PrometheusError> {
    Prometheus::builder(aggregator)
        .build_info("demo", [("version", env!("CARGO_PKG_VERSION"))])
        .build()
}

/// What standard output shows. A request never waits for it: what does not fit is dropped and counted.
fn console(mode: ConsoleMode, aggregator: &Aggregator) -> Result<Console, ConsoleError> {
    const WAITING: usize = 1 << 20;
    match mode {
        ConsoleMode::Table => Console::metrics(aggregator).start(),
        ConsoleMode::Lines | ConsoleMode::Json => {
            let events = Console::events()
                .health(aggregator.register_health("console"))
                .background(WAITING);
            match mode {
                ConsoleMode::Json => events.json().start(),
                _ => events.start(),
            }
        }
    }
}
