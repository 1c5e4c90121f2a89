//! Spans: from the event with which one ends to its place in the queue.
