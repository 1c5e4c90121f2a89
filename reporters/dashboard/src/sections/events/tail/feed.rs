//! [`Feed`]: where the threads that emit leave events for the next tick.
//!
//! First comes the bucket, which costs those that are held back a look at one word, and a count.
//! What is let through is copied, within bounds and outside of any lock, and put into a ring under a
//! short one: who reads takes the ring as a whole. Every event is either shown or counted as held
//! back.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use telemetry::Event;

use super::bucket::{Bucket, Filled};
use super::entry::Entry;
use crate::visible::Visible;

#[derive(Debug)]
pub(super) struct Feed {
    visible: Visible,
    bucket: Bucket,
    held_back: Apart,
    ring: Mutex<Ring>,
}

/// On a cache line of its own: threads in a flood write it, and read what is around it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart(AtomicU64);

#[derive(Debug)]
struct Ring {
    entries: VecDeque<Entry>,
    filled: Filled,
    numbered: u64,
    /// Nobody reads any more.
    is_closed: bool,
}

thread_local! {
    /// Whether this thread is copying an event. Printing a value may emit others.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

impl Feed {
    pub(super) fn new(visible: Visible) -> Self {
        let (bucket, filled) = Bucket::new();
        let ring = Ring {
            entries: VecDeque::new(),
            filled,
            numbered: 0,
            is_closed: false,
        };
        Self {
            visible,
            bucket,
            held_back: Apart::default(),
            ring: Mutex::new(ring),
        }
    }

    /// On the thread that emits.
    pub(super) fn take(&self, event: &Event<'_>) {
        if IS_INSIDE.get() || !self.bucket.take() {
            self.hold_back();
            return;
        }
        // Nothing below unwinds, so it is always reset.
        IS_INSIDE.set(true);
        let entry = Entry::of(event, &self.visible);
        IS_INSIDE.set(false);
        let mut ring = self.ring();
        if ring.is_closed {
            return;
        }
        ring.push(entry);
    }

    fn hold_back(&self) {
        self.held_back.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were seen and are not shown.
    pub(super) fn held_back(&self) -> u64 {
        self.held_back.0.load(Ordering::Relaxed)
    }

    /// What came since this was last asked, the newest last: no more than the bucket holds. Then there
    /// is room for others.
    pub(super) fn collect(&self) -> VecDeque<Entry> {
        let mut ring = self.ring();
        let entries = std::mem::take(&mut ring.entries);
        self.bucket.fill(&mut ring.filled, Instant::now());
        entries
    }

    /// Threads keep a handler for a while after it was detached; they are not to keep events as well.
    pub(super) fn close(&self) {
        let mut ring = self.ring();
        ring.is_closed = true;
        let entries = std::mem::take(&mut ring.entries);
        drop(ring);
        drop(entries);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, mut entry: Entry) {
        self.numbered += 1;
        entry.number = self.numbered;
        self.entries.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::Arc;
    use std::thread::ScopedJoinHandle;

    use telemetry::{display, execute};

    use super::super::bucket::PER_SECOND;
    use super::*;

    fn feed(pattern: &str) -> (Arc<Feed>, telemetry::AttachGuard) {
        let feed = Arc::new(Feed::new(Visible::default()));
        let own = feed.clone();
        let take = move |event: &Event<'_>| own.take(event);
        let id = format!("feed-{pattern}");
        (feed, telemetry::attach(id, pattern, take).unwrap().guard())
    }

    #[test]
    fn every_event_of_four_threads_is_shown_or_counted() {
        const EACH: u64 = 5_000;
        let (feed, _guard) = feed("dashboard.feed.threads");
        let shown = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for n in 0..EACH {
                            execute!("dashboard.feed.threads", { n }, { route: "/" });
                        }
                    })
                })
                .collect();
            // Read meanwhile.
            let mut shown = 0;
            while !threads.iter().all(ScopedJoinHandle::is_finished) {
                shown += feed.collect().len() as u64;
                std::thread::yield_now();
            }
            shown + feed.collect().len() as u64
        });
        assert_eq!(shown + feed.held_back(), 4 * EACH);
        assert!(shown >= PER_SECOND && feed.held_back() > 0);
    }

    #[test]
    fn what_nobody_collects_is_bounded() {
        let (feed, _guard) = feed("dashboard.feed.ring");
        for _ in 0..1_000 {
            execute!("dashboard.feed.ring");
        }
        let entries = feed.collect();
        assert_eq!(entries.len() as u64, PER_SECOND);
        assert_eq!(entries[99].number, PER_SECOND);
        assert_eq!(feed.held_back(), 1_000 - PER_SECOND);
    }

    #[test]
    fn what_is_emitted_while_an_event_is_copied_is_counted_and_no_more() {
        struct Chatty;
        impl fmt::Display for Chatty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                execute!("dashboard.feed.chatty", {}, { route: display(self) });
                f.write_str("here")
            }
        }
        let (feed, _guard) = feed("dashboard.feed.chatty");
        execute!("dashboard.feed.chatty", {}, { route: display(&Chatty) });
        assert_eq!((feed.collect().len(), feed.held_back()), (1, 1));
    }

    #[test]
    fn one_that_is_closed_keeps_nothing() {
        let (feed, _guard) = feed("dashboard.feed.closed");
        execute!("dashboard.feed.closed");
        feed.close();
        execute!("dashboard.feed.closed");
        assert_eq!(feed.collect().len(), 0);
    }

    #[test]
    fn an_entry_is_bounded_and_hides_what_is_not_allowed() {
        let (feed, _guard) = feed("dashboard.feed.entry");
        let long = "x".repeat(1_000);
        let panics = telemetry::debug(&Panics);
        execute!(
            "dashboard.feed.entry",
            { duration: std::time::Duration::from_millis(2), system_time: 1 },
            { route: &*long, email: "ada@shop.test", queue: panics, status: 200 }
        );
        let entry = feed.collect()[0].json(true);
        assert_eq!((&entry["n"], &entry["kind"]), (&1.into(), &"event".into()));
        assert_eq!(
            entry["measurements"],
            serde_json::json!([["duration", { "n": 0.002, "u": "seconds" }]])
        );
        let metadata = &entry["metadata"];
        assert_eq!(metadata[0][1].as_str().unwrap().len(), 128 + '…'.len_utf8());
        assert_eq!(metadata[1], serde_json::json!(["email", { "h": true }]));
        assert_eq!(metadata[2], serde_json::json!(["queue", ""]));
        assert_eq!(metadata[3], serde_json::json!(["status", 200]));
        assert!(!entry.to_string().contains("ada@"));
        assert_eq!(entry.get("trace"), None);
    }

    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::panic::resume_unwind(Box::new("on purpose"))
        }
    }
}
