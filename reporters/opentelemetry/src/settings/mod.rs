//! [`Settings`]: what the program and the environment say, put together and checked.

mod compression;
mod connection;
mod protocol;
mod reading;
mod said;

use std::time::Duration;

use crate::environment::{self as variables, Environment, quoted};
use crate::metrics::{Histograms, Temporality};
use crate::problem::Problem;
use crate::resource::Attributes;
use crate::sampling::{Sampler, SamplerError};
use crate::spans::{Convention, QueueLimits};
use crate::transport::{Signal, Target};

pub use compression::Compression;
pub use protocol::Protocol;
use reading::Reading;
pub(crate) use said::Said;

/// What clocks can be asked for without trouble; whoever waits longer waits for ever.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// All there is to know for a start.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The message `Resource`, without key and length.
    pub(crate) resource: Vec<u8>,
    pub(crate) traces: Option<TraceSettings>,
    pub(crate) metrics: Option<MetricsSettings>,
}

#[derive(Debug)]
pub(crate) struct TraceSettings {
    /// None if there is something wrong with it.
    pub(crate) target: Option<Target>,
    /// `None` if nobody said anything, so that a share that the program chose otherwise stays.
    pub(crate) sampler: Option<Sampler>,
    pub(crate) conventions: Vec<(String, Convention)>,
    pub(crate) limits: QueueLimits,
    /// How many spans are in a request, at most.
    pub(crate) batch: usize,
    pub(crate) delay: Duration,
    pub(crate) retry_for: Duration,
}

#[derive(Debug)]
pub(crate) struct MetricsSettings {
    /// None if there is something wrong with it.
    pub(crate) target: Option<Target>,
    pub(crate) interval: Duration,
    pub(crate) retry_for: Duration,
    pub(crate) temporality: Temporality,
    pub(crate) histograms: Histograms,
}

const SPAN_QUEUE: usize = 32_768;
const SPAN_QUEUE_BYTES: usize = 16 * 1024 * 1024;
const BATCH: usize = 2_048;
const BATCH_DELAY: Duration = Duration::from_secs(5);
const RETRY_FOR: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_secs(60);

/// Everything that is wrong is appended to `problems`; what is answered is of use only if there is
/// nothing.
pub(crate) fn resolve(
    said: &Said,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Settings {
    let mut reading = Reading::new(said, environment, problems);
    let disabled = reading.variable(variables::DISABLED, variables::truth) == Some(true);
    let traces = !said.without_traces && !disabled && reading.exports(variables::TRACES_EXPORTER);
    let metrics =
        !said.without_metrics && !disabled && reading.exports(variables::METRICS_EXPORTER);
    // What nobody needs has not to be right.
    let resource = if traces || metrics {
        resource(&mut reading)
    } else {
        Vec::new()
    };
    Settings {
        resource,
        traces: traces.then(|| trace_settings(&mut reading)),
        metrics: metrics.then(|| metrics_settings(&mut reading)),
    }
}

fn resource(reading: &mut Reading<'_>) -> Vec<u8> {
    let mut attributes = Attributes::of_this_process();
    let listed = reading.variable(variables::RESOURCE, variables::pairs);
    for (key, value) in listed.unwrap_or_default() {
        attributes.set(&key, &value);
    }
    if let Some(name) = reading.environment.get(variables::SERVICE_NAME) {
        attributes.set_service_name(name);
    }
    for (key, value) in &reading.said.resource {
        if key.is_empty() {
            reading.wrong("resource", "an attribute has no key");
        }
        attributes.set(key, value);
    }
    if let Some(name) = &reading.said.service_name {
        if name.is_empty() {
            reading.wrong(
                "service_name",
                "it is empty; leave it out, or give it a name",
            );
        }
        attributes.set_service_name(name);
    }
    attributes.written()
}

fn trace_settings(reading: &mut Reading<'_>) -> TraceSettings {
    let said = reading.said;
    let spans = reading.number("span_queue", said.span_queue, variables::MAX_QUEUE_SIZE);
    let batch = reading.number("batch", said.batch, variables::MAX_EXPORT_BATCH_SIZE);
    if let (Some(spans), Some(batch)) = (spans, batch) {
        if batch > spans {
            let why = format!("a batch of {batch} spans never fills in a queue of {spans}");
            match (said.span_queue, said.batch) {
                (_, None) => reading.wrong_variable(variables::MAX_EXPORT_BATCH_SIZE, why),
                (None, _) => reading.wrong_variable(variables::MAX_QUEUE_SIZE, why),
                _ => reading.wrong("batch", why),
            }
        }
    }
    let spans = spans.unwrap_or_else(|| SPAN_QUEUE.max(batch.unwrap_or(0)));
    let batch = batch.unwrap_or(BATCH).min(spans);
    let bytes = said.span_queue_bytes.unwrap_or(SPAN_QUEUE_BYTES);
    if bytes == 0 {
        reading.wrong("span_queue_bytes", "there is no room for any span");
    }
    let retry_for = reading.limit("retry_for", said.retry_for, variables::EXPORT_TIMEOUT);
    let delay = reading.time("batch_delay", said.batch_delay, variables::SCHEDULE_DELAY);
    TraceSettings {
        target: reading.target(Signal::Traces),
        sampler: sampler(reading),
        conventions: said.conventions.clone(),
        limits: QueueLimits {
            spans,
            bytes,
            wake_at: batch,
        },
        batch,
        delay: delay.unwrap_or(BATCH_DELAY),
        retry_for: retry_for.unwrap_or(RETRY_FOR),
    }
}

fn sampler(reading: &mut Reading<'_>) -> Option<Sampler> {
    if let Some(sampler) = &reading.said.sampler {
        return Some(sampler.clone());
    }
    let name = reading.environment.get(variables::SAMPLER)?;
    let argument = reading.environment.get(variables::SAMPLER_ARG);
    match Sampler::parse(name, argument) {
        Ok(sampler) => return Some(sampler),
        Err(why) => {
            let (variable, text) = match why {
                SamplerError::Name => (variables::SAMPLER, name),
                SamplerError::Argument => (variables::SAMPLER_ARG, argument.unwrap_or_default()),
            };
            reading.wrong_variable(variable, format!("{} {why}", quoted(text)));
        }
    }
    None
}

fn metrics_settings(reading: &mut Reading<'_>) -> MetricsSettings {
    let said = reading.said;
    let interval = reading.time("interval", said.interval, variables::METRIC_INTERVAL);
    let interval = interval.unwrap_or(INTERVAL);
    let retry_for = reading.limit("retry_for", said.retry_for, variables::METRIC_TIMEOUT);
    let temporality = said
        .temporality
        .or_else(|| reading.variable(variables::TEMPORALITY, temporality));
    let histograms = said
        .histograms
        .or_else(|| reading.variable(variables::HISTOGRAMS, histograms));
    let target = reading.target(Signal::Metrics);
    let timeout = target
        .as_ref()
        .map_or(Duration::ZERO, |target| target.timeout);
    MetricsSettings {
        interval,
        // What is newer says it all, so what is older is not tried for longer than until then; but one
        // attempt may take its time.
        retry_for: retry_for.unwrap_or(RETRY_FOR).min(interval.max(timeout)),
        target,
        temporality: temporality.unwrap_or_default(),
        histograms: histograms.unwrap_or_default(),
    }
}

fn temporality(text: &str) -> Result<Temporality, String> {
    match text.to_ascii_lowercase().as_str() {
        "cumulative" => Ok(Temporality::Cumulative),
        "delta" => Ok(Temporality::Delta),
        "lowmemory" => Ok(Temporality::LowMemory),
        _ => Err(format!(
            "{} is none of `cumulative`, `delta` and `lowmemory`",
            quoted(text)
        )),
    }
}

fn histograms(text: &str) -> Result<Histograms, String> {
    match text.to_ascii_lowercase().as_str() {
        "explicit_bucket_histogram" => Ok(Histograms::Explicit),
        "base2_exponential_bucket_histogram" => Ok(Histograms::Exponential),
        _ => Err(format!(
            "{} is neither `explicit_bucket_histogram` nor `base2_exponential_bucket_histogram`",
            quoted(text)
        )),
    }
}

#[cfg(test)]
mod tests;
