//! Random sequences of attaching, detaching and emitting, against the simplest thing that does the
//! same: a list of ids.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{AttachGuard, attach_many, execute, list_handlers};

use crate::support::Log;

const EVENTS: [&str; 3] = ["it.model.0", "it.model.1", "it.model.2"];

fn emit(event: usize) {
    match event {
        0 => execute!("it.model.0"),
        1 => execute!("it.model.1"),
        _ => execute!("it.model.2"),
    }
}

#[derive(Debug, Clone)]
enum Step {
    Attach { id: u8, events: Vec<usize> },
    Detach { id: u8 },
    Emit { event: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4u8, vec(0..3usize, 0..4)).prop_map(|(id, events)| Step::Attach { id, events }),
        (0..4u8).prop_map(|id| Step::Detach { id }),
        (0..3usize).prop_map(|event| Step::Emit { event }),
    ]
}

struct Known {
    id: String,
    events: Vec<usize>,
    // Detaches what is left when a case ends or fails.
    _guard: AttachGuard,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_registry_behaves_like_a_list(steps in vec(step(), 1..40)) {
        static CASES: AtomicU64 = AtomicU64::new(0);
        let case = CASES.fetch_add(1, Ordering::Relaxed);
        let log = Log::new();
        let mut known: Vec<Known> = Vec::new();
        for step in steps {
            match step {
                Step::Attach { id, mut events } => {
                    let id = format!("it-model-{case}-{id}");
                    let names = events.iter().map(|event| EVENTS[*event]);
                    let attached = attach_many(id.as_str(), names, log.writes(&id));
                    let free = !known.iter().any(|known| known.id == id);
                    prop_assert_eq!(attached.is_ok(), free && !events.is_empty());
                    if let Ok(attached) = attached {
                        let mut unique = Vec::new();
                        events.retain(|event| {
                            let new = !unique.contains(event);
                            unique.push(*event);
                            new
                        });
                        known.push(Known { id, events, _guard: attached.guard() });
                    }
                }
                Step::Detach { id } => {
                    let id = format!("it-model-{case}-{id}");
                    let at = known.iter().position(|known| known.id == id);
                    prop_assert_eq!(telemetry::detach(&id), at.is_some());
                    if let Some(at) = at {
                        known.remove(at);
                    }
                }
                Step::Emit { event } => {
                    emit(event);
                    let expected: Vec<_> = known
                        .iter()
                        .filter(|known| known.events.contains(&event))
                        .map(|known| known.id.clone())
                        .collect();
                    prop_assert_eq!(log.take(), expected);
                }
            }
            let rows: Vec<_> =
                list_handlers("it.model").into_iter().map(|row| (row.id, row.pattern)).collect();
            let expected: Vec<_> = known
                .iter()
                .flat_map(|known| known.events.iter().map(|event| (known.id.clone(), EVENTS[*event])))
                .map(|(id, event)| (id, event.to_owned()))
                .collect();
            prop_assert_eq!(rows, expected);
        }
    }
}

/// A handler is dropped when it is detached, not sooner and not later.
#[test]
fn a_handler_lives_as_long_as_it_is_attached() {
    let owned = Arc::new(());
    let captured = owned.clone();
    let attached = attach_many("it-model-life", ["it.model_life"], move |_| {
        let _ = &captured;
    })
    .unwrap();
    execute!("it.model_life");
    assert_eq!(Arc::strong_count(&owned), 2);
    attached.detach();
    assert_eq!(Arc::strong_count(&owned), 1);
}
