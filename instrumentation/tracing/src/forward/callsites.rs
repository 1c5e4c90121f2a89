//! All callsites that were made, and how many there may be.
//!
//! What is leaked has to be bounded, so neither the sets of fields nor the names may be counted on:
//! an event of ten optional fields has a thousand sets. There is one callsite per place, with the
//! fields of all events seen there; one that lacks a field is replaced by a wider one. So there
//! are at most as many per place as it has keys, and soon there is one. A place with more keys than
//! [`MAX_FIELDS`] is left to the generic callsite, so that one adapter that makes keys up does not
//! use up what there is for all.

use std::sync::{LazyLock, Mutex, PoisonError};

use foldhash::fast::RandomState;
use papaya::HashMap;

use super::callsite::{Callsite, Place, Source};
use super::fields::MAX_FIELDS;

/// How many callsites are made at most, in the life of the process. Beyond it, what has no callsite
/// with all its fields is emitted from a generic one: target `telemetry`, and one field `fields`
/// with the text of them all. So is an event that has had more than [`MAX_FIELDS`] different keys.
pub const MAX_CALLSITES: usize = 2_000;

/// Read without a lock by everybody who emits.
static CALLSITES: LazyLock<HashMap<Place, &'static Callsite, RandomState>> =
    LazyLock::new(HashMap::default);

static MAKING: Mutex<Count> = Mutex::new(Count {
    made: 0,
    limit: MAX_CALLSITES,
});

struct Count {
    made: usize,
    limit: usize,
}

pub(super) fn find(place: Place) -> Option<&'static Callsite> {
    CALLSITES.pin().get(&place).copied()
}

/// A callsite for this place that has all of `sources`, or a generic one.
pub(super) fn with_all(place: Place, sources: &[Source]) -> &'static Callsite {
    let found = find(place);
    if let Some(callsite) = found.filter(|callsite| lacking(callsite, sources).next().is_none()) {
        return callsite;
    }
    make(place, sources)
}

fn lacking<'s>(callsite: &Callsite, sources: &'s [Source]) -> impl Iterator<Item = &'s Source> {
    let wanted = sources.iter().enumerate();
    wanted
        .filter(|(at, source)| callsite.position(**source, *at).is_none())
        .map(|(_, source)| source)
}

#[cold]
fn make(place: Place, sources: &[Source]) -> &'static Callsite {
    // Nobody's code runs under this lock.
    let mut count = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have made it in the meantime.
    let found = find(place);
    let known = found.map_or(&[][..], Callsite::sources);
    let mut all = known.to_vec();
    for source in sources {
        if !all.contains(source) {
            all.push(*source);
        }
    }
    if let Some(callsite) = found.filter(|_| all.len() == known.len()) {
        return callsite;
    }
    if count.made >= count.limit || all.len() > MAX_FIELDS {
        drop(count);
        return generic(place);
    }
    count.made += 1;
    let callsite = Callsite::leak(place, all);
    CALLSITES.pin().insert(place, callsite);
    callsite
}

/// At most ten: by level, for events and for spans.
fn generic(place: Place) -> &'static Callsite {
    // The names of events have at least one character.
    let key = Place {
        name: "",
        target: None,
        ..place
    };
    let _alone = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(callsite) = find(key) {
        return callsite;
    }
    let callsite = Callsite::leak_generic(place.level, place.is_span);
    CALLSITES.pin().insert(key, callsite);
    callsite
}
