//! Spans come in any order; the tree is the same.

use std::time::Duration;

use proptest::prelude::*;
use telemetry::{Span, completion_span, span};
use telemetry_traces::{Row, Trace, TraceSummary, Traces};

use crate::support::{outline, patient, remote, start, trace_of, turn};

/// Of each row: its depth and the number that its span has.
fn rows(trace: &Trace) -> Vec<(usize, u64)> {
    let number = |row: Row<'_>| match row {
        Row::Span(span) => span.metadata("n").unwrap().as_u64().unwrap(),
        _ => u64::MAX,
    };
    trace.rows().map(|row| (row.depth(), number(row))).collect()
}

/// The rows of a tree, of which each node but the first has a parent before it.
fn expected(parents: &[usize]) -> Vec<(usize, u64)> {
    fn walk(parents: &[usize], node: usize, depth: usize, rows: &mut Vec<(usize, u64)>) {
        rows.push((depth, node as u64));
        for child in node + 1..=parents.len() {
            if parents[child - 1] == node {
                walk(parents, child, depth + 1, rows);
            }
        }
    }
    let mut rows = Vec::new();
    walk(parents, 0, 0, &mut rows);
    rows
}

/// Parents of the nodes from the second on, and the order in which all of them end.
fn trees() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let parents = prop::collection::vec(any::<prop::sample::Index>(), 0..40).prop_map(|picks| {
        let nodes = picks.iter().enumerate();
        nodes
            .map(|(at, pick)| pick.index(at + 1))
            .collect::<Vec<_>>()
    });
    parents.prop_flat_map(|parents| {
        let order: Vec<_> = (0..=parents.len()).collect();
        (Just(parents), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn the_tree_does_not_depend_on_the_order_in_which_spans_end((parents, order) in trees()) {
        let _turn = turn();
        let traces = Traces::builder().start().unwrap();
        let mut spans: Vec<Option<Span>> = vec![Some(span!("store.node", { n: 0 }))];
        let id = trace_of(spans[0].as_ref().unwrap());
        for (at, parent) in parents.iter().enumerate() {
            let parent = spans[*parent].as_ref().unwrap().context();
            spans.push(Some(span!(parent: parent, "store.node", { n: at + 1 })));
        }
        for (ended, index) in order.iter().enumerate() {
            spans[*index].take().unwrap().finish();
            let trace = traces.get(id).unwrap();
            prop_assert_eq!(trace.spans().len(), ended + 1);
            prop_assert_eq!(trace.rows().filter(|row| matches!(row, Row::Span(_))).count(), ended + 1);
        }
        let trace = traces.get(id).unwrap();
        prop_assert_eq!(rows(&trace), expected(&parents));
        prop_assert!(!trace.summary().is_in_progress());
        prop_assert!(trace.summary().root().metadata_is("n", 0));
        prop_assert!(trace.spans().iter().all(|span| span.self_time() <= span.duration()));
    }
}

#[test]
fn a_span_below_one_that_still_runs_is_below_one_that_is_missing() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    root.context().unwrap().in_scope(|| {
        span!("store.first").in_scope(|| span!("store.inner").finish());
        span!("store.second").finish();
    });
    let trace = traces.get(id).unwrap();
    assert_eq!(
        outline(&trace),
        ["?", "  store.first", "    store.inner", "  store.second"]
    );
    assert!(trace.summary().is_in_progress());
    root.finish();
    let trace = traces.get(id).unwrap();
    assert_eq!(
        outline(&trace),
        [
            "store.root",
            "  store.first",
            "    store.inner",
            "  store.second"
        ]
    );
    assert!(!trace.summary().is_in_progress());
    assert_eq!(trace.summary().name(), "store.root");
}

#[test]
fn a_span_that_ends_after_its_root_is_where_it_belongs() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    let task = span!(parent: &root, "store.task");
    root.finish();
    let before = traces.get(id).unwrap().duration();
    span!(parent: &task, "store.step").finish();
    assert!(traces.get(id).unwrap().summary().is_in_progress());
    task.finish();
    let trace = traces.get(id).unwrap();
    assert_eq!(
        outline(&trace),
        ["store.root", "  store.task", "    store.step"]
    );
    assert!(!trace.summary().is_in_progress() && trace.duration() > before);
    // What goes on after a span's end is not taken from its own time.
    assert!(trace.find("store.root").unwrap().self_time() > Duration::ZERO);
}

#[test]
fn roots_of_one_trace_that_another_process_called_stand_side_by_side() {
    let traces = start(patient());
    let above = remote(0xabc, 7, true);
    for _ in 0..2 {
        span!(parent: above, "store.reply").in_scope(|| span!("store.query").finish());
    }
    let trace = traces.get(above.trace_id()).unwrap();
    assert_eq!(
        outline(&trace),
        [
            "store.reply",
            "  store.query",
            "store.reply",
            "  store.query"
        ]
    );
    assert!(!trace.summary().is_in_progress());
    assert_eq!(trace.summary().root().parent(), Some(above));
}

#[test]
fn a_parent_that_was_handed_on_as_text_and_is_here_is_the_parent() {
    let traces = start(patient());
    let root = span!("store.root");
    let stored = root.context().unwrap().to_string();
    root.finish();
    let parent: telemetry::SpanContext = stored.parse().unwrap();
    assert!(parent.is_remote());
    span!(parent: parent, "store.job").finish();
    let trace = traces.get(parent.trace_id()).unwrap();
    assert_eq!(outline(&trace), ["store.root", "  store.job"]);
    let (root, job) = (
        trace.find("store.root").unwrap(),
        trace.find("store.job").unwrap(),
    );
    assert_eq!(trace.parent_of(job).unwrap().span_id(), root.span_id());
    assert_eq!(trace.children_of(root).count(), 1);
    assert_eq!(trace.span(job.span_id()).unwrap().name(), "store.job");
}

#[test]
fn what_runs_at_the_same_time_below_a_span_counts_once_against_its_own_time() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    let both: Vec<_> = (0..2).map(|_| span!(parent: &root, "store.half")).collect();
    let until = std::time::Instant::now() + Duration::from_millis(2);
    while std::time::Instant::now() < until {
        std::hint::spin_loop();
    }
    drop(both);
    root.finish();
    let trace = traces.get(id).unwrap();
    let root = trace.find("store.root").unwrap();
    let halves: Vec<_> = trace.children_of(root).collect();
    let covered = halves
        .iter()
        .map(|half| half.offset() + half.duration())
        .max()
        .unwrap()
        - halves[0].offset();
    let own = root.duration() - covered;
    assert!(covered >= Duration::from_millis(2));
    assert_eq!(root.self_time(), own);
}

#[test]
fn a_link_leads_to_the_other_trace_and_back() {
    let traces = start(patient());
    let request = span!("store.request");
    let from = request.context().unwrap();
    request.finish();
    let job = span!(parent: None, "store.attempt", { link: from });
    let id = trace_of(&job);
    job.finish();
    let trace = traces.get(id).unwrap();
    assert_eq!(trace.spans()[0].link().unwrap().span_id(), from.span_id());
    assert!(
        trace
            .to_string()
            .contains(&format!("\n  (follows trace {})", from.trace_id()))
    );
    let query = telemetry_traces::Query::new().linked_to(from.trace_id());
    let back: Vec<_> = traces.list(&query).iter().map(TraceSummary::id).collect();
    assert_eq!(back, [id]);
}

#[test]
fn a_record_has_what_the_last_event_of_the_span_had() {
    let traces = start(patient());
    let begun = std::time::SystemTime::now();
    let span = completion_span!("store.query", { source: "carts", bytes: 7u8, ok: true, c: 'x' });
    let id = trace_of(&span);
    span.measure("rows", 3);
    span.measure("wait", Duration::from_millis(2));
    span.set("took", Duration::from_secs(1));
    span.set(
        "printed",
        telemetry::display(&std::net::Ipv4Addr::LOCALHOST),
    );
    span.fail("unique_violation");
    span.finish();
    let trace = traces.get(id).unwrap();
    let span = trace.find("store.query").unwrap();
    let expected = [
        ("source", "carts"),
        ("bytes", "7"),
        ("ok", "true"),
        ("c", "x"),
        ("took", "1s"),
        ("printed", "127.0.0.1"),
        ("reason", "unique_violation"),
    ];
    let metadata = span
        .all_metadata()
        .map(|(key, value)| (key, value.to_string()));
    assert_eq!(
        metadata.collect::<Vec<_>>(),
        expected.map(|(key, value)| (key, value.to_owned()))
    );
    assert!(span.metadata_is("bytes", 7) && span.metadata_is("ok", true));
    let measured: Vec<_> = span.measurements().collect();
    assert_eq!(measured[0], ("rows", 3.into()));
    assert_eq!(measured[1], ("wait", Duration::from_millis(2).into()));
    assert_eq!(measured.len(), 2);
    assert_eq!(span.outcome(), telemetry_traces::Outcome::Error);
    assert_eq!(span.kind(), telemetry::EventKind::SpanComplete);
    let late = span.started_at().duration_since(begun);
    assert!(late.is_ok_and(|late| late < Duration::from_secs(60)));
}

#[test]
fn every_way_to_end_is_an_outcome() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    root.context().unwrap().in_scope(|| {
        drop(span!("store.dropped"));
        let panics = || span!("store.panics").in_scope(|| panic!("on purpose"));
        assert!(std::panic::catch_unwind(panics).is_err());
        let panics = || completion_span!("store.query").in_scope(|| panic!("on purpose"));
        assert!(std::panic::catch_unwind(panics).is_err());
    });
    root.finish();
    let trace = traces.get(id).unwrap();
    let outcome = |name| trace.find(name).unwrap().outcome().as_str();
    assert_eq!(outcome("store.root"), "ok");
    assert_eq!(outcome("store.dropped"), "cancelled");
    assert_eq!(outcome("store.panics"), "panic");
    assert_eq!(outcome("store.query"), "panic");
    assert_eq!(trace.summary().failures(), 2);
}
