//! What is kept, and what goes first.

use telemetry::span;
use telemetry_traces::{Class, Query, TraceSummary};

use crate::support::{failed, patient, quick, slow, start, trace_of};

const SMALL: usize = 256 * 1024;

/// Some thousand traces are more than enough to push everything else out.
const FLOOD: usize = 3_000;

#[test]
fn a_flood_of_quick_ones_pushes_out_neither_the_slow_nor_the_failed() {
    let traces = start(patient().memory(SMALL).max_text(100));
    let kept: Vec<_> = (0..20).flat_map(|_| [slow(), failed()]).collect();
    let first = quick();
    (0..FLOOD).for_each(|_| _ = quick());
    let last = quick();
    assert!(kept.iter().all(|id| traces.get(*id).is_some()));
    assert!(traces.get(first).is_none() && traces.get(last).is_some());
    let stats = traces.stats();
    assert!(stats.class(Class::Ordinary).evicted.traces > 1_000);
    assert_eq!(stats.class(Class::Slow).evicted.traces, 0);
    assert_eq!(stats.class(Class::Failed).evicted.traces, 0);
    assert_eq!(stats.class(Class::Failed).traces, 20);
    // What they do not need is used by the others.
    assert!(stats.class(Class::Ordinary).bytes > SMALL / 2);
}

#[test]
fn a_flood_of_failures_leaves_the_others_their_shares() {
    let traces = start(patient().memory(SMALL).max_text(100));
    let others: Vec<_> = (0..20).flat_map(|_| [slow(), quick()]).collect();
    (0..FLOOD).for_each(|_| _ = failed());
    assert!(others.iter().all(|id| traces.get(*id).is_some()));
    let stats = traces.stats();
    assert!(stats.class(Class::Failed).evicted.traces > 1_000);
    assert_eq!(stats.evicted(), stats.class(Class::Failed).evicted);
}

#[test]
fn a_trace_that_is_not_over_is_there_when_it_ends_however_many_others_did_meanwhile() {
    let traces = start(patient().memory(SMALL).max_text(100));
    let root = span!("store.root");
    let id = trace_of(&root);
    span!(parent: &root, "store.child").finish();
    assert_eq!(traces.get(id).unwrap().summary().class(), Class::InProgress);
    (0..FLOOD).for_each(|_| _ = quick());
    root.finish();
    let trace = traces.get(id).unwrap();
    assert_eq!(trace.spans().len(), 2);
    assert_eq!(trace.summary().class(), Class::Ordinary);
}

#[test]
fn of_one_class_the_oldest_go_first() {
    let traces = start(patient().memory(SMALL).max_text(100));
    let ids: Vec<_> = (0..FLOOD).map(|_| quick()).collect();
    let stats = traces.stats();
    let held = stats.traces();
    assert!(held > 200 && held < FLOOD / 2, "{held}");
    assert_eq!(stats.evicted().traces, (FLOOD - held) as u64);
    assert_eq!(stats.spans_taken, FLOOD as u64);
    // Several go at once, so around the border it is not exact.
    let (some, border) = (held / 4, FLOOD - held);
    assert!(
        ids[..border - some]
            .iter()
            .all(|id| traces.get(*id).is_none())
    );
    assert!(
        ids[border + some..]
            .iter()
            .all(|id| traces.get(*id).is_some())
    );
    let listed = traces.list(&Query::new().limit(FLOOD));
    let newest_first = ids.iter().rev().filter(|id| traces.get(**id).is_some());
    assert!(
        listed
            .iter()
            .map(TraceSummary::id)
            .eq(newest_first.copied())
    );
}

#[test]
fn of_few_large_ones_exactly_the_oldest_go() {
    let traces = start(patient().memory(SMALL).max_text(100));
    let large = || {
        let root = span!("store.large");
        (0..20).for_each(|_| span!(parent: &root, "store.item").finish());
        let id = trace_of(&root);
        root.finish();
        id
    };
    let ids: Vec<_> = (0..500).map(|_| large()).collect();
    let gone = ids
        .iter()
        .take_while(|id| traces.get(**id).is_none())
        .count();
    assert!(gone > 400 && gone < 500, "{gone}");
    assert!(ids[gone..].iter().all(|id| traces.get(*id).is_some()));
}

#[test]
fn a_failure_anywhere_makes_a_trace_failed_and_it_stays_so() {
    let traces = start(patient());
    let root = span!("store.slow");
    let id = trace_of(&root);
    let child = span!(parent: &root, "store.child");
    child.fail("no luck");
    child.finish();
    assert_eq!(traces.get(id).unwrap().summary().class(), Class::Failed);
    root.finish();
    let summary = traces.get(id).unwrap().summary().clone();
    assert_eq!((summary.class(), summary.failures()), (Class::Failed, 1));
    assert_eq!(summary.root().outcome().as_str(), "ok");
}

#[test]
fn what_was_slow_once_stays_so_and_what_is_over_is_not_in_progress_again() {
    let traces = start(patient());
    let root = span!("store.root");
    let id = trace_of(&root);
    span!(parent: &root, "store.slow").finish();
    assert_eq!(traces.get(id).unwrap().summary().class(), Class::Slow);
    root.finish();
    assert_eq!(traces.get(id).unwrap().summary().class(), Class::Slow);

    let root = span!("store.root");
    let id = trace_of(&root);
    let task = span!(parent: &root, "store.task");
    root.finish();
    span!(parent: &task, "store.step").finish();
    let summary = traces.get(id).unwrap().summary().clone();
    assert_eq!(
        (summary.class(), summary.is_in_progress()),
        (Class::Ordinary, true)
    );
    drop(task);
}

#[test]
fn the_share_of_the_kept_can_be_chosen() {
    let traces = start(patient().memory(SMALL).max_text(100).kept(0.9));
    // Almost their shares, each several times what is left for the ordinary.
    let most = SMALL * 4 / 10;
    let mut kept = Vec::new();
    for class in [Class::Slow, Class::Failed] {
        while traces.stats().class(class).bytes < most {
            assert!(kept.len() < FLOOD);
            kept.push(if class == Class::Slow {
                slow()
            } else {
                failed()
            });
        }
    }
    (0..FLOOD).for_each(|_| _ = quick());
    assert!(kept.iter().all(|id| traces.get(*id).is_some()));
}

#[test]
fn what_is_streamed_or_cancelled_is_neither_slow_nor_failed() {
    let traces = start(patient());
    let stream = span!("store.slow", { streamed: true });
    let id = trace_of(&stream);
    drop(stream);
    assert_eq!(traces.get(id).unwrap().summary().class(), Class::Ordinary);
    assert_eq!(traces.get(slow()).unwrap().summary().class(), Class::Slow);
}

#[test]
fn a_cleared_store_is_empty_and_goes_on() {
    let traces = start(patient());
    let id = failed();
    traces.clear();
    assert!(traces.get(id).is_none() && traces.list(&Query::new()).is_empty());
    assert_eq!((traces.stats().bytes, traces.stats().traces()), (0, 0));
    assert!(traces.get(quick()).is_some());
}
