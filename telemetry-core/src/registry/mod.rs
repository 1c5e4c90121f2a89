//! The registry: which slot belongs to which name, and which ids are attached.
//!
//! The BEAM keeps this in an ETS table. Here it is a `DashMap` from name to slot, which emitting
//! does not touch once a callsite knows its slot, and a table of attachments by id, which `attach`,
//! `detach`, `list_handlers` and the making of a slot use. Both are statics: they are there before
//! `main`, and no process can die and take them along.
//!
//! A slot is made under the lock of the attachments, because patterns that were attached before
//! concern it from its first moment, and patterns attached later must find it.
//!
//! Lock order: attachments, then a shard of the map, then a slot. User code runs under none.

mod attachments;

use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use once_cell::sync::Lazy;

pub(crate) use attachments::{attach, detach, detach_attachment, list};

use crate::failure::HANDLER_FAILURE;
use crate::name::{MAX_RUNTIME_NAMES, NameError};
use crate::slot::Slot;
use attachments::Attachments;

static SLOTS: Lazy<DashMap<&'static str, &'static Slot>> =
    // There from the start, so that it can be listened to when no more names are to be had.
    Lazy::new(|| DashMap::from_iter([(HANDLER_FAILURE, &FAILURE)]));
static FAILURE: Slot = Slot::new(HANDLER_FAILURE);
static RUNTIME_NAMES: AtomicUsize = AtomicUsize::new(0);

/// The slot of a name that the program's text contains.
pub(crate) fn slot(name: &'static str) -> &'static Slot {
    match find(name) {
        Some(slot) => slot,
        None => slot_under(&mut attachments::lock(), name),
    }
}

/// The slot of a (valid) name that came at run time; those are counted.
pub(crate) fn runtime_slot(name: &str) -> Result<&'static Slot, NameError> {
    match find(name) {
        Some(slot) => Ok(slot),
        None => runtime_slot_under(&mut attachments::lock(), name),
    }
}

fn find(name: &str) -> Option<&'static Slot> {
    SLOTS.get(name).map(|slot| *slot)
}

fn slot_under(attachments: &mut Attachments, name: &'static str) -> &'static Slot {
    // Another thread may have made it in the meantime.
    if let Some(slot) = find(name) {
        return slot;
    }
    let slot: &'static Slot = Box::leak(Box::new(Slot::new(name)));
    // Before anybody can find it, so that nobody sees it without the handlers of the patterns.
    attachments.adopt(slot);
    SLOTS.insert(name, slot);
    slot
}

fn runtime_slot_under(
    attachments: &mut Attachments,
    name: &str,
) -> Result<&'static Slot, NameError> {
    if let Some(slot) = find(name) {
        return Ok(slot);
    }
    // All counting happens under the lock.
    if RUNTIME_NAMES.load(Ordering::Relaxed) >= MAX_RUNTIME_NAMES {
        return Err(NameError::TooMany);
    }
    RUNTIME_NAMES.fetch_add(1, Ordering::Relaxed);
    Ok(slot_under(attachments, Box::leak(Box::from(name))))
}
