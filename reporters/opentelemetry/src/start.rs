//! From settings to a running reporter: everything is checked first, and told at once.

use std::sync::Arc;

use telemetry::AttachGuard;
use telemetry_metrics::Aggregator;

use crate::environment::Environment;
use crate::handle::{Accounts, OpenTelemetry};
use crate::metrics::{Collector, MetricSettings};
use crate::problem::{OpenTelemetryError, Problem};
use crate::sampling::Sampler;
use crate::settings::{self, MetricsSettings, Said, Settings, TraceSettings};
use crate::spans::{self, SpanQueue, SpanSettings};
use crate::transport::{Client, Target};
use crate::worker::{Account, Metrics, Traces, Work, Worker};

pub(crate) fn start(
    aggregator: &Aggregator,
    said: &Said,
    environment: &Environment,
) -> Result<OpenTelemetry, OpenTelemetryError> {
    let mut problems = Vec::new();
    let Settings {
        resource,
        traces,
        metrics,
    } = settings::resolve(said, environment, &mut problems);
    let traces = traces.and_then(|mut traces| {
        let client = client(traces.target.take(), &mut problems)?;
        Some((traces, client))
    });
    let metrics = metrics.and_then(|mut metrics| {
        let client = client(metrics.target.take(), &mut problems);
        let collector = collector(aggregator, &metrics, &mut problems);
        Some((metrics, client?, collector?))
    });
    if !problems.is_empty() {
        return Err(OpenTelemetryError::Settings(problems));
    }

    let resource: Arc<[u8]> = resource.into();
    let mut accounts = Accounts::default();
    let mut work = Work::default();
    let mut ratio = None;
    if let Some((settings, client)) = traces {
        ratio = settings.sampler.as_ref().map(Sampler::root_ratio);
        let (traces, observer) = traces_work(aggregator, settings, client, resource.clone())?;
        accounts.traces = Some((traces.account.clone(), traces.queue.clone()));
        work.traces = Some(traces);
        work.observer = observer;
    }
    if let Some((settings, client, collector)) = metrics {
        let health = aggregator.register_health("otlp-metrics");
        let account = Arc::new(Account::new(health, "point"));
        accounts.metrics = Some(account.clone());
        work.metrics = Some(Metrics {
            collector,
            client,
            resource,
            interval: settings.interval,
            retry_for: settings.retry_for,
            account,
        });
    }
    let is_idle = work.traces.is_none() && work.metrics.is_none();
    let worker = if is_idle {
        None
    } else {
        Some(Worker::start(work).map_err(OpenTelemetryError::Thread)?)
    };
    // Of the whole process, so only once nothing can fail any more.
    if let Some(ratio) = ratio {
        telemetry::sample_new_traces(ratio);
    }
    Ok(OpenTelemetry::new(worker, accounts))
}

/// None without a target, whose problem has been told.
fn client(target: Option<Target>, problems: &mut Vec<Problem>) -> Option<Arc<Client>> {
    match Client::new(target?) {
        Ok(client) => Some(Arc::new(client)),
        Err(why) => {
            let problem = Problem::Connection(why);
            // Both signals may have the same one.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            None
        }
    }
}

fn collector(
    aggregator: &Aggregator,
    settings: &MetricsSettings,
    problems: &mut Vec<Problem>,
) -> Option<Collector> {
    let settings = MetricSettings {
        temporality: settings.temporality,
        histograms: settings.histograms,
        ..MetricSettings::default()
    };
    match Collector::new(aggregator, settings) {
        Ok(collector) => Some(collector),
        Err(more) => {
            problems.extend(more);
            None
        }
    }
}

fn traces_work(
    aggregator: &Aggregator,
    settings: TraceSettings,
    client: Arc<Client>,
    resource: Arc<[u8]>,
) -> Result<(Traces, Option<AttachGuard>), OpenTelemetryError> {
    let health = aggregator.register_health("otlp-traces");
    let queue = SpanQueue::new(settings.limits, health.clone());
    let spans = SpanSettings {
        sampler: settings.sampler.unwrap_or_default(),
        conventions: settings.conventions,
    };
    let observer = spans::attach(spans, queue.clone())
        .map_err(|error| OpenTelemetryError::Settings(vec![Problem::Spans(error.to_string())]))?;
    let traces = Traces {
        queue,
        client,
        resource,
        batch: settings.batch,
        delay: settings.delay,
        retry_for: settings.retry_for,
        account: Arc::new(Account::new(health, "span")),
    };
    Ok((traces, observer))
}
