//! [`Batch`]: what is sent at once; [`Taking`]: how it is put together.

use std::sync::Arc;

use super::SpanQueue;
use super::shard::{Shard, Spans};

/// Spans on their way. They count as queued as long as it lives.
#[derive(Debug)]
pub(crate) struct Batch {
    /// How many there are.
    pub(crate) spans: u64,
    /// Whole `ScopeSpans.spans` fields, one after the other.
    pub(crate) bytes: Vec<u8>,
    /// As the queue counts them, whatever becomes of the two above.
    counted: (usize, usize),
    queue: Arc<SpanQueue>,
}

impl Batch {
    pub(super) fn new(queue: Arc<SpanQueue>, spans: usize, bytes: Vec<u8>) -> Self {
        Self {
            spans: spans as u64,
            counted: (spans, bytes.len()),
            bytes,
            queue,
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let (spans, bytes) = self.counted;
        self.queue.release(spans, bytes);
    }
}

/// What was taken out of a shard and did not fit into a batch.
#[derive(Debug, Default)]
pub(super) struct Taking {
    rest: Spans,
    /// Where in `rest.bytes` the first of `rest.count` spans begins.
    at: usize,
    /// The shard that is looked at next: the first one must not be served alone.
    next: usize,
    /// How often one was looked at.
    swaps: u64,
    /// An empty vector keeps so much room for what comes next.
    kept: usize,
}

impl Taking {
    pub(super) fn new(kept: usize) -> Self {
        Self {
            kept,
            ..Self::default()
        }
    }

    pub(super) fn take(
        &mut self,
        shards: &[Shard],
        max_spans: usize,
        max_bytes: usize,
    ) -> Option<(usize, Vec<u8>)> {
        let mut spans = 0;
        let mut bytes = Vec::new();
        let mut empty = 0;
        loop {
            let (more, size) =
                self.fitting(max_spans - spans, max_bytes.saturating_sub(bytes.len()));
            if more == 0 && self.rest.count > 0 {
                if spans > 0 {
                    break;
                }
                // One that is too large by itself.
                let size = span_len(&self.rest.bytes[self.at..]);
                self.move_into(&mut bytes, 1, size);
                spans = 1;
                break;
            }
            self.move_into(&mut bytes, more, size);
            spans += more;
            if spans >= max_spans || self.rest.count > 0 || empty == shards.len() {
                break;
            }
            // What was taken last is empty, and its memory is for those who append.
            self.rest.bytes.clear();
            self.rest.bytes.shrink_to(self.kept);
            self.at = 0;
            shards[self.next].swap(&mut self.rest);
            self.next = (self.next + 1) % shards.len();
            self.swaps += 1;
            empty += 1;
        }
        (spans > 0).then_some((spans, bytes))
    }

    /// How many of the rest are within both limits, and their size.
    fn fitting(&self, max_spans: usize, max_bytes: usize) -> (usize, usize) {
        let rest = &self.rest.bytes[self.at..];
        if self.rest.count <= max_spans && rest.len() <= max_bytes {
            return (self.rest.count, rest.len());
        }
        let (mut spans, mut size) = (0, 0);
        while spans < max_spans.min(self.rest.count) {
            let next = span_len(&rest[size..]);
            if size + next > max_bytes {
                break;
            }
            spans += 1;
            size += next;
        }
        (spans, size)
    }

    fn move_into(&mut self, bytes: &mut Vec<u8>, spans: usize, size: usize) {
        bytes.extend_from_slice(&self.rest.bytes[self.at..self.at + size]);
        self.at += size;
        self.rest.count -= spans;
    }

    pub(super) fn swaps(&self) -> u64 {
        self.swaps
    }

    /// Forgets the rest: so many spans and bytes.
    pub(super) fn clear(&mut self) -> (usize, usize) {
        let lost = (self.rest.count, self.rest.bytes.len() - self.at);
        self.rest = Spans::default();
        self.at = 0;
        lost
    }
}

/// The size of the field with which `bytes` begins: one byte of key, its length, and so many bytes. All of
/// them if that is not what they are, so that whoever goes on comes to an end.
fn span_len(bytes: &[u8]) -> usize {
    let mut length = 0;
    for (place, byte) in bytes.iter().skip(1).take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let head = 2 + place;
            return head.saturating_add(length).min(bytes.len());
        }
    }
    bytes.len()
}
