//! The registry: which slot belongs to which name, and which ids are attached.
//!
//! The BEAM keeps this in an ETS table. Here it is a `DashMap` from name to slot, which emitting
//! does not touch once a callsite knows its slot, and a table of attachments by id, which only
//! `attach`, `detach` and `list_handlers` use. Both are statics: they are there before `main`, and
//! no process can die and take them along.
//!
//! Lock order: attachments, then a slot. User code runs under neither.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;
use once_cell::sync::Lazy;

use crate::attach::{AttachError, HandlerInfo};
use crate::failure::{FailurePolicy, HANDLER_FAILURE};
use crate::handler::{Function, Handler};
use crate::name::{self, MAX_RUNTIME_NAMES, NameError};
use crate::slot::Slot;

static SLOTS: Lazy<DashMap<&'static str, &'static Slot>> = Lazy::new(|| {
    // There from the start, so that it can be listened to when no more names are to be had.
    let failure: &'static Slot = Box::leak(Box::new(Slot::new(HANDLER_FAILURE)));
    DashMap::from_iter([(HANDLER_FAILURE, failure)])
});
static RUNTIME_NAMES: AtomicUsize = AtomicUsize::new(0);
static ATTACHMENTS: Lazy<Mutex<Attachments>> = Lazy::new(Mutex::default);

#[derive(Default)]
struct Attachments {
    by_id: HashMap<Arc<str>, Attachment>,
    last_number: u64,
}

struct Attachment {
    handler: Arc<Handler>,
    slots: Vec<&'static Slot>,
}

/// The slot of a name that the program's text contains.
pub(crate) fn slot(name: &'static str) -> &'static Slot {
    if let Some(slot) = SLOTS.get(name) {
        return *slot;
    }
    *SLOTS
        .entry(name)
        .or_insert_with(|| Box::leak(Box::new(Slot::new(name))))
}

/// The slot of a (valid) name that came at run time; those are counted.
pub(crate) fn runtime_slot(name: &str) -> Result<&'static Slot, NameError> {
    if let Some(slot) = SLOTS.get(name) {
        return Ok(*slot);
    }
    // Counted before the name is kept. Two threads that introduce one name at the same moment
    // count it twice, which costs one of ten thousand.
    let counted = RUNTIME_NAMES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
        (n < MAX_RUNTIME_NAMES).then_some(n + 1)
    });
    if counted.is_err() {
        return Err(NameError::TooMany);
    }
    Ok(slot(Box::leak(Box::from(name))))
}

/// Attaches a function to all `patterns`, or to none.
pub(crate) fn attach(
    id: Arc<str>,
    patterns: &[String],
    on_failure: FailurePolicy,
    function: Function,
) -> Result<u64, AttachError> {
    for pattern in patterns {
        if pattern.contains('*') {
            return Err(AttachError::Pattern {
                pattern: pattern.clone(),
            });
        }
        name::check(pattern).map_err(|error| AttachError::Name {
            pattern: pattern.clone(),
            error,
        })?;
    }
    if patterns.is_empty() {
        return Err(AttachError::NoEvents {
            id: id.as_ref().into(),
        });
    }

    let mut attachments = lock();
    let Attachments { by_id, last_number } = &mut *attachments;
    let Entry::Vacant(vacant) = by_id.entry(id.clone()) else {
        return Err(AttachError::DuplicateId {
            id: id.as_ref().into(),
        });
    };
    let mut slots: Vec<&'static Slot> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let slot = runtime_slot(pattern).map_err(|error| AttachError::Name {
            pattern: pattern.clone(),
            error,
        })?;
        // An event listed twice runs the handler once: a metric would count double.
        if !slots.iter().any(|known| std::ptr::eq(*known, slot)) {
            slots.push(slot);
        }
    }

    // Nothing can fail any more.
    *last_number += 1;
    let number = *last_number;
    let handler = Arc::new(Handler::new(id, number, on_failure, function));
    // Lists only grow here, so nothing of a user's is dropped with the old ones.
    for slot in &slots {
        slot.add(handler.clone());
    }
    vacant.insert(Attachment { handler, slots });
    Ok(number)
}

/// Detaches whatever has this id.
pub(crate) fn detach(id: &str) -> bool {
    detach_if(id, |_| true)
}

/// Detaches this id only if it is still the same attachment.
pub(crate) fn detach_attachment(id: &str, number: u64) -> bool {
    detach_if(id, |handler| handler.number() == number)
}

fn detach_if(id: &str, wanted: impl FnOnce(&Handler) -> bool) -> bool {
    let mut attachments = lock();
    if !attachments
        .by_id
        .get(id)
        .is_some_and(|attachment| wanted(&attachment.handler))
    {
        return false;
    }
    let Some(gone) = attachments.by_id.remove(id) else {
        return false;
    };
    let old: Vec<_> = gone
        .slots
        .iter()
        .map(|slot| slot.remove(gone.handler.number()))
        .collect();
    drop(attachments);
    // The handler's destructor may attach or detach, so it runs after the unlock.
    drop((old, gone));
    true
}

/// One row per handler and event, in the order of attaching.
pub(crate) fn list(prefix: &str) -> Vec<HandlerInfo> {
    let attachments = lock();
    let mut found: Vec<&Attachment> = attachments.by_id.values().collect();
    found.sort_unstable_by_key(|attachment| attachment.handler.number());
    found
        .iter()
        .flat_map(|attachment| {
            attachment
                .slots
                .iter()
                .map(move |slot| (&attachment.handler, slot.name()))
        })
        .filter(|(_, name)| starts_with(name, prefix))
        .map(|(handler, name)| HandlerInfo {
            id: handler.id().to_string(),
            pattern: name.to_owned(),
            failures: handler.failures(),
            resting_until: handler.resting_until(),
        })
        .collect()
}

/// Whole segments: `shop` is a prefix of `shop.stop`, not of `shopping.stop`.
fn starts_with(name: &str, prefix: &str) -> bool {
    match name.strip_prefix(prefix) {
        Some(rest) => prefix.is_empty() || rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

fn lock() -> MutexGuard<'static, Attachments> {
    // A panic under the lock would have to come from an allocation; the table is whole either way.
    ATTACHMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}
