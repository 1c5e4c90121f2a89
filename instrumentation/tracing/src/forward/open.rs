//! The `tracing` spans made of spans of ours that have not ended.
//!
//! One table for all that forwards, so that a child finds its parent whoever forwarded that. It is
//! in parts with a lock each, as every event looks its span up here. A span that is leaked never
//! ends, so the table is bounded: an old one makes room, and its `tracing` span is closed. Nobody's
//! code runs under a lock; in particular no span is dropped there, because that is a call of the
//! subscriber.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use telemetry::{SpanContext, SpanId, TraceId};
use tracing::span::Id;
use tracing::{Dispatch, Span};

use super::subscriber;
use crate::quiet::quietly;

/// How many `tracing` spans made of ours are open at most; beyond it, old ones are closed.
pub const MAX_OPEN_SPANS: usize = 10_000;

/// How deep `tracing` spans made of ours are nested in each other at most; what is further inside
/// is beside each other in the one that deep.
///
/// The registry closes a span, and with the last child its parent, by calling itself: a chain of a
/// few thousand spans would overflow the stack.
pub const MAX_SPAN_DEPTH: usize = 64;

const PARTS: usize = 16;

static OPEN: LazyLock<Table> = LazyLock::new(|| Table::new(MAX_OPEN_SPANS, PARTS));

/// A context that came back from another process says that it is remote, so not the context itself.
type Key = (TraceId, SpanId);

fn key(context: &SpanContext) -> Key {
    (context.trace_id(), context.span_id())
}

/// A `tracing` span made of one of ours.
#[derive(Debug)]
pub(super) struct Opened {
    span: Span,
    /// What was current in `tracing` when it was made.
    outside: Option<Id>,
    /// Whose it is.
    owner: u64,
    depth: usize,
    /// The span that this one is in, if this one is as deep as may be.
    deepest: Option<Span>,
}

impl Opened {
    /// `above` is the one that it is below, `outside` what is current in `tracing`.
    pub(super) fn new(span: Span, above: Option<&Self>, outside: Option<Id>, owner: u64) -> Self {
        let (depth, deepest) = match above {
            None => (1, None),
            Some(above) if above.depth + 1 < MAX_SPAN_DEPTH => (above.depth + 1, None),
            Some(above) => (MAX_SPAN_DEPTH, Some(above.parent_of_next().clone())),
        };
        Self {
            span,
            outside,
            owner,
            depth,
            deepest,
        }
    }

    /// The span that is the parent of spans below this one.
    pub(super) fn parent_of_next(&self) -> &Span {
        self.deepest.as_ref().unwrap_or(&self.span)
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Whether what happens now is directly in this span: nothing has been entered in `tracing`
    /// since it was made. (Our spans are not entered there; see the crate's limits.)
    pub(super) fn is_innermost(&self, dispatch: &Dispatch) -> bool {
        let current = dispatch.current_span();
        match current.id() {
            None => true,
            Some(id) => Some(id) == self.outside.as_ref() || Some(id) == self.span.id().as_ref(),
        }
    }
}

/// A registry that closes a span lets go of the parent through the subscriber that is the default
/// on that thread. Without one the parent would never close, and another would be asked about a
/// span that it does not know. So the span's own is made the default.
///
/// A subscriber that panics does so once more here, while its first panic unwinds: that would be
/// the end of the process.
impl Drop for Opened {
    fn drop(&mut self) {
        let span = std::mem::replace(&mut self.span, Span::none());
        let deepest = self.deepest.take();
        if let Some(own) = span.with_subscriber(|(_, dispatch)| dispatch.clone()) {
            subscriber::with(&own, || {
                quietly(|| drop(span));
                quietly(|| drop(deepest));
            });
        }
    }
}

struct Table {
    limit: usize,
    /// How many there are in all parts. Relaxed: whoever ends a span knows of its beginning.
    open: AtomicUsize,
    parts: Box<[Mutex<Part>]>,
}

#[derive(Default)]
struct Part {
    last_number: u64,
    spans: HashMap<Key, (u64, Arc<Opened>)>,
    by_age: BTreeMap<u64, Key>,
}

impl Table {
    fn new(limit: usize, parts: usize) -> Self {
        Self {
            limit,
            open: AtomicUsize::new(0),
            parts: std::iter::repeat_with(Mutex::default).take(parts).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.open.load(Ordering::Relaxed) == 0
    }

    /// Ids are random, so any bits of them will do.
    fn part(&self, key: &Key) -> MutexGuard<'_, Part> {
        let at = key.1.get() % self.parts.len() as u64;
        lock(&self.parts[at as usize])
    }

    /// Keeps a span. If it is there already, that one stays. What does not stay is given back.
    #[must_use = "what is taken out is dropped outside the lock"]
    fn insert(&self, key: Key, opened: Arc<Opened>) -> Option<Arc<Opened>> {
        let mut part = self.part(&key);
        if part.spans.contains_key(&key) {
            return Some(opened);
        }
        // Of another part, another lock would be needed. They fill evenly.
        let oldest = match self.open.load(Ordering::Relaxed) {
            open if open < self.limit => None,
            _ => part.by_age.first_key_value().map(|(_, key)| *key),
        };
        let out = oldest.and_then(|key| self.remove_from(&mut part, &key));
        part.last_number += 1;
        let number = part.last_number;
        part.by_age.insert(number, key);
        part.spans.insert(key, (number, opened));
        self.open.fetch_add(1, Ordering::Relaxed);
        out
    }

    fn remove_from(&self, part: &mut Part, key: &Key) -> Option<Arc<Opened>> {
        let (number, opened) = part.spans.remove(key)?;
        part.by_age.remove(&number);
        self.open.fetch_sub(1, Ordering::Relaxed);
        Some(opened)
    }

    fn find(&self, key: &Key) -> Option<Arc<Opened>> {
        if self.is_empty() {
            return None;
        }
        let part = self.part(key);
        part.spans.get(key).map(|(_, opened)| opened.clone())
    }

    fn remove(&self, key: &Key, owner: u64) -> Option<Arc<Opened>> {
        if self.is_empty() {
            return None;
        }
        let mut part = self.part(key);
        let (_, opened) = part.spans.get(key)?;
        if opened.owner != owner {
            return None;
        }
        self.remove_from(&mut part, key)
    }

    fn remove_all(&self, owner: u64) -> Vec<Arc<Opened>> {
        let mut out = Vec::new();
        for part in &self.parts {
            let mut part = lock(part);
            let spans = part.spans.iter();
            let keys: Vec<Key> = spans
                .filter(|(_, (_, opened))| opened.owner == owner)
                .map(|(key, _)| *key)
                .collect();
            out.extend(
                keys.iter()
                    .filter_map(|key| self.remove_from(&mut part, key)),
            );
        }
        out
    }
}

fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn find(context: &SpanContext) -> Option<Arc<Opened>> {
    OPEN.find(&key(context))
}

/// Whether there is a `tracing` span made of this one.
pub(super) fn is_known(context: &SpanContext) -> bool {
    find(context).is_some()
}

/// Keeps a span until it ends. If it is there already, by somebody else who forwards it, that one
/// stays.
pub(super) fn insert(context: &SpanContext, opened: Opened) {
    drop(OPEN.insert(key(context), Arc::new(opened)));
}

/// Takes a span out that has ended, if it is this owner's.
pub(super) fn remove(context: &SpanContext, owner: u64) -> Option<Arc<Opened>> {
    OPEN.remove(&key(context), owner)
}

/// Closes what an owner leaves behind, who learns of no end any more.
pub(super) fn close_all(owner: u64) {
    drop(OPEN.remove_all(owner));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(owner: usize) -> Arc<Opened> {
        Arc::new(Opened::new(Span::none(), None, None, owner as u64))
    }

    fn keys(count: usize) -> Vec<Key> {
        (0..count).map(|_| key(&SpanContext::new_root())).collect()
    }

    #[test]
    fn the_oldest_makes_room() {
        let table = Table::new(3, 1);
        let keys = keys(5);
        let insert = |at: usize| table.insert(keys[at], opened(at)).map(|out| out.owner);
        assert!((0..3).all(|at| insert(at).is_none()));
        assert_eq!(insert(3), Some(0));
        assert_eq!(insert(3), Some(3), "it is there already");
        assert!(table.remove(&keys[2], 7).is_none(), "it is another's");
        assert_eq!(table.remove(&keys[2], 2).map(|out| out.owner), Some(2));
        assert_eq!(insert(4), None, "there is room");
        assert!(table.find(&keys[0]).is_none() && table.find(&keys[4]).is_some());
        let part = lock(&table.parts[0]);
        assert_eq!((part.spans.len(), part.by_age.len()), (3, 3));
    }

    #[test]
    fn all_parts_together_have_the_limit() {
        let table = Table::new(1_000, PARTS);
        for (at, key) in keys(5_000).into_iter().enumerate() {
            drop(table.insert(key, opened(at % 2)));
        }
        let open = table.open.load(Ordering::Relaxed);
        assert!((1_000..1_000 + PARTS).contains(&open), "{open}");
        assert!(table.parts.iter().all(|part| lock(part).spans.len() < 200));
        let out = table.remove_all(0).len() + table.remove_all(1).len();
        assert_eq!((out, table.is_empty()), (open, true));
    }

    #[test]
    fn no_span_is_deeper_than_the_limit() {
        let mut above = Opened::new(Span::none(), None, None, 1);
        for depth in 2..MAX_SPAN_DEPTH + 10 {
            let next = Opened::new(Span::none(), Some(&above), None, 1);
            assert_eq!(next.depth, depth.min(MAX_SPAN_DEPTH));
            assert_eq!(next.deepest.is_some(), depth >= MAX_SPAN_DEPTH);
            above = next;
        }
    }
}
