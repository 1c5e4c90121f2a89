//! Log lines on standard error, as text or as JSON, in which each line of a request has the id of
//! its trace.
//!
//! A line is made of what is recorded in `tracing`: by sqlx, by this application, by whatever library
//! speaks it. Of telemetry few things are forwarded there: the end of each request, N+1 queries, jobs that
//! are given up, what begins and ceases to fire, and panics.
//! `telemetry_tracing::WithIds` adds the ids of the span that is current.

mod carried;
mod writer;

use std::fmt;
use std::io::IsTerminal;
use std::panic;
use std::time::Duration;

use ::telemetry::{AttachError, AttachGuard, PROCESS_PANIC};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use telemetry_metrics::Aggregator;
use telemetry_tracing::{WithIds, forward};
use tracing::{Instrument, Level, error_span};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::{format, layer};
use tracing_subscriber::layer::SubscriberExt;

use super::ENDPOINT;
use crate::{LogMode, work};
use carried::{Carried, Carry};
use writer::Writer;

/// The target of the `tracing` spans around requests and other work.
const WORK: &str = "demo::work";

/// The event of a request that ran the same query again and again.
const N_PLUS_ONE: &str = "telemetry.n_plus_one";

/// What begins to fire: objectives and alarms.
const FIRING: [&str; 2] = ["telemetry.slo.firing", "telemetry.alarm.firing"];

/// What fires no longer.
const RESOLVED: [&str; 2] = ["telemetry.slo.resolved", "telemetry.alarm.resolved"];

/// Log lines. Dropping it writes what is left.
#[derive(Debug)]
pub(crate) struct Logs {
    // First nothing more is forwarded, then the rest is written.
    forward: AttachGuard,
    writer: Writer,
}

/// Why there are no log lines.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogError {
    /// The process has a `tracing` subscriber already.
    Subscriber,
    /// What is forwarded cannot be listened to.
    Attach(AttachError),
    /// The thread that writes cannot be started.
    Thread(std::io::Error),
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscriber => f.write_str(
                "cannot write log lines: this process has a subscriber of `tracing` already; use \
                 that, with `--log off`",
            ),
            Self::Attach(error) => write!(f, "cannot write log lines: {error}"),
            Self::Thread(error) => write!(f, "cannot start the thread that logs: {error}"),
        }
    }
}

impl std::error::Error for LogError {}

impl Logs {
    /// Takes the process's one place for a `tracing` subscriber, for good.
    pub(super) fn start(
        mode: LogMode,
        filter: &LogFilter,
        aggregator: &Aggregator,
    ) -> Result<Option<Self>, LogError> {
        if mode == LogMode::Off {
            return Ok(None);
        }
        let writer = Writer::start(aggregator.register_health("log")).map_err(LogError::Thread)?;
        // Spans make no lines, so the filter need not know of ours.
        let filter = filter.0.clone().with_target(WORK, LevelFilter::TRACE);
        let subscriber = tracing_subscriber::registry().with(filter).with(Carry);
        let lines = writer.lines();
        let installed = match mode {
            LogMode::Json => tracing::subscriber::set_global_default(
                subscriber.with(
                    layer()
                        .json()
                        .event_format(Carried(WithIds::new(
                            format()
                                .json()
                                .flatten_event(true)
                                .with_current_span(false)
                                .with_span_list(false),
                        )))
                        .with_writer(lines),
                ),
            ),
            _ => tracing::subscriber::set_global_default(
                subscriber.with(
                    layer()
                        .event_format(Carried(WithIds::new(format())))
                        .with_ansi(colours())
                        .with_writer(lines),
                ),
            ),
        };
        installed.map_err(|_| LogError::Subscriber)?;
        // All else is there for who asks for `telemetry=debug`.
        let events = ["demo.*", PROCESS_PANIC, N_PLUS_ONE];
        let forward = forward(events.into_iter().chain(FIRING).chain(RESOLVED))
            .at(Level::INFO, [format!("{ENDPOINT}.stop")])
            .at(Level::WARN, [format!("{}.discarded", work::PREFIX)])
            .at(Level::WARN, [N_PLUS_ONE])
            .at(Level::ERROR, [PROCESS_PANIC])
            .at(Level::WARN, FIRING)
            .at(Level::INFO, RESOLVED)
            .spans(false)
            .attach("demo-log")
            .map_err(LogError::Attach)?
            .guard();
        Ok(Some(Self { forward, writer }))
    }

    /// Writes what is left. Returns whether that was possible in time.
    pub(super) fn stop(self, patience: Duration) -> bool {
        let Self { forward, writer } = self;
        drop(forward);
        writer.stop(patience)
    }
}

/// Which lines are written: `info`, or `info,sqlx=debug`.
#[derive(Debug, Clone, PartialEq)]
pub struct LogFilter(Targets);

impl std::str::FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(targets) if !text.is_empty() => Ok(Self(targets)),
            _ => Err(
                "write LEVEL or TARGET=LEVEL, with commas between them, such as \
                      info,sqlx=debug"
                    .to_owned(),
            ),
        }
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self(Targets::new().with_default(LevelFilter::INFO))
    }
}

/// Colours are for people.
fn colours() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
}

/// From now on a panic is not printed as text among the log lines: it is a line of its own there,
/// with its trace, as [`report_panics`](::telemetry::report_panics) has it. For programs that log;
/// to be called before [`Demo::start`](crate::Demo::start).
///
/// # Panics
///
/// While the thread panics.
pub fn log_panics_only() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // A panic of a handler of panics makes no line.
        if std::thread::current().name() == Some("telemetry-panics") {
            print(panic);
        }
    }));
}

/// Work that is logged with the trace in which it begins, also what is recorded on other threads on
/// its behalf. It is within a `tracing` span, which some libraries carry over: sqlx to the thread of
/// SQLite.
pub(crate) async fn logged<F: Future>(work: F) -> F::Output {
    // Begun only now, as the work is polled: its trace is current by now. The level is the highest,
    // so that no filter for levels takes the ids away. Where nothing is logged this costs next to
    // nothing.
    let span = error_span!(target: WORK, "work");
    work.instrument(span).await
}

/// [`logged`], for requests.
pub(crate) async fn logged_request(request: Request, next: Next) -> Response {
    logged(next.run(request)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_levels_and_targets() {
        for good in ["info", "warn,sqlx=debug", "off", "sqlx::query=debug"] {
            assert!(good.parse::<LogFilter>().is_ok(), "{good}");
        }
        for bad in ["", "sqlx=loud", "a=b=c"] {
            assert!(bad.parse::<LogFilter>().is_err(), "{bad}");
        }
        assert_eq!("info".parse(), Ok(LogFilter::default()));
    }
}
