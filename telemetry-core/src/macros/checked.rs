//! What the macros check while compiling, with sentences that name the key.
//!
//! `#[track_caller]` all the way down makes the compiler point at the macro's call and leave out
//! what happens in here. The types check the same again for themselves, briefly.

use crate::callsite::Callsite;
use crate::callsite_info::same;
use crate::{CallsiteInfo, EventKind, name};

type Keys = &'static [&'static str];
type Place = (&'static str, &'static str, u32);

/// The callsite of an event with a literal name.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn callsite(
    name: &'static str,
    kind: EventKind,
    measurements: Keys,
    metadata: Keys,
    place: Place,
) -> Callsite {
    name::assert_valid(name);
    keys(kind, measurements, metadata);
    Callsite::new(CallsiteInfo::new(name, kind, measurements, metadata, place))
}

/// The callsite of an event whose name, or its beginning, is chosen at run time.
#[doc(hidden)]
#[must_use]
#[track_caller]
pub const fn info(
    pattern: &'static str,
    kind: EventKind,
    measurements: Keys,
    metadata: Keys,
    place: Place,
) -> CallsiteInfo {
    name::assert_runtime_pattern(pattern);
    keys(kind, measurements, metadata);
    CallsiteInfo::with_runtime_name(pattern, kind, measurements, metadata, place)
}

/// A span with a literal name.
#[doc(hidden)]
#[track_caller]
pub const fn span(name: &str, metadata: &[&str]) {
    name::assert_valid(name);
    span_rest(name, metadata);
}

/// A span whose name, or its beginning, is chosen at run time.
#[doc(hidden)]
#[track_caller]
pub const fn runtime_span(suffix: &str, metadata: &[&str]) {
    if !matches!(suffix.as_bytes(), [b'*'] | [b'*', b'.', ..]) {
        panic!(
            "what stands before `=>` is what all the names end with, but for `.start`, `.stop` and \
             `.exception`: `\"*.checkout\" => name`"
        );
    }
    name::assert_runtime_pattern(suffix);
    // The shortest such name has as many bytes.
    span_rest(suffix, metadata);
}

#[track_caller]
const fn span_rest(name: &str, metadata: &[&str]) {
    if name.len() + ".exception".len() > name::MAX_LEN {
        panic!(
            "event name: it has more than 255 bytes with the `.exception` of the span; what varies \
             belongs into metadata"
        );
    }
    without_outcome(metadata, metadata.len());
    each_once(metadata);
}

#[track_caller]
const fn keys(kind: EventKind, measurements: &[&str], metadata: &[&str]) {
    if kind.is_span_end() && !metadata.is_empty() {
        // The last is the span's own.
        without_outcome(metadata, metadata.len() - 1);
    }
    each_once(measurements);
    each_once(metadata);
}

#[track_caller]
const fn without_outcome(keys: &[&str], count: usize) {
    let mut at = 0;
    while at < count {
        if same(keys[at], "outcome") {
            panic!("`outcome` is what the span itself says about its end; use another key");
        }
        at += 1;
    }
}

#[track_caller]
const fn each_once(keys: &[&str]) {
    let mut at = 0;
    while at < keys.len() {
        if keys[at].is_empty() {
            panic!(
                "a key is empty: write a word, `route: \"/\"`, or a literal, `\"http.route\": \"/\"`"
            );
        }
        let mut other = at + 1;
        while other < keys.len() {
            if same(keys[at], keys[other]) {
                twice(keys[at]);
            }
            other += 1;
        }
        at += 1;
    }
}

#[track_caller]
const fn twice(key: &str) -> ! {
    const BEFORE: &[u8] = b"the key `";
    const AFTER: &[u8] = b"` stands twice in the same braces: give one of the two another name";
    let key = key.as_bytes();
    let mut text = [0; 256];
    let mut at = 0;
    while at < BEFORE.len() + key.len() + AFTER.len() && at < text.len() {
        text[at] = if at < BEFORE.len() {
            BEFORE[at]
        } else if at < BEFORE.len() + key.len() {
            key[at - BEFORE.len()]
        } else {
            AFTER[at - BEFORE.len() - key.len()]
        };
        at += 1;
    }
    match std::str::from_utf8(text.split_at(at).0) {
        Ok(text) => panic!("{}", text),
        // A key so long that its text was cut within a character.
        Err(_) => panic!("a key stands twice in the same braces: give one of the two another name"),
    }
}
