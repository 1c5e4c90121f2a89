//! The table of what is attached, by id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::sync::Lazy;

use super::{FAILURE, runtime_slot_under};
use crate::attach::{AttachError, AttachOptions, HandlerInfo};
use crate::handler::{Function, Handler};
use crate::local;
use crate::pattern::Pattern;
use crate::slot::Slot;

static ATTACHMENTS: Lazy<Mutex<Attachments>> = Lazy::new(|| {
    Mutex::new(Attachments {
        by_id: HashMap::new(),
        last_number: 0,
        slots: vec![&FAILURE],
    })
});

pub(crate) struct Attachments {
    by_id: HashMap<Arc<str>, Attachment>,
    last_number: u64,
    /// All that there are, for patterns.
    slots: Vec<&'static Slot>,
}

struct Attachment {
    handler: Arc<Handler>,
    patterns: Vec<Pattern>,
}

impl Attachment {
    fn matches(&self, event: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(event))
    }

    /// Those of `all` that it concerns.
    fn slots(&self, all: &[&'static Slot]) -> Vec<&'static Slot> {
        let names = self.patterns.iter().map(|pattern| match pattern {
            // Has been there since the attaching.
            Pattern::Event(name) => super::find(name),
            Pattern::Below(_) | Pattern::All => None,
        });
        match names.collect() {
            Some(slots) => slots,
            None => all
                .iter()
                .copied()
                .filter(|slot| self.matches(slot.name()))
                .collect(),
        }
    }
}

impl Attachments {
    /// Gives a new slot the handlers of the patterns that were attached before it.
    pub(super) fn adopt(&mut self, slot: &'static Slot) {
        for attachment in self.by_id.values() {
            if attachment.matches(slot.name()) {
                slot.add(attachment.handler.clone());
            }
        }
        self.slots.push(slot);
    }

    fn remove(&mut self, id: &str) -> Option<Attachment> {
        let gone = self.by_id.remove(id)?;
        for slot in gone.slots(&self.slots) {
            // `gone` keeps the handler alive, so nothing of a user's is dropped here.
            drop(slot.remove(gone.handler.number()));
        }
        Some(gone)
    }
}

/// Attaches a function to all `patterns`, or to none.
pub(crate) fn attach(
    id: Arc<str>,
    patterns: &[String],
    options: AttachOptions,
    function: Function,
) -> Result<u64, AttachError> {
    let patterns = patterns
        .iter()
        .map(|pattern| Pattern::parse(pattern))
        .collect::<Result<Vec<_>, _>>()?;
    if patterns.is_empty() {
        return Err(AttachError::NoEvents {
            id: id.as_ref().into(),
        });
    }

    let mut attachments = lock();
    if attachments.by_id.contains_key(&id) {
        return Err(AttachError::DuplicateId {
            id: id.as_ref().into(),
        });
    }
    for pattern in &patterns {
        // An event that nobody has emitted yet has a slot from now on.
        if let Pattern::Event(name) = pattern {
            runtime_slot_under(&mut attachments, name).map_err(|error| AttachError::Name {
                pattern: pattern.to_string(),
                error,
            })?;
        }
    }

    // Nothing can fail any more.
    attachments.last_number += 1;
    let number = attachments.last_number;
    let handler = Arc::new(Handler::new(id.clone(), number, options, function));
    let attachment = Attachment { handler, patterns };
    for slot in attachment.slots(&attachments.slots) {
        slot.add(attachment.handler.clone());
    }
    if let Entry::Vacant(vacant) = attachments.by_id.entry(id) {
        vacant.insert(attachment);
    }
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
    let gone = attachments.remove(id);
    drop(attachments);
    // The handler's destructor may attach or detach, so it runs after the unlock. If it is this
    // thread that ran it last, it runs now.
    drop(gone);
    local::tidy();
    true
}

/// One row per handler and pattern, in the order of attaching.
pub(crate) fn list(prefix: &str) -> Vec<HandlerInfo> {
    let attachments = lock();
    let mut found: Vec<&Attachment> = attachments.by_id.values().collect();
    found.sort_unstable_by_key(|attachment| attachment.handler.number());
    found
        .iter()
        .flat_map(|attachment| {
            attachment
                .patterns
                .iter()
                .enumerate()
                // A pattern that was given twice is one row.
                .filter(|(at, pattern)| !attachment.patterns[..*at].contains(pattern))
                .map(move |(_, pattern)| (&attachment.handler, pattern))
        })
        .filter(|(_, pattern)| pattern.meets(prefix))
        .map(|(handler, pattern)| HandlerInfo {
            id: handler.id().to_string(),
            pattern: pattern.to_string(),
            spans_only: handler.spans_only(),
            failures: handler.failures(),
            resting_until: handler.resting_until(),
        })
        .collect()
}

pub(super) fn lock() -> MutexGuard<'static, Attachments> {
    // A panic under the lock would have to come from an allocation; the table is whole either way.
    ATTACHMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}
