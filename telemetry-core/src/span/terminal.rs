//! The one event with which a span ends.

use std::any::Any;

use smallvec::{SmallVec, smallvec};

use super::SpanInfo;
use super::added::{self, Added};
use super::live::Live;
use crate::callsite_info::{Base, Keys};
use crate::clock::{self, Moment};
use crate::context;
use crate::dispatch::dispatch;
use crate::failure::panic_message;
use crate::gate::Behind;
use crate::owned::OwnedValue;
use crate::slot::Slot;
use crate::text::Text;
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

/// A span with so many values, and `outcome`, needs no more room than this has.
const ORDINARY: usize = 8;

#[inline(never)]
pub(super) fn emit(live: &Live, ending: &Ending<'_>) {
    // First of all, so that nothing of ours counts into it.
    let now = Moment::now();
    let (slot, kind) = match (live.ends.exception, ending) {
        (None, _) => (live.ends.stop, EventKind::SpanComplete),
        (Some(exception), Ending::Panicked(_)) => (exception, EventKind::SpanException),
        (Some(_), _) => (live.ends.stop, EventKind::SpanStop),
    };
    if !slot.is_observed(Behind::SpanEnd) {
        return;
    }
    let end = End {
        live,
        slot,
        kind,
        now,
    };
    // Taken out rather than borrowed: handlers run below, and no lock is held while they do.
    let added = live.added.get().map(|added| added::take(added));
    let count = live.metadata.len();
    let outcome = match ending {
        Ending::Returned => "ok",
        Ending::Dropped => "cancelled",
        Ending::Panicked(_) => return end.emit_decorated(ending, &added.unwrap_or_default()),
    };
    match added {
        // Nothing was added but the outcome, so the keys are those of the callsite.
        None if count < ORDINARY => {
            let mut values = [None; ORDINARY];
            for (to, from) in values.iter_mut().zip(live.metadata.values()) {
                *to = from;
            }
            values[count] = Some(Value::Str(outcome));
            end.emit(live.ends.keys, &end.times(), &values[..=count]);
        }
        added => end.emit_decorated(ending, &added.unwrap_or_default()),
    }
}

struct End<'l> {
    live: &'l Live,
    slot: &'static Slot,
    kind: EventKind,
    now: Moment,
}

impl End<'_> {
    fn times(&self) -> [Option<Number>; 2] {
        [
            Some(Number::Duration(self.now.duration_since(self.live.started))),
            Some(Number::Duration(self.now.duration_since(clock::start()))),
        ]
    }

    #[inline(always)]
    fn emit(
        &self,
        keys: &Keys<'_>,
        measurements: &[Option<Number>],
        metadata: &[Option<Value<'_>>],
    ) {
        let live = self.live;
        let _within = context::enter(live.current());
        dispatch(&Event {
            slot: self.slot,
            keys,
            measurements,
            metadata,
            span: Some(&SpanInfo {
                ends: live.ends,
                kind: self.kind,
                context: live.context,
                parent: live.parent,
                started: live.started,
                started_at: None,
                duration: measurements[0].and_then(Number::as_duration),
            }),
        });
    }

    #[cold]
    #[inline(never)]
    fn emit_decorated(&self, ending: &Ending<'_>, added: &Added) {
        // The callsite's keys keep their places, so that a position learned once stays good; what
        // was set later replaces the value in place, and new keys follow.
        let mut keys: SmallVec<[&'static str; 12]> =
            SmallVec::from_slice(self.live.ends.keys.metadata);
        let mut values: SmallVec<[Option<Value<'_>>; 12]> = self.live.metadata.values().collect();
        values.resize(keys.len(), None);

        let (outcome, reason) = match (ending, &added.failure) {
            (Ending::Panicked(payload), _) => {
                let unknown = "unknown: the span was dropped by unwinding";
                ("panic", Some(payload.map_or(unknown, panic_message)))
            }
            // Failed, and then dropped or returned, as `?` does: the error is what happened.
            (_, Some(error)) => ("error", Some(Text::as_str(error))),
            (Ending::Dropped, None) => ("cancelled", None),
            (Ending::Returned, None) => ("ok", None),
        };
        let set = added.metadata.iter();
        let set = set.map(|(key, value)| (*key, value.as_ref().map(OwnedValue::as_value)));
        let own = [
            ("outcome", Some(outcome)),
            ("kind", (outcome == "panic").then_some("panic")),
            ("reason", reason),
        ];
        let own = own.into_iter().filter(|(_, value)| value.is_some());
        for (key, value) in set.chain(own.map(|(key, value)| (key, value.map(Value::Str)))) {
            match keys.iter().position(|known| *known == key) {
                Some(at) => values[at] = value,
                None => {
                    keys.push(key);
                    values.push(value);
                }
            }
        }

        let mut measurement_keys: SmallVec<[&'static str; 6]> =
            smallvec!["duration", "monotonic_time"];
        let mut measurements: SmallVec<[Option<Number>; 6]> = SmallVec::from_slice(&self.times());
        for (key, number) in &added.measurements {
            if !measurement_keys.contains(key) {
                measurement_keys.push(key);
                measurements.push(Some(*number));
            }
        }
        let keys = Keys {
            measurements: &measurement_keys,
            metadata: &keys,
            base: Base::Of(self.live.ends.keys),
        };
        self.emit(&keys, &measurements, &values);
    }
}
