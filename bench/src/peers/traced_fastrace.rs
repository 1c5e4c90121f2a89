//! A traced request by `fastrace`: into a reporter that counts, and by `fastrace-opentelemetry` into
//! OpenTelemetry's exporter for OTLP.
//!
//! All of it is on one thread, so the queries are local spans, which are its fastest. Its collector and
//! its reporters work on a thread of their own.

use std::borrow::Cow;

use fastrace::collector::{Config, Reporter};
use fastrace::prelude::{LocalSpan, Span, SpanContext};
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;

use super::fastrace::{Counting, INTERVAL, reported};
use super::traced_opentelemetry::{otlp, sent};
use crate::cases::traced::{BURST, Query, Request, SPANS, queries, request};
use crate::cases::work;
use crate::harness::{Case, Prepared, Run, Table, repeat};

/// By what becomes of the spans.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(
            Table::Traced,
            format!("traced.fastrace.{id}"),
            label,
            prepare,
        )
        .everywhere()
    };
    vec![
        case("none", "`fastrace`, no reporter", || {
            Prepared::unseen(requests(true))
        }),
        case("report", "`fastrace` → reporter counts", || {
            collected(Counting, requests(true), SPANS, reported)
        }),
        case(
            "otlp",
            "`fastrace` → `fastrace-opentelemetry`, OTLP exporter",
            || {
                let resource = Cow::Owned(Resource::builder().build());
                let scope = InstrumentationScope::builder("bench").build();
                let reporter = OpenTelemetryReporter::new(otlp(), resource, scope);
                collected(reporter, requests(true), SPANS, sent)
            },
        ),
        case(
            "unsampled",
            "`fastrace` → reporter counts, not sampled",
            || collected(Counting, requests(false), 0, reported),
        ),
    ]
}

fn collected(reporter: impl Reporter, run: Run, spans: u64, total: fn() -> u64) -> Prepared {
    fastrace::set_reporter(reporter, Config::default().report_interval(INTERVAL));
    Prepared::total(spans, run, total).bursts(BURST, fastrace::flush)
}

fn requests(sampled: bool) -> Run {
    let request = request();
    repeat(move |_| serve(&request, sampled))
}

fn serve(request: &Request, sampled: bool) {
    let context = SpanContext::random().sampled(sampled);
    let root = Span::root("GET /users-slow", context).with_properties(|| {
        [
            ("span.kind", "server"),
            ("http.request.method", request.method),
            ("http.route", request.route),
        ]
    });
    let parent = root.set_local_parent();
    queries(request).for_each(query);
    drop(parent);
    root.add_property(|| ("http.response.status_code", request.status.to_string()));
}

fn query(query: &Query) {
    let _span = LocalSpan::enter_with_local_parent("SELECT").with_properties(|| {
        [
            ("span.kind", "client"),
            ("db.namespace", query.repo),
            ("db.collection.name", query.source),
            ("db.operation.name", query.command),
            ("db.query.text", query.statement),
        ]
    });
    work();
}
