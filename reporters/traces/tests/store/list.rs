//! Which traces are listed.

use std::time::Duration;

use telemetry::{TraceId, span};
use telemetry_traces::{Class, Query, TraceSummary, Traces};

use crate::support::{failed, patient, quick, slow, start, trace_of};

fn ids(traces: &Traces, query: &Query) -> Vec<TraceId> {
    traces.list(query).iter().map(TraceSummary::id).collect()
}

#[test]
fn each_filter_leaves_those_that_it_is_for() {
    let traces = start(patient());
    let (quick, slow, failed) = (quick(), slow(), failed());
    let request = span!("store.request", { route: "/cart/{id}" });
    let cart = trace_of(&request);
    request.finish();
    let all = Query::new;
    assert_eq!(ids(&traces, &all()), [cart, failed, slow, quick]);
    assert_eq!(ids(&traces, &all().kept()), [failed, slow]);
    assert_eq!(ids(&traces, &all().failed()), [failed]);
    assert_eq!(ids(&traces, &all().class(Class::Slow)), [slow]);
    assert_eq!(ids(&traces, &all().root("store.request")), [cart]);
    assert_eq!(ids(&traces, &all().root("store")).len(), 4);
    assert_eq!(ids(&traces, &all().root("store.req")), []);
    assert_eq!(ids(&traces, &all().root("")).len(), 4);
    assert_eq!(ids(&traces, &all().route("/cart")), [cart]);
    assert_eq!(ids(&traces, &all().route("/")), [cart, quick]);
    assert_eq!(ids(&traces, &all().route("/quick").failed()), []);
    assert_eq!(ids(&traces, &all().limit(2)), [cart, failed]);
    assert_eq!(ids(&traces, &all().limit(0)), []);
    assert_eq!(ids(&traces, &all().min_duration(Duration::MAX)), []);
    assert_eq!(ids(&traces, &all().min_duration(Duration::ZERO)).len(), 4);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let traces = start(patient());
    let mut all: Vec<_> = (0..1_000).map(|_| quick()).collect();
    all.reverse();
    let (mut seen, mut query) = (Vec::new(), Query::new().limit(64));
    loop {
        let page = traces.list(&query);
        let Some(last) = page.last() else { break };
        query = query.before(last.cursor());
        seen.extend(page.iter().map(TraceSummary::id));
    }
    assert_eq!(seen, all);
}

#[test]
fn what_came_after_a_look_is_what_is_new() {
    let traces = start(patient());
    let before = traces.now();
    let first = quick();
    assert_eq!(ids(&traces, &Query::new().after(before)), [first]);
    let now = traces.now();
    assert_eq!(ids(&traces, &Query::new().after(now)), []);
    let second = quick();
    assert_eq!(ids(&traces, &Query::new().after(now)), [second]);
    assert_eq!(ids(&traces, &Query::new().after(now).before(now)), []);
    for trace in traces.list(&Query::new()) {
        let later = ids(&traces, &Query::new().after(trace.cursor()));
        assert!(!later.contains(&trace.id()) && later.len() < 2);
        let earlier = ids(&traces, &Query::new().before(trace.cursor()));
        assert!(!earlier.contains(&trace.id()) && earlier.len() + later.len() == 1);
    }
}

#[test]
fn a_summary_says_what_the_trace_says() {
    let traces = start(patient());
    let root = span!("store.request", { route: "/" });
    let id = trace_of(&root);
    span!(parent: &root, "store.child").finish();
    root.finish();
    let summary = &traces.list(&Query::new())[0];
    let trace = traces.get(id).unwrap();
    assert_eq!(
        (summary.id(), summary.name(), summary.spans()),
        (id, "store.request", 2)
    );
    assert!(summary.root().metadata_is("route", "/"));
    assert_eq!(summary.duration(), trace.duration());
    assert_eq!(summary.duration(), summary.root().duration());
    assert_eq!(summary.started_at(), trace.spans()[0].started_at());
    assert_eq!((summary.left_out(), summary.failures()), (0, 0));
}
