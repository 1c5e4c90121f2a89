//! Ids: who is below whom, in which trace.

use std::collections::HashSet;
use std::sync::mpsc;
use std::thread;

use telemetry::{SpanContext, SpanId, TraceId, span};

use crate::support::{Notes, Seen, Witness, current};

const REMOTE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn a_child_has_its_parents_trace_and_a_span_id_of_its_own() {
    let witness = Witness::of("ctx.ids.chain.*");
    let chain = Notes::new();
    fn deeper(depth: usize, chain: &Notes<SpanContext>) {
        if depth > 0 {
            let span = span!("ctx.ids.chain");
            chain.push(span.context().unwrap());
            span.in_scope(|| deeper(depth - 1, chain));
        }
    }
    // Deep, and three of them side by side at the bottom.
    deeper(5, &chain);
    let chain = chain.take();
    chain[4].in_scope(|| (0..3).for_each(|_| span!("ctx.ids.chain").finish()));

    let trace = chain[0].trace_id();
    let seen = witness.take();
    let ends: Vec<_> = seen
        .iter()
        .filter(|seen| seen.event.kind().is_span_end())
        .collect();
    assert_eq!(ends.len(), 8);
    let ids: HashSet<SpanId> = ends.iter().map(|seen| seen.own().span_id()).collect();
    assert_eq!(ids.len(), 8);
    for seen in &ends {
        assert_eq!(seen.own().trace_id(), trace);
        assert!(seen.own().is_sampled() && !seen.own().is_remote());
    }
    // The chain ends from the inside.
    for (at, seen) in ends[..5].iter().rev().enumerate() {
        assert_eq!(seen.own(), chain[at]);
        assert_eq!(seen.parent(), at.checked_sub(1).map(|above| chain[above]));
    }
    assert!(ends[5..].iter().all(|seen| seen.parent() == Some(chain[4])));
    // A span's start and its end say the same.
    let start = &seen[0];
    assert_eq!((start.own(), start.parent()), (chain[0], None));
}

#[test]
fn ids_are_not_given_out_twice() {
    let _witness = Witness::of("ctx.ids.many.*");
    let there: Vec<_> = (0..8)
        .map(|_| {
            thread::spawn(|| {
                let ids = |_| {
                    let span = span!("ctx.ids.many");
                    let context = span.context().unwrap();
                    (context.trace_id(), context.span_id())
                };
                (0..2_000).map(ids).collect::<Vec<_>>()
            })
        })
        .collect();
    let all: Vec<_> = there
        .into_iter()
        .flat_map(|ids| ids.join().unwrap())
        .collect();
    let traces: HashSet<TraceId> = all.iter().map(|(trace, _)| *trace).collect();
    let spans: HashSet<SpanId> = all.iter().map(|(_, span)| *span).collect();
    assert_eq!((traces.len(), spans.len()), (16_000, 16_000));
}

#[test]
fn the_flags_of_a_remote_parent_are_handed_on() {
    let witness = Witness::of("ctx.ids.flags.*");
    for (flags, sampled) in [("00", false), ("01", true), ("02", false), ("03", true)] {
        let header = format!("{}{flags}", &REMOTE[..53]);
        let remote: SpanContext = header.parse().unwrap();
        let child = span!(parent: remote, "ctx.ids.flags");
        let context = child.context().unwrap();
        let grandchild = child.in_scope(|| span!("ctx.ids.flags").context().unwrap());
        for context in [context, grandchild] {
            assert_eq!(context.is_sampled(), sampled);
            assert_eq!(&context.traceparent().as_str()[53..], flags);
            assert_eq!(context.trace_id(), remote.trace_id());
        }
    }
    assert_eq!(witness.take().len(), 4 * 4);
}

#[test]
fn a_remote_parent_is_remote_and_its_children_are_not() {
    let witness = Witness::of("ctx.ids.remote.*");
    let remote: SpanContext = REMOTE.parse().unwrap();
    assert!(remote.is_remote());
    span!(parent: remote, "ctx.ids.remote").finish();
    remote.in_scope(|| span!("ctx.ids.remote").finish());
    let seen = witness.take();
    assert_eq!(seen.len(), 4);
    for seen in seen {
        assert_eq!(seen.parent(), Some(remote));
        assert!(!seen.own().is_remote());
        assert_eq!(seen.own().trace_id(), remote.trace_id());
    }
    // Ids by hand come from elsewhere, too.
    let by_hand = SpanContext::new(remote.trace_id(), remote.span_id(), true);
    assert_eq!(by_hand, remote);
}

#[test]
fn no_parent_begins_a_new_trace_wherever_it_is() {
    let witness = Witness::of("ctx.ids.none.*");
    let outer = SpanContext::new_root();
    let nothing: Option<SpanContext> = None;
    outer.in_scope(|| {
        span!(parent: None, "ctx.ids.none").finish();
        let span = span!(parent: nothing, "ctx.ids.none", { n: 1 });
        let own = span.context();
        // Children of it are of the new trace.
        span.in_scope(|| {
            assert_eq!(current(), own);
            span!("ctx.ids.none.child").finish();
        });
        assert_eq!(current(), Some(outer));
    });
    let ends: Vec<Seen> = witness.take();
    let ends: Vec<_> = ends
        .iter()
        .filter(|seen| seen.event.kind().is_span_end())
        .collect();
    let [one, child, two] = ends[..] else {
        panic!("three spans");
    };
    assert_eq!((one.parent(), two.parent()), (None, None));
    let traces: HashSet<_> = [one.own(), two.own(), outer].map(|c| c.trace_id()).into();
    assert_eq!(traces.len(), 3);
    assert_eq!(child.parent(), Some(two.own()));
}

#[test]
fn an_explicit_parent_wins_over_what_is_current() {
    let witness = Witness::of("ctx.ids.explicit.*");
    let (here, there) = (SpanContext::new_root(), SpanContext::new_root());
    here.in_scope(|| {
        span!(parent: there, "ctx.ids.explicit").finish();
        span!(parent: Some(there), "ctx.ids.explicit").finish();
        span!(parent: &Some(there), "ctx.ids.explicit", { n: 1 }).finish();
        telemetry::completion_span!(parent: there, "ctx.ids.explicit.query").finish();
    });
    let seen = witness.take();
    assert_eq!(seen.len(), 7);
    assert!(seen.iter().all(|seen| seen.parent() == Some(there)));
}

#[test]
fn a_parent_may_go_through_a_channel_or_a_stored_text() {
    let witness = Witness::of("ctx.ids.sent.*");
    let (send, receive) = mpsc::channel::<(Option<SpanContext>, String)>();
    let worker = thread::spawn(move || {
        for (context, stored) in receive {
            span!(parent: context, "ctx.ids.sent.job").finish();
            let parsed = SpanContext::from_traceparent(&stored).ok();
            span!(parent: parsed, "ctx.ids.sent.job").finish();
        }
        assert_eq!(current(), None);
    });
    let request = span!("ctx.ids.sent.request");
    let own = request.context().unwrap();
    send.send((Some(own), own.to_string())).unwrap();
    // The parent may be over long before.
    request.finish();
    drop(send);
    worker.join().unwrap();

    let seen = witness.take();
    let jobs: Vec<_> = seen
        .iter()
        .filter(|seen| seen.event.name() == "ctx.ids.sent.job.stop")
        .collect();
    assert_eq!(jobs.len(), 2);
    assert_eq!(jobs[0].parent(), Some(own));
    // What comes back from a text is remote, whoever wrote it, so the two are not equal.
    let stored = jobs[1].parent().unwrap();
    assert!(stored.is_remote() && stored != own);
    assert_eq!(stored.span_id(), own.span_id());
    for job in jobs {
        assert_eq!(job.own().trace_id(), own.trace_id());
    }
}

#[test]
fn a_new_root_is_sampled_and_ours() {
    let root = SpanContext::new_root();
    assert!(root.is_sampled() && !root.is_remote());
    assert_ne!(root.trace_id(), SpanContext::new_root().trace_id());
    let unsampled = SpanContext::new(root.trace_id(), root.span_id(), false);
    assert!(!unsampled.is_sampled());
}
