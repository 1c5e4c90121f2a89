//! A traced request by the OpenTelemetry SDK.
//!
//! Its batch processor writes on a thread of its own, which is not counted; so there is also a
//! processor that does all of it where a span ends, with batches as large and no queue. The exporter is
//! OpenTelemetry's own for OTLP, with a client that sends nothing and counts.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SdkTracerProvider, Span, SpanData, SpanExporter as Exporter, SpanProcessor,
};

use super::opentelemetry::{Counting, exported};
use crate::cases::traced::{BATCH, BURST, Query, Request, SPANS, queries, request};
use crate::cases::{poll_once, work};
use crate::harness::{Case, Prepared, Run, Table, repeat, seen};
use crate::receiver::spans_in;

static SENT: AtomicU64 = AtomicU64::new(0);

/// By what becomes of the spans.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Traced, format!("traced.otel.{id}"), label, prepare).everywhere()
    };
    vec![
        case("none", "OpenTelemetry, no provider", || {
            Prepared::unseen(requests(global::tracer("bench")))
        }),
        case(
            "batch",
            "OpenTelemetry SDK → batch processor, exporter counts",
            || {
                let builder = SdkTracerProvider::builder().with_batch_exporter(Counting);
                batched(builder.build(), SPANS, exported)
            },
        ),
        case(
            "otlp",
            "OpenTelemetry SDK → batch processor, OTLP exporter",
            || {
                let builder = SdkTracerProvider::builder().with_batch_exporter(otlp());
                batched(builder.build(), SPANS, sent)
            },
        ),
        case(
            "otlp.here",
            "OpenTelemetry SDK → OTLP exporter on the calling thread, without a queue",
            || {
                let here = Here(otlp());
                let provider = SdkTracerProvider::builder().with_span_processor(here);
                Prepared::seen(SPANS, requests(provider.build().tracer("bench")))
            },
        ),
        case(
            "unsampled",
            "OpenTelemetry SDK → batch processor, not sampled",
            || {
                let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(0.0)));
                let builder = SdkTracerProvider::builder().with_sampler(sampler);
                let provider = builder.with_batch_exporter(Counting).build();
                batched(provider, 0, exported)
            },
        ),
    ]
}

fn batched(
    provider: SdkTracerProvider,
    spans: u64,
    total: impl Fn() -> u64 + Send + Sync + 'static,
) -> Prepared {
    let run = requests(provider.tracer("bench"));
    Prepared::total(spans, run, total).bursts(BURST, move || {
        provider.force_flush().expect("the processor is there");
    })
}

fn requests<T: Tracer + Send + Sync + 'static>(tracer: T) -> Run
where
    T::Span: Send + Sync,
{
    let request = request();
    repeat(move |_| serve(&tracer, &request))
}

fn serve<T: Tracer>(tracer: &T, request: &Request)
where
    T::Span: Send + Sync + 'static,
{
    let span = tracer
        .span_builder("GET /users-slow")
        .with_kind(SpanKind::Server)
        .with_attributes([
            KeyValue::new("http.request.method", request.method),
            KeyValue::new("http.route", request.route),
        ])
        .start(tracer);
    let context = Context::current_with_span(span);
    let entered = context.clone().attach();
    queries(request).for_each(|one| query(tracer, one));
    drop(entered);
    let span = context.span();
    span.set_attribute(KeyValue::new(
        "http.response.status_code",
        i64::from(request.status),
    ));
    span.end();
}

fn query<T: Tracer>(tracer: &T, query: &Query)
where
    T::Span: Send + Sync + 'static,
{
    let span = tracer
        .span_builder("SELECT")
        .with_kind(SpanKind::Client)
        .with_attributes([
            KeyValue::new("db.namespace", query.repo),
            KeyValue::new("db.collection.name", query.source),
            KeyValue::new("db.operation.name", query.command),
            KeyValue::new("db.query.text", query.statement),
        ])
        .start(tracer);
    // Current while the work runs, as ours is.
    let context = Context::current_with_span(span);
    let entered = context.clone().attach();
    work();
    drop(entered);
    context.span().end();
}

/// OpenTelemetry's exporter for OTLP.
pub fn otlp() -> SpanExporter {
    SpanExporter::builder()
        .with_http()
        .with_http_client(Discarding)
        .build()
        .expect("valid settings")
}

/// How many spans [`otlp`]'s have written.
pub fn sent() -> u64 {
    SENT.load(Ordering::Relaxed)
}

#[derive(Debug)]
struct Discarding;

#[async_trait]
impl HttpClient for Discarding {
    async fn send_bytes(
        &self,
        request: opentelemetry_http::Request<Bytes>,
    ) -> Result<Response<Bytes>, HttpError> {
        SENT.fetch_add(spans_in(black_box(request.body())), Ordering::Relaxed);
        Ok(Response::new(Bytes::new()))
    }
}

thread_local! {
    static WAITING: RefCell<Vec<SpanData>> = const { RefCell::new(Vec::new()) };
}

/// Exports on the thread on which spans end.
#[derive(Debug)]
struct Here(SpanExporter);

impl SpanProcessor for Here {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        WAITING.with_borrow_mut(|waiting| {
            waiting.push(span);
            if waiting.len() >= BATCH {
                let before = sent();
                let batch = std::mem::replace(waiting, Vec::with_capacity(BATCH));
                poll_once(async {
                    self.0.export(batch).await.expect("nobody refuses");
                });
                // Others may have sent something meanwhile.
                assert!(sent() - before >= BATCH as u64, "all are written");
            }
        });
        seen();
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
