//! A span that somebody observes: what it keeps from its start to its end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::{Parent, Span, SpanInfo};
use crate::callsite_info::CallsiteInfo;
use crate::catalogue;
use crate::clock::{self, Moment};
use crate::context::{self, Current};
use crate::dispatch::dispatch;
use crate::owned::{self, OwnedValue};
use crate::slot::Slot;
use crate::{Callsite, Event, EventKind, Number, SpanContext, SpanName, Value};

/// Shared by a [`Span`] with its handles; only the [`Span`] can end it.
pub(super) struct Live {
    pub(super) ends: Ends,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanContext>,
    /// The scope of a test's captures in which it began.
    scope: u64,
    pub(super) metadata_keys: &'static [&'static str],
    pub(super) metadata: SmallVec<[Option<OwnedValue>; 4]>,
    pub(super) started: Moment,
    /// Made in a destructor that runs while the thread unwinds: its own drop says nothing about
    /// a panic then.
    pub(super) made_while_panicking: bool,
    added: Mutex<Added>,
}

/// With which event it ends.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    Pair {
        stop: &'static Slot,
        exception: &'static Slot,
    },
    Complete(&'static Slot),
}

impl Ends {
    /// The span's own name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pair { stop, .. } => {
                let stop = stop.name();
                stop.strip_suffix(".stop").unwrap_or(stop)
            }
            Self::Complete(slot) => slot.name(),
        }
    }
}

/// What the running span was decorated with.
#[derive(Default)]
pub(super) struct Added {
    pub(super) metadata: Vec<(&'static str, Option<OwnedValue>)>,
    pub(super) measurements: SmallVec<[(&'static str, Number); 2]>,
    pub(super) failure: Option<Box<str>>,
}

impl Live {
    fn begin(
        start: Option<&'static Slot>,
        ends: Ends,
        parent: Parent,
        info: &'static CallsiteInfo,
        values: &[Option<Value<'_>>],
    ) -> Span {
        let above = parent.resolve();
        let context = SpanContext::below(above.span);
        // `monotonic_time` of the stop must not be before that of the start, so the process's
        // zero is fixed first.
        let zero = clock::start();
        if let Some(start) = start.filter(|start| start.is_observed(super::START)) {
            let now = Moment::now();
            let event = Event {
                name: start.name(),
                measurement_keys: &["monotonic_time", "system_time"],
                measurements: &[
                    Some(Number::Duration(now.duration_since(zero))),
                    Some(Number::Duration(clock::system_time())),
                ],
                metadata_keys: info.metadata_keys,
                metadata: values,
                span: Some(&SpanInfo {
                    name: ends.name(),
                    kind: EventKind::SpanStart,
                    context,
                    parent: above.span,
                    started: now,
                    started_at: None,
                    duration: None,
                }),
            };
            let _within = context::enter(Current::of(context, above.scope));
            dispatch(start, &event);
        }
        let live = Self {
            ends,
            context,
            parent: above.span,
            scope: above.scope,
            metadata_keys: info.metadata_keys,
            metadata: values
                .iter()
                .map(|value| value.map(OwnedValue::from))
                .collect(),
            made_while_panicking: std::thread::panicking(),
            added: Mutex::default(),
            // Last: copying the metadata is not the span's work either.
            started: Moment::now(),
        };
        Span {
            live: Some(Arc::new(live)),
            passes: Current::NOTHING,
        }
    }

    /// What is current while it runs.
    pub(super) fn current(&self) -> Current {
        Current::of(self.context, self.scope)
    }

    pub(super) fn added(&self) -> MutexGuard<'_, Added> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, key: &'static str, value: Option<Value<'_>>) {
        let value = value.map(OwnedValue::from);
        let mut added = self.added();
        match added.metadata.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => added.metadata.push((key, value)),
        }
    }

    pub(super) fn measure(&self, key: &'static str, number: Option<Number>) {
        let mut added = self.added();
        added.measurements.retain(|(known, _)| *known != key);
        added
            .measurements
            .extend(number.map(|number| (key, number)));
    }

    pub(super) fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        // Printed before the lock is taken: it is the caller's code.
        let text = owned::print(error);
        self.added().failure = Some(text);
    }
}

/// What `span!` with a literal name calls when one of its gates is open.
#[inline(never)]
pub fn begin(
    [start, stop, exception]: [&'static Callsite; 3],
    parent: Parent,
    values: &[Option<Value<'_>>],
) -> Span {
    let ends = Ends::Pair {
        stop: stop.slot(),
        exception: exception.slot(),
    };
    Live::begin(Some(start.slot()), ends, parent, start.info(), values)
}

/// What `span!` with a run-time name calls when one of its gates is open.
#[inline(never)]
pub fn begin_named(
    name: SpanName,
    parent: Parent,
    infos: [&'static CallsiteInfo; 3],
    values: &[Option<Value<'_>>],
) -> Span {
    let [info, ..] = infos;
    infos.into_iter().for_each(catalogue::met_at_run_time);
    let ends = Ends::Pair {
        stop: name.stop.slot,
        exception: name.exception.slot,
    };
    Live::begin(Some(name.start.slot), ends, parent, info, values)
}

/// What `completion_span!` calls when its gate is open.
#[inline(never)]
pub fn begin_complete(
    callsite: &'static Callsite,
    parent: Parent,
    values: &[Option<Value<'_>>],
) -> Span {
    let ends = Ends::Complete(callsite.slot());
    Live::begin(None, ends, parent, callsite.info(), values)
}

/// What `completion_span!` with a run-time name calls when the name's gate is open.
#[inline(never)]
pub fn begin_complete_named(
    name: crate::EventName,
    parent: Parent,
    info: &'static CallsiteInfo,
    values: &[Option<Value<'_>>],
) -> Span {
    catalogue::met_at_run_time(info);
    Live::begin(None, Ends::Complete(name.slot), parent, info, values)
}

/// What the macros call when nobody observes the span.
#[inline]
pub fn unobserved(parent: Parent) -> Span {
    Span {
        live: None,
        passes: parent.resolve(),
    }
}
