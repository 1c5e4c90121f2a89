//! Whatever comes, it is bounded.

use std::fmt;

use telemetry::span;
use telemetry_traces::{Class, Traces};

use crate::support::{outline, patient, start, trace_of};

#[test]
fn spans_beyond_the_limit_are_counted_and_those_above_others_have_room() {
    let traces = start(patient().max_spans(10));
    let root = span!("store.root");
    let id = trace_of(&root);
    root.context().unwrap().in_scope(|| {
        span!("store.list").in_scope(|| {
            for n in 0..20 {
                let item = span!("store.item");
                if n == 15 {
                    item.fail("no luck");
                }
                item.finish();
            }
        });
    });
    root.finish();
    let trace = traces.get(id).unwrap();
    let mut lines = vec!["store.root", "  store.list"];
    lines.extend(["    store.item"; 10]);
    assert_eq!(outline(&trace), lines);
    assert_eq!(trace.summary().left_out(), 10);
    assert_eq!(traces.stats().spans_left_out, 10);
    // What was left out is heard all the same.
    assert_eq!(
        (trace.summary().class(), trace.summary().failures()),
        (Class::Failed, 1)
    );
    assert!(trace.to_string().ends_with("\n… 10 spans were left out"));
}

#[test]
fn a_trace_of_large_spans_takes_an_eighth_of_the_memory_and_no_more() {
    const MEMORY: usize = 512 * 1024;
    let traces = start(patient().memory(MEMORY));
    let others: Vec<_> = (0..50).map(|_| crate::support::quick()).collect();
    let text = "x".repeat(2_000);
    let root = span!("store.root");
    let id = trace_of(&root);
    for _ in 0..500 {
        span!(parent: &root, "store.large", { text }).finish();
    }
    root.finish();
    let trace = traces.get(id).unwrap();
    assert_eq!(trace.summary().root().name(), "store.root");
    let bytes: usize = trace.spans().iter().map(|span| span.bytes()).sum();
    assert!(
        bytes <= MEMORY / 8 + MEMORY / 64 && bytes > MEMORY / 16,
        "{bytes}"
    );
    assert!(trace.summary().left_out() > 400);
    assert!(others.iter().all(|id| traces.get(*id).is_some()));
}

#[test]
fn a_long_text_is_cut_between_characters_and_says_so() {
    let traces = start(patient().max_text(9));
    let span = span!("store.long", {
        short: "123456789",
        long: "12345678ü0",
        statement: "x".repeat(1_000_000),
    });
    let id = trace_of(&span);
    span.finish();
    let trace = traces.get(id).unwrap();
    let span = &trace.spans()[0];
    assert!(span.metadata_is("short", "123456789"));
    assert!(span.metadata_is("long", "12345678…"));
    assert!(span.metadata_is("statement", "xxxxxxxxx…"));
    assert!(span.bytes() < 1_000);
}

#[test]
fn many_texts_and_many_fields_are_bounded_together() {
    let traces = start(patient().max_text(10));
    let span = span!("store.many");
    let id = trace_of(&span);
    for n in 0..200 {
        let key: &'static str = Box::leak(format!("k{n}").into_boxed_str());
        span.set(key, "0123456789");
        span.measure(key, n);
    }
    span.finish();
    let trace = traces.get(id).unwrap();
    let span = &trace.spans()[0];
    assert_eq!(span.all_metadata().count(), 64);
    assert_eq!(span.measurements().count(), 64);
    assert_eq!(span.fields_left_out(), 2 * (200 - 64));
    let whole = span
        .all_metadata()
        .filter(|(_, value)| value.prints_as("0123456789"));
    assert_eq!(whole.count(), 8);
    assert!(span.metadata_is("k63", "…"));
}

#[test]
fn a_value_that_panics_fails_or_never_ends_is_what_it_printed_until_then() {
    struct Hostile(u8);
    impl fmt::Display for Hostile {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("begun")?;
            match self.0 {
                0 => panic!("on purpose"),
                1 => Err(fmt::Error),
                2 => loop {
                    f.write_str("…and on")?;
                },
                // Not everybody stops when told to.
                3 => (0..1_000).try_for_each(|_| {
                    let _ = f.write_str("…and on");
                    Ok(())
                }),
                // Another span ends while this one is recorded.
                _ => {
                    span!("store.nested", { deeper: "text" }).finish();
                    f.write_str(" and ended")
                }
            }
        }
    }
    let traces = start(patient().max_text(20));
    // At the end of a completion-only span its values are printed by who looks at them.
    for (case, expected) in [
        (0, "begun"),
        (1, "begun"),
        (2, "begun…and on…"),
        (3, "begun…and on…"),
        (4, "begun and ended"),
    ] {
        let value = Hostile(case);
        let span = span!("store.hostile");
        let id = trace_of(&span);
        let shown = telemetry::display(&value);
        span.finish_with(&[], &[("before", Some("b".into())), ("value", Some(shown))]);
        let trace = traces.get(id).unwrap();
        let span = trace.find("store.hostile").unwrap();
        let value = span.metadata("value").unwrap().to_string();
        assert!(
            value.starts_with(expected) && value.len() <= 24,
            "{case}: {value}"
        );
        assert!(span.metadata_is("before", "b"));
    }
    assert!(
        telemetry::list_handlers("store")
            .iter()
            .all(|row| row.failures == 0)
    );
}

#[test]
fn a_trace_that_is_not_sampled_is_not_recorded() {
    let traces = start(Traces::builder().sample(0.0));
    let id = crate::support::quick();
    assert!(traces.get(id).is_none() && traces.stats().spans_taken == 0);
    drop(traces);
    let traces = start(patient());
    let parent = crate::support::remote(9, 9, false);
    span!(parent: parent, "store.unsampled").finish();
    assert!(traces.get(parent.trace_id()).is_none());
    let parent = crate::support::remote(9, 9, true);
    span!(parent: parent, "store.sampled").finish();
    assert!(traces.get(parent.trace_id()).is_some());
    drop(traces);
    let traces = start(patient().unsampled(true));
    let parent = crate::support::remote(9, 9, false);
    span!(parent: parent, "store.unsampled").finish();
    assert!(traces.get(parent.trace_id()).is_some());
}
