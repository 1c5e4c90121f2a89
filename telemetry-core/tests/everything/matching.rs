//! Patterns against the simplest thing that does the same: segments, compared one by one.

use std::sync::atomic::{AtomicU32, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{AttachOptions, EventName, attach_with, completion_span, execute, list_handlers};

use crate::support::{Log, alone};

/// Whether `pattern` matches the event called `name`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) =
        (pattern.split('.').collect(), name.split('.').collect());
    match pattern.split_last() {
        Some((&"*", above)) => name.len() > above.len() && name[..above.len()] == *above,
        _ => pattern == name,
    }
}

/// Whether an event called `prefix`, or one below it, could match: tried with what `pattern` itself
/// suggests.
fn could_reach(pattern: &str, prefix: &str) -> bool {
    let candidates = [
        prefix.to_owned(),
        format!("{prefix}.x"),
        pattern.to_owned(),
        pattern.replace('*', "x"),
    ];
    candidates.iter().any(|name| {
        let within = *name == prefix || name.starts_with(&format!("{prefix}."));
        !name.contains('*') && within && matches(pattern, name)
    })
}

/// Names that are often the beginnings of one another, as texts and as segments.
fn name() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec!["a", "b", "ab", "a-b", "A"]);
    vec(segment, 1..4).prop_map(|segments| segments.join("."))
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => name(),
        4 => name().prop_map(|name| format!("{name}.*")),
        1 => Just("*".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn an_event_reaches_whom_its_segments_say(
        handlers in vec((vec(pattern(), 1..4), prop::bool::weighted(0.25)), 0..6),
        earlier in vec(name(), 0..6),
        later in vec(name(), 0..6),
        gone in vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let _alone = alone();
        // Names are for ever, so each case has its own, below a segment of its own.
        static CASES: AtomicU32 = AtomicU32::new(0);
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        let own = |name: &String| match name.as_str() {
            "*" => name.clone(),
            name => format!("case{case}.{name}"),
        };
        let make = |names: &[String]| -> Vec<EventName> {
            names.iter().map(|name| EventName::new(&own(name)).unwrap()).collect()
        };
        let log = Log::new();
        let mut names = make(&earlier);
        let mut attached: Vec<_> = handlers
            .iter()
            .enumerate()
            .map(|(n, (patterns, spans_only))| {
                let patterns: Vec<_> = patterns.iter().map(own).collect();
                let options = AttachOptions::new().spans_only(*spans_only);
                let id = format!("matching-{n}");
                let guard = attach_with(&*id, &patterns, options, log.writes(&id)).unwrap().guard();
                (id, patterns, *spans_only, guard)
            })
            .collect();
        names.extend(make(&later));

        for gone in [None].into_iter().chain(gone.into_iter().map(Some)) {
            if let Some(gone) = gone {
                if !attached.is_empty() {
                    attached.remove(gone.index(attached.len()));
                }
            }
            for name in &names {
                let reached = |of_span: bool| -> Vec<String> {
                    attached
                        .iter()
                        .filter(|(_, patterns, spans_only, _)| {
                            (of_span || !spans_only)
                                && patterns.iter().any(|pattern| matches(pattern, name.as_str()))
                        })
                        .map(|(id, ..)| id.clone())
                        .collect()
                };
                prop_assert_eq!(name.is_observed(), !reached(false).is_empty());
                execute!(name);
                prop_assert_eq!(log.take(), reached(false), "{}", name);
                let span = completion_span!(name);
                prop_assert_eq!(span.is_observed(), !reached(true).is_empty());
                span.finish();
                prop_assert_eq!(log.take(), reached(true), "{}", name);

                let rows: Vec<_> = list_handlers(name.as_str())
                    .into_iter()
                    .map(|row| (row.id, row.pattern))
                    .collect();
                let mut expected = Vec::new();
                for (id, patterns, ..) in &attached {
                    for (at, pattern) in patterns.iter().enumerate() {
                        if !patterns[..at].contains(pattern) && could_reach(pattern, name.as_str()) {
                            expected.push((id.clone(), pattern.clone()));
                        }
                    }
                }
                prop_assert_eq!(rows, expected, "{}", name);
            }
        }
    }
}
