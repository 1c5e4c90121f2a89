//! The one event with which a span ends.

use std::any::Any;

use super::SpanInfo;
use super::added::{self, Added, MAX_REASON};
use super::live::Live;
use crate::callsite_info::{Base, Keys};
use crate::clock::{self, Moment};
use crate::context;
use crate::dispatch::dispatch;
use crate::failure::panic_message;
use crate::gate::Behind;
use crate::owned::{OwnedValue, at_most};
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

/// What an end knows that the span was not told while it ran.
#[derive(Clone, Copy, Default)]
pub(super) struct Late<'v> {
    pub(super) measurements: &'v [(&'static str, Option<Number>)],
    pub(super) metadata: &'v [(&'static str, Option<Value<'v>>)],
}

#[inline(never)]
pub(super) fn emit(live: &Live, ending: &Ending<'_>, late: Late<'_>) {
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
        Ending::Panicked(_) => return end.emit_decorated(ending, added.as_ref(), late),
    };
    let is_late = !(late.measurements.is_empty() && late.metadata.is_empty());
    match added {
        // Nothing was added but the outcome, so the keys are those of the callsite.
        None if count < ORDINARY && !is_late => {
            let mut values = [None; ORDINARY];
            for (to, from) in values.iter_mut().zip(live.metadata.values()) {
                *to = from;
            }
            values[count] = Some(Value::Str(outcome));
            end.emit(live.ends.keys, &end.times(), &values[..=count]);
        }
        added => end.emit_decorated(ending, added.as_ref(), late),
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

    #[inline(never)]
    fn emit_decorated(&self, ending: &Ending<'_>, added: Option<&Added>, late: Late<'_>) {
        let (set, measured) = added.map_or((0, 0), |added| {
            (added.metadata.len(), added.measurements.len())
        });
        let metadata = self.live.ends.keys.metadata.len() + set + late.metadata.len() + OWN;
        let measurements = TIMES.len() + measured + late.measurements.len();
        if metadata <= ROOM && measurements <= ROOM_TO_MEASURE {
            let (keys, values) = (&mut [""; ROOM], &mut [None; ROOM]);
            let metadata = Row::within(keys, values);
            let (keys, values) = (&mut [""; ROOM_TO_MEASURE], &mut [None; ROOM_TO_MEASURE]);
            self.put_together(ending, added, late, metadata, Row::within(keys, values));
        } else {
            let (keys, values) = (&mut vec![""; metadata], &mut vec![None; metadata]);
            let metadata = Row::within(keys, values);
            let (keys, values) = (&mut vec![""; measurements], &mut vec![None; measurements]);
            self.put_together(ending, added, late, metadata, Row::within(keys, values));
        }
    }

    #[inline]
    fn put_together<'v>(
        &'v self,
        ending: &'v Ending<'_>,
        added: Option<&'v Added>,
        late: Late<'v>,
        mut metadata: Row<'_, Value<'v>>,
        mut measurements: Row<'_, Number>,
    ) {
        metadata.begin(self.live.ends.keys.metadata, self.live.metadata.values());
        measurements.begin(&TIMES, self.times());
        let mut failure = None;
        if let Some(added) = added {
            failure = added.failure.as_ref().map(Text::as_str);
            for (key, value) in &added.metadata {
                metadata.set(key, value.as_ref().map(OwnedValue::as_value));
            }
            for (key, number) in &added.measurements {
                measurements.measure(key, Some(*number));
            }
        }
        for (key, value) in late.metadata {
            metadata.set(key, *value);
        }
        for (key, number) in late.measurements {
            measurements.measure(key, *number);
        }
        // Last, because they are the span's own and win.
        let (outcome, reason) = match (ending, failure) {
            (Ending::Panicked(payload), _) => {
                let unknown = "unknown: the span was dropped by unwinding";
                metadata.set("kind", Some(Value::Str("panic")));
                let reason = payload.map_or(unknown, panic_message);
                ("panic", Some(at_most(reason, MAX_REASON)))
            }
            // Failed, and then dropped or returned, as `?` does: the error is what happened.
            (_, Some(error)) => ("error", Some(error)),
            (Ending::Dropped, None) => ("cancelled", None),
            (Ending::Returned, None) => ("ok", None),
        };
        metadata.set("outcome", Some(Value::Str(outcome)));
        if reason.is_some() {
            metadata.set("reason", reason.map(Value::Str));
        }
        let keys = Keys {
            measurements: measurements.keys(),
            metadata: metadata.keys(),
            base: Base::Of(self.live.ends.keys),
        };
        self.emit(&keys, measurements.values(), metadata.values());
    }
}

/// So many keys take no memory of their own.
const ROOM: usize = 14;
const ROOM_TO_MEASURE: usize = 8;

/// What every span measures, in this order.
const TIMES: [&str; 2] = ["duration", "monotonic_time"];

/// As much metadata may be the span's own: `outcome`, `kind`, `reason`.
const OWN: usize = 3;

/// Keys and values that are being put together. The keys to begin with keep their places, so that a
/// position learned once stays good; a value that was set later replaces theirs, and new keys follow.
struct Row<'r, V> {
    keys: &'r mut [&'static str],
    values: &'r mut [Option<V>],
    len: usize,
}

impl<'r, V: Copy> Row<'r, V> {
    fn within(keys: &'r mut [&'static str], values: &'r mut [Option<V>]) -> Self {
        Self {
            keys,
            values,
            len: 0,
        }
    }

    #[inline]
    fn begin(&mut self, keys: &[&'static str], values: impl IntoIterator<Item = Option<V>>) {
        self.keys[..keys.len()].copy_from_slice(keys);
        for (to, from) in self.values.iter_mut().zip(values) {
            *to = from;
        }
        self.len = keys.len();
    }

    #[inline]
    fn keys(&self) -> &[&'static str] {
        &self.keys[..self.len]
    }

    #[inline]
    fn values(&self) -> &[Option<V>] {
        &self.values[..self.len]
    }

    /// The last to come wins, but not over the first `own` keys.
    #[inline]
    fn set_unless_own(&mut self, own: usize, key: &'static str, value: Option<V>) {
        let known = self.keys().iter().position(|known| same(known, key));
        let at = known.unwrap_or_else(|| {
            self.keys[self.len] = key;
            self.len += 1;
            self.len - 1
        });
        if at >= own {
            self.values[at] = value;
        }
    }

    #[inline]
    fn set(&mut self, key: &'static str, value: Option<V>) {
        self.set_unless_own(0, key, value);
    }
}

impl Row<'_, Number> {
    /// What the span measures itself stays.
    #[inline]
    fn measure(&mut self, key: &'static str, number: Option<Number>) {
        self.set_unless_own(TIMES.len(), key, number);
    }
}

/// Whether two keys are the same. Mostly they are the same constant, or differ in their length or first
/// letter.
#[inline(always)]
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len()
        && (std::ptr::eq(one.as_ptr(), other.as_ptr())
            || (one.as_bytes().first() == other.as_bytes().first() && one == other))
}
