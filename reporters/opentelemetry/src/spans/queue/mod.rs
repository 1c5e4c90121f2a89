//! [`SpanQueue`]: from the threads on which spans end to the one that sends them.
//!
//! - What waits are bytes: each span is written where it ends, so that nothing has to be copied,
//!   allocated or looked at again.
//! - Each thread appends to one of several vectors, so threads seldom wait for each other, and the spans
//!   of one thread keep their order. What threads share is one word that counts.
//! - The queue is bounded in spans and in bytes, what is being sent included. When it is full, the newest
//!   is dropped, and counted.
//! - Whoever sends is woken when enough is there, once; no span costs a call of the operating system.

mod batch;
mod shard;
mod used;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use telemetry_metrics::Health;
use tokio::sync::Notify;

pub(crate) use batch::Batch;
use batch::Taking;
use shard::{Shard, lock};
use used::Used;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    /// So many spans at most, those of batches that are being sent included.
    pub(crate) spans: usize,
    /// As many bytes.
    pub(crate) bytes: usize,
    /// With so many waiting [`SpanQueue::woken`] returns.
    pub(crate) wake_at: usize,
}

#[derive(Debug)]
pub(crate) struct SpanQueue {
    limits: QueueLimits,
    health: Health,
    /// As many as a power of two.
    shards: Box<[Shard]>,
    used: Used,
    /// Spans of batches that live.
    in_flight: AtomicU64,
    /// The one who sends waits for [`QueueLimits::wake_at`].
    is_awaited: AtomicBool,
    enough: Notify,
    taking: Mutex<Taking>,
}

impl SpanQueue {
    /// An empty queue, which tells `health` what it drops.
    pub(crate) fn new(limits: QueueLimits, health: Health) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shards = cores.next_power_of_two().min(64);
        // There is one vector more than there are shards. All together keep a part of what may be there.
        let kept = limits.bytes / 8 / (shards + 1);
        Arc::new(Self {
            limits: QueueLimits {
                spans: limits.spans.clamp(1, Used::MOST_SPANS),
                bytes: limits.bytes.clamp(1, Used::MOST_BYTES),
                wake_at: limits.wake_at.clamp(1, limits.spans.max(1)),
            },
            health,
            shards: (0..shards).map(|_| Shard::default()).collect(),
            used: Used::default(),
            in_flight: AtomicU64::new(0),
            is_awaited: AtomicBool::new(false),
            enough: Notify::new(),
            taking: Mutex::new(Taking::new(kept.clamp(64 * 1024, 1024 * 1024))),
        })
    }

    /// Appends one span, a whole `ScopeSpans.spans` field, or drops it if there is no room.
    #[inline]
    pub(crate) fn push(&self, encoded: &[u8]) {
        let (spans, bytes) = self.used.add(1, encoded.len());
        let is_room = spans <= self.limits.spans && bytes <= self.limits.bytes;
        if !(is_room && self.shard().append(encoded)) {
            return self.drop_one(encoded.len());
        }
        // Sequentially consistent, as is the addition above: `woken` first says that it waits and then
        // looks how many there are, so one of the two sees the other.
        if self.waiting_of(spans) >= self.limits.wake_at && self.is_awaited.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    #[cold]
    fn drop_one(&self, bytes: usize) {
        self.used.subtract(1, bytes);
        self.health.dropped(1);
    }

    #[cold]
    fn wake(&self) {
        if self.is_awaited.swap(false, Ordering::SeqCst) {
            self.enough.notify_one();
        }
    }

    /// That of this thread.
    #[inline]
    fn shard(&self) -> &Shard {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static THREAD: Cell<usize> = const { Cell::new(usize::MAX) };
        }
        let mut thread = THREAD.get();
        if thread == usize::MAX {
            thread = THREADS.fetch_add(1, Ordering::Relaxed);
            THREAD.set(thread);
        }
        &self.shards[thread & (self.shards.len() - 1)]
    }

    /// So many spans, in so many bytes, at most, the oldest of each thread; a span that is larger than
    /// `max_bytes` comes alone. `None` if there are none.
    ///
    /// A span that is being pushed at this very moment may count as [waiting](Self::waiting) already and
    /// not be here yet.
    pub(crate) fn next_batch(
        self: &Arc<Self>,
        max_spans: usize,
        max_bytes: usize,
    ) -> Option<Batch> {
        let (spans, bytes) = lock(&self.taking).take(&self.shards, max_spans, max_bytes)?;
        self.in_flight.fetch_add(spans as u64, Ordering::SeqCst);
        Some(Batch::new(self.clone(), spans, bytes))
    }

    /// How many spans wait to be taken.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting_of(self.used.spans())
    }

    /// How many there are, those of [batches](Batch) that live included.
    pub(crate) fn queued(&self) -> usize {
        self.used.spans()
    }

    /// For [`has_passed`](Self::has_passed): all that is in the queue now.
    pub(crate) fn mark(&self) -> u64 {
        // Every shard once, and once more, for what was left of the last of them.
        lock(&self.taking).swaps() + self.shards.len() as u64 + 1
    }

    /// Whether batches have taken all that was there when the mark was made, whatever came since.
    pub(crate) fn has_passed(&self, mark: u64) -> bool {
        lock(&self.taking).swaps() >= mark
    }

    #[inline]
    fn waiting_of(&self, spans: usize) -> usize {
        spans.saturating_sub(self.in_flight.load(Ordering::SeqCst) as usize)
    }

    /// Returns when [enough](QueueLimits::wake_at) spans wait. It may be given up at any time.
    pub(crate) async fn woken(&self) {
        loop {
            self.is_awaited.store(true, Ordering::SeqCst);
            if self.waiting() >= self.limits.wake_at {
                self.is_awaited.store(false, Ordering::SeqCst);
                return;
            }
            self.enough.notified().await;
        }
    }

    /// Drops what waits, and from now on whatever is pushed; all of it is counted as dropped. Says how
    /// many were waiting.
    pub(crate) fn close(&self) -> usize {
        let mut taking = lock(&self.taking);
        let (mut spans, mut bytes) = taking.clear();
        for shard in &self.shards {
            let (more, many) = shard.close();
            spans += more;
            bytes += many;
        }
        self.used.subtract(spans, bytes);
        self.health.dropped(spans as u64);
        spans
    }

    /// A batch is no more.
    fn release(&self, spans: usize, bytes: usize) {
        // In this order: in between, less seems to wait than does, rather than more.
        self.used.subtract(spans, bytes);
        self.in_flight.fetch_sub(spans as u64, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
