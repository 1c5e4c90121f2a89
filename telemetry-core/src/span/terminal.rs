//! The one event with which a span ends.

use std::any::Any;

use super::{Live, OwnedValue};
use crate::dispatch::dispatch;
use crate::failure::panic_message;
use crate::{Event, Number, Value, clock};

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
    let duration = live.started.elapsed();
    let slot = match ending {
        Ending::Panicked(_) => live.exception,
        Ending::Returned | Ending::Dropped => live.stop,
    };
    if !slot.is_observed() {
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
    let mut keys = live.metadata_keys.to_vec();
    let mut values: Vec<Option<Value<'_>>> = live
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

    let mut measurement_keys = vec!["duration", "monotonic_time"];
    let mut measurements = vec![
        Some(Number::Duration(duration)),
        Some(Number::Duration(clock::monotonic_time())),
    ];
    for (key, number) in &added.measurements {
        if !measurement_keys.contains(key) {
            measurement_keys.push(key);
            measurements.push(Some(*number));
        }
    }

    dispatch(
        slot,
        &Event {
            name: slot.name(),
            measurement_keys: &measurement_keys,
            measurements: &measurements,
            metadata_keys: &keys,
            metadata: &values,
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
