//! A stream written as an `async` block.
//!
//! The rows of a pool's query borrow the connection, and the stream that we return has to own
//! both. A struct cannot (without `unsafe`); the state of an `async` block can. The block hands
//! its items out through a slot shared with the stream around it: it puts one in and stays pending
//! for one poll, and the stream looks into the slot whenever the block is pending.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;

/// Where the block leaves its items.
pub(crate) struct Out<T> {
    /// Only ever locked by the task that polls the stream; a `Cell` would not be `Send`.
    slot: Arc<Mutex<Option<T>>>,
}

impl<T> Out<T> {
    /// Hands out `item`; goes on when the next one is asked for.
    ///
    /// To be awaited in the block itself, directly: only there does the pending poll reach the
    /// stream.
    pub(crate) async fn put(&self, item: T) {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
        let mut handed_out = false;
        poll_fn(|_| {
            // No waker: whoever took the item polls again when it wants another.
            if std::mem::replace(&mut handed_out, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// The stream of what the block puts out; it ends when the block returns.
pub(crate) fn stream<'e, T, F>(block: impl FnOnce(Out<T>) -> F) -> BoxStream<'e, T>
where
    T: Send + 'e,
    F: Future<Output = ()> + Send + 'e,
{
    let slot = Arc::new(Mutex::new(None));
    let block = block(Out { slot: slot.clone() });
    Box::pin(Yielding {
        slot,
        block: Some(Box::pin(block)),
    })
}

struct Yielding<'e, T> {
    slot: Arc<Mutex<Option<T>>>,
    /// `None` after its end, so that polling once more is harmless.
    block: Option<BoxFuture<'e, ()>>,
}

impl<T> Stream for Yielding<'_, T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(block) = &mut self.block else {
            return Poll::Ready(None);
        };
        if block.as_mut().poll(cx).is_ready() {
            self.block = None;
            return Poll::Ready(None);
        }
        let item = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        item.map_or(Poll::Pending, |item| Poll::Ready(Some(item)))
    }
}

/// The next item of a stream.
pub(crate) async fn next<T>(stream: &mut BoxStream<'_, T>) -> Option<T> {
    poll_fn(|cx| stream.as_mut().poll_next(cx)).await
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt};

    use super::*;

    #[test]
    fn the_block_runs_only_as_far_as_items_are_asked_for() {
        let reached = Arc::new(Mutex::new(0));
        let at = reached.clone();
        let mut stream = stream(move |out| async move {
            for n in 1..=2 {
                *at.lock().unwrap() = n;
                out.put(n).await;
            }
        });
        assert_eq!(*reached.lock().unwrap(), 0);
        assert_eq!(next(&mut stream).now_or_never(), Some(Some(1)));
        assert_eq!(*reached.lock().unwrap(), 1);
        assert_eq!(stream.next().now_or_never(), Some(Some(2)));
        assert_eq!(stream.next().now_or_never(), Some(None));
        assert_eq!(
            stream.next().now_or_never(),
            Some(None),
            "and stays at its end"
        );
    }

    #[test]
    fn a_block_that_waits_makes_the_stream_wait() {
        let mut stream = stream(|out| async move {
            let mut polls = 0;
            poll_fn(|_| {
                polls += 1;
                if polls == 3 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            out.put("there").await;
        });
        assert_eq!(stream.next().now_or_never(), None);
        assert_eq!(stream.next().now_or_never(), None);
        assert_eq!(stream.next().now_or_never(), Some(Some("there")));
    }
}
