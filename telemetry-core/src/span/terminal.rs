//! The one event with which a span ends.

use std::any::Any;

use smallvec::{SmallVec, smallvec};

use super::SpanInfo;
use super::live::{Ends, Live};
use crate::clock::{self, Moment};
use crate::context;
use crate::dispatch::dispatch;
use crate::failure::panic_message;
use crate::gate::Behind;
use crate::owned::OwnedValue;
use crate::{Event, EventKind, Number, Value};

/// How a span came to its end.
pub(super) enum Ending<'p> {
    /// `finish`, or the closure or future returned.
    Returned,
    /// Dropped unfinished.
    Dropped,
    /// Unwound; with the panic's payload where it was caught.
    Panicked(Option<&'p (dyn Any + Send)>),
}

pub(super) fn emit(live: &Live, ending: &Ending<'_>) {
    // First of all, so that nothing of ours counts into it.
    let now = Moment::now();
    let duration = now.duration_since(live.started);
    let (slot, kind) = match (live.ends, ending) {
        (Ends::Complete(slot), _) => (slot, EventKind::SpanComplete),
        (Ends::Pair { exception, .. }, Ending::Panicked(_)) => {
            (exception, EventKind::SpanException)
        }
        (Ends::Pair { stop, .. }, _) => (stop, EventKind::SpanStop),
    };
    if !slot.is_observed(Behind::SpanEnd) {
        return;
    }

    // Taken out rather than borrowed: handlers run below, and no lock is held while they do.
    let added = std::mem::take(&mut *live.added());
    let reason;
    let own: [(&'static str, Option<Value<'_>>); 3] = match (ending, &added.failure) {
        (Ending::Panicked(payload), _) => {
            reason = payload.map_or(
                "unknown: the span was dropped by unwinding".into(),
                panic_message,
            );
            let reason = Some(Value::Str(&reason));
            [
                ("outcome", Some("panic".into())),
                ("kind", Some("panic".into())),
                ("reason", reason),
            ]
        }
        (Ending::Dropped, None) => own_metadata("cancelled", None),
        (Ending::Returned, None) => own_metadata("ok", None),
        // Failed, and then dropped or returned, as `?` does: the error is what happened.
        (Ending::Returned | Ending::Dropped, Some(error)) => own_metadata("error", Some(error)),
    };

    // The start's keys keep their places, so that a position learned once per callsite stays
    // good; what was set later replaces the value in place, and new keys follow.
    let mut keys: SmallVec<[&'static str; 12]> = SmallVec::from_slice(live.metadata_keys);
    let mut values: SmallVec<[Option<Value<'_>>; 12]> = live
        .metadata
        .iter()
        .map(|value| value.as_ref().map(OwnedValue::as_value))
        .collect();
    let set = added
        .metadata
        .iter()
        .map(|(key, value)| (*key, value.as_ref().map(OwnedValue::as_value)));
    for (key, value) in set.chain(own.into_iter().filter(|(_, value)| value.is_some())) {
        match keys.iter().position(|known| *known == key) {
            Some(at) => values[at] = value,
            None => {
                keys.push(key);
                values.push(value);
            }
        }
    }

    let mut measurement_keys: SmallVec<[&'static str; 6]> = smallvec!["duration", "monotonic_time"];
    let mut measurements: SmallVec<[Option<Number>; 6]> = smallvec![
        Some(Number::Duration(duration)),
        Some(Number::Duration(now.duration_since(clock::start()))),
    ];
    for (key, number) in &added.measurements {
        if !measurement_keys.contains(key) {
            measurement_keys.push(key);
            measurements.push(Some(*number));
        }
    }

    let _within = context::enter(live.current());
    dispatch(
        slot,
        &Event {
            name: slot.name(),
            measurement_keys: &measurement_keys,
            measurements: &measurements,
            metadata_keys: &keys,
            metadata: &values,
            span: Some(&SpanInfo {
                name: live.ends.name(),
                kind,
                context: live.context,
                parent: live.parent,
                started: live.started,
                started_at: None,
                duration: Some(duration),
            }),
        },
    );
}

fn own_metadata<'v>(
    outcome: &'static str,
    reason: Option<&'v str>,
) -> [(&'static str, Option<Value<'v>>); 3] {
    [
        ("outcome", Some(Value::Str(outcome))),
        ("kind", None),
        ("reason", reason.map(Value::Str)),
    ]
}
