//! The OpenTelemetry SDK: a counter, and spans into its processors.
//!
//! The batch processor drops what its queue (2,048) does not hold. Flat out it drops most, and a
//! dropped span is cheap; so the row to compare with comes in bursts that fit, and the queue is
//! emptied off the clock. The exporters only count.

use std::future::ready;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use opentelemetry::metrics::{Counter, MeterProvider};
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

use crate::harness::{Case, Prepared, Run, Table, fields, repeat};

/// Fits into the queue of the batch processor, whatever the number of threads.
const BURST: u64 = 1_600;

static EXPORTED: AtomicU64 = AtomicU64::new(0);
static LAST_TOTAL: AtomicU64 = AtomicU64::new(0);

/// A counter among the events, and spans.
pub fn cases() -> Vec<Case> {
    let event = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.otel.{id}"), label, prepare)
    };
    let span = |id: &str, label: &str, prepare| {
        Case::new(Table::Span, format!("span.otel.{id}"), label, prepare)
    };
    vec![
        event(
            "none",
            "OpenTelemetry counter, 2 attributes, no provider",
            || Prepared::unseen(adds(global::meter("bench").u64_counter("bench").build())),
        ),
        event(
            "counter",
            "OpenTelemetry counter, 2 attributes, SDK",
            counted,
        ),
        span("none", "OpenTelemetry, no provider, 2 attributes", || {
            Prepared::unseen(tagged(global::tracer("bench")))
        }),
        span(
            "batch.bare",
            "OpenTelemetry batch processor, no attributes",
            || {
                let provider = batch();
                let run = bare(provider.tracer("bench"));
                kept_up(provider, run)
            },
        ),
        span(
            "batch",
            "OpenTelemetry batch processor, 2 attributes",
            || {
                let provider = batch();
                let run = tagged(provider.tracer("bench"));
                kept_up(provider, run)
            },
        ),
        span(
            "batch.dropping",
            "OpenTelemetry batch processor, no attributes, flat out: drops",
            || {
                let run = bare(batch().tracer("bench"));
                Prepared {
                    witness: crate::harness::Witness::AtLeastOneIn(100_000, Box::new(exported)),
                    ..Prepared::unseen(run)
                }
            },
        ),
        span(
            "simple",
            "OpenTelemetry simple processor, 2 attributes",
            || {
                let provider = SdkTracerProvider::builder()
                    .with_simple_exporter(Counting)
                    .build();
                Prepared::total(1, tagged(provider.tracer("bench")), exported)
            },
        ),
    ]
}

/// How many spans [`Counting`] has been given.
pub fn exported() -> u64 {
    EXPORTED.load(Ordering::Relaxed)
}

fn batch() -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_batch_exporter(Counting)
        .build()
}

fn kept_up(provider: SdkTracerProvider, run: Run) -> Prepared {
    Prepared::total(1, run, exported).bursts(BURST, move || {
        provider.force_flush().expect("the processor is there");
    })
}

fn bare<T: Tracer + Send + Sync + 'static>(tracer: T) -> Run
where
    T::Span: Send + Sync,
{
    repeat(move |_| tracer.start("bench").end())
}

fn tagged<T: Tracer + Send + Sync + 'static>(tracer: T) -> Run
where
    T::Span: Send + Sync,
{
    let f = fields();
    repeat(move |_| {
        let mut span = tracer.start("bench");
        span.set_attribute(KeyValue::new("route", f.route));
        span.set_attribute(KeyValue::new("status", i64::from(f.status)));
        span.end();
    })
}

/// Counts, and discards.
#[derive(Debug)]
pub struct Counting;

impl SpanExporter for Counting {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        EXPORTED.fetch_add(black_box(batch).len() as u64, Ordering::Relaxed);
        ready(Ok(()))
    }
}

fn adds(counter: Counter<u64>) -> Run {
    let f = fields();
    repeat(move |_| {
        counter.add(
            1,
            &[
                KeyValue::new("route", f.route),
                KeyValue::new("status", i64::from(f.status)),
            ],
        );
    })
}

fn counted() -> Prepared {
    let reader = PeriodicReader::builder(Totals)
        .with_interval(Duration::from_secs(3600))
        .build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let run = adds(provider.meter("bench").u64_counter("bench").build());
    Prepared::total(1, run, move || {
        provider.force_flush().expect("the reader is there");
        LAST_TOTAL.load(Ordering::Relaxed)
    })
}

/// Keeps the sum over all series of the last export.
struct Totals;

impl PushMetricExporter for Totals {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        let total = metrics
            .scope_metrics()
            .flat_map(ScopeMetrics::metrics)
            .map(|metric| match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    sum.data_points().map(SumDataPoint::value).sum()
                }
                _ => 0,
            })
            .sum();
        LAST_TOTAL.store(total, Ordering::Relaxed);
        ready(Ok(()))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        Temporality::Cumulative
    }
}
