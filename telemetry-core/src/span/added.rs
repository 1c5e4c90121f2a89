//! What a running span was decorated with, and [`SpanHandle`], which does it from elsewhere.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use crate::owned::{self, OwnedValue};
use crate::text::Text;
use crate::{Number, ToNumber, ToValue, Value};

/// How long a `reason` may be, in bytes. Errors may quote what came from outside.
pub(super) const MAX_REASON: usize = 4096;

/// Shared by a span and its handles.
#[derive(Default)]
pub(super) struct Added {
    pub(super) metadata: SmallVec<[(&'static str, Option<OwnedValue>); 2]>,
    pub(super) measurements: SmallVec<[(&'static str, Number); 2]>,
    pub(super) failure: Option<Text>,
}

fn lock(added: &Mutex<Added>) -> MutexGuard<'_, Added> {
    added.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn take(added: &Mutex<Added>) -> Added {
    std::mem::take(&mut *lock(added))
}

pub(super) fn set(added: &Mutex<Added>, key: &'static str, value: Option<Value<'_>>) {
    let value = value.map(OwnedValue::from);
    let mut added = lock(added);
    match added.metadata.iter_mut().find(|(known, _)| *known == key) {
        Some(entry) => entry.1 = value,
        None => added.metadata.push((key, value)),
    }
}

pub(super) fn measure(added: &Mutex<Added>, key: &'static str, number: Option<Number>) {
    let mut added = lock(added);
    added.measurements.retain(|(known, _)| *known != key);
    added
        .measurements
        .extend(number.map(|number| (key, number)));
}

pub(super) fn fail(added: &Mutex<Added>, error: &(impl fmt::Display + ?Sized)) {
    // Printed before the lock is taken: it is the caller's code.
    let text = owned::print_at_most(MAX_REASON, error);
    lock(added).failure = Some(text);
}

/// Decorates a running [`Span`](crate::Span) from elsewhere; made by
/// [`Span::handle`](crate::Span::handle).
///
/// It cannot end the span, and does nothing once the span has ended.
#[derive(Clone)]
pub struct SpanHandle {
    pub(super) added: Option<Arc<Mutex<Added>>>,
}

impl SpanHandle {
    /// As [`Span::set`](crate::Span::set).
    pub fn set(&self, key: &'static str, value: impl ToValue) {
        if let Some(added) = &self.added {
            set(added, key, value.to_value());
        }
    }

    /// As [`Span::measure`](crate::Span::measure).
    pub fn measure(&self, key: &'static str, number: impl ToNumber) {
        if let Some(added) = &self.added {
            measure(added, key, number.to_number());
        }
    }

    /// As [`Span::fail`](crate::Span::fail).
    pub fn fail(&self, error: &(impl fmt::Display + ?Sized)) {
        if let Some(added) = &self.added {
            fail(added, error);
        }
    }
}

impl fmt::Debug for SpanHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanHandle").finish_non_exhaustive()
    }
}
