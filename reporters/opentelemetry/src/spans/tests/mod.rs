//! What somebody else's decoder makes of the spans that are written here.

mod crates;
mod fields;
mod hostile;
mod shapes;

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use telemetry::{AttachGuard, AttachOptions, SpanContext, attach_with};
use telemetry_metrics::{Aggregator, Health};

use super::recorder::Recorder;
use super::{QueueLimits, SpanQueue, SpanSettings, request};
use crate::Sampler;

pub(super) const ROOMY: QueueLimits = QueueLimits {
    spans: 100_000,
    bytes: 64 << 20,
    wake_at: 512,
};

pub(super) fn health() -> Health {
    Aggregator::builder()
        .start()
        .unwrap()
        .register_health("otlp-traces")
}

/// Records the spans below a prefix, and lights up no others.
struct Recording {
    queue: Arc<SpanQueue>,
    _guard: AttachGuard,
}

impl Recording {
    /// All of them, whatever share of traces another test samples.
    fn of(prefix: &str) -> Self {
        Self::sampled(prefix, Sampler::AlwaysOn)
    }

    fn sampled(prefix: &str, sampler: Sampler) -> Self {
        let settings = SpanSettings {
            sampler,
            ..SpanSettings::default()
        };
        Self::with(prefix, settings)
    }

    fn with(prefix: &str, settings: SpanSettings) -> Self {
        let queue = SpanQueue::new(ROOMY, health());
        let recorder = Recorder::new(settings, queue.clone());
        let options = AttachOptions::new().spans_only(true);
        let patterns = [format!("{prefix}.*")];
        let record = move |event: &telemetry::Event<'_>| recorder.record(event);
        let attached = attach_with(format!("test-{prefix}"), patterns, options, record).unwrap();
        Self {
            queue,
            _guard: attached.guard(),
        }
    }

    /// What has come since the last time.
    fn spans(&self) -> Vec<Span> {
        let Some(batch) = self.queue.next_batch(usize::MAX, usize::MAX) else {
            return Vec::new();
        };
        let request = ExportTraceServiceRequest::decode(request(b"", &batch)).unwrap();
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        assert_eq!(spans.len() as u64, batch.spans);
        spans.clone()
    }

    fn one(&self) -> Span {
        let mut spans = self.spans();
        assert_eq!(spans.len(), 1, "{spans:#?}");
        spans.remove(0)
    }
}

/// By their keys, which must differ.
fn attributes(list: &[KeyValue]) -> BTreeMap<String, Any> {
    let mut all = BTreeMap::new();
    for attribute in list {
        let value = attribute.value.clone().and_then(|value| value.value);
        let before = all.insert(attribute.key.clone(), value.unwrap());
        assert_eq!(before, None, "{} stands twice", attribute.key);
    }
    all
}

fn text(text: &str) -> Any {
    any_value::Value::StringValue(text.into())
}

fn int(number: i64) -> Any {
    any_value::Value::IntValue(number)
}

fn double(number: f64) -> Any {
    any_value::Value::DoubleValue(number)
}

fn expect(span: &Span, expected: &[(&str, Any)]) {
    let expected: BTreeMap<_, _> = expected
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    assert_eq!(attributes(&span.attributes), expected, "{}", span.name);
}

/// Code and message.
fn status(span: &Span) -> (i32, &str) {
    span.status
        .as_ref()
        .map_or((0, ""), |status| (status.code, &status.message))
}

fn remote(text: &str) -> SpanContext {
    text.parse().unwrap()
}
