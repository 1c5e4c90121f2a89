//! [`Viewer`]: one stream, and what it has seen.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::limits::FULL_MESSAGE;
use super::roll::{Admitted, End, Post};
use super::section::{Due, Section};
use super::{Hub, Latest, message};

pub(super) struct Viewer {
    hub: Arc<Hub>,
    id: u64,
    post: Arc<Post>,
    sections: Vec<Seen>,
    latest: watch::Receiver<Latest>,
    /// What is left of the message that is being sent.
    pieces: VecDeque<Bytes>,
    is_begun: bool,
    is_over: bool,
    /// When there was last anything to send.
    spoke: Instant,
}

struct Seen {
    section: Arc<Section>,
    version: u64,
}

impl Viewer {
    pub(super) fn new(hub: Arc<Hub>, admitted: Admitted, first: Bytes) -> Self {
        let sections = admitted.sections.iter().map(|section| Seen {
            section: section.clone(),
            version: 0,
        });
        Self {
            id: admitted.id,
            post: admitted.post,
            sections: sections.collect(),
            latest: hub.latest.subscribe(),
            pieces: VecDeque::from([first]),
            is_begun: false,
            is_over: false,
            spoke: Instant::now(),
            hub,
        }
    }

    /// What is sent next; waits for it. Nothing after the last.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                self.hub.counts.bytes(piece.len());
                self.spoke = Instant::now();
                return Some(piece);
            }
            if self.is_over {
                return None;
            }
            if let Some(end) = self.post.end() {
                self.is_over = true;
                self.pieces.push_back(message::bye(match end {
                    End::Closed => "closing",
                    End::Stalled => "too slow",
                }));
                continue;
            }
            if !std::mem::replace(&mut self.is_begun, true) {
                self.hub.conduct();
            }
            // Before looking, so that what comes in the meantime is not missed.
            let latest = *self.latest.borrow_and_update();
            if self.collect(latest) {
                continue;
            }
            let silence = self.spoke + self.hub.times.heartbeat;
            if timeout_at(silence, self.latest.changed()).await.is_err() {
                // Should the conductor's runtime have ended, there is another one now.
                self.hub.conduct();
                self.pieces.push_back(message::HEARTBEAT);
            }
        }
    }

    /// Whether there was anything to collect from the sections.
    fn collect(&mut self, latest: Latest) -> bool {
        let (mut parts, mut size, mut waits) = (Vec::new(), 0, false);
        for seen in &mut self.sections {
            if size >= FULL_MESSAGE {
                break;
            }
            match seen.section.due(seen.version) {
                Due::Nothing => {}
                Due::Wait => waits = true,
                Due::Part(part, version) => {
                    seen.version = version;
                    size += part.len();
                    parts.push(part);
                }
            }
        }
        if waits {
            self.hub.poke.notify_one();
        }
        if parts.is_empty() {
            return false;
        }
        self.pieces = message::sections(latest.at, latest.tick, &parts);
        self.hub.counts.message();
        self.hub.sources.health.sent(1);
        true
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}

/// A viewer as a stream, which is what a body is made of.
pub(super) struct Stream {
    post: Arc<Post>,
    /// `None` after the end.
    next: Option<Next>,
}

type Next = Pin<Box<dyn Future<Output = (Viewer, Option<Bytes>)> + Send>>;

impl Stream {
    pub(super) fn new(viewer: Viewer) -> Self {
        Self {
            post: viewer.post.clone(),
            next: Some(next_of(viewer)),
        }
    }
}

/// Whoever drops it drops the viewer.
fn next_of(mut viewer: Viewer) -> Next {
    Box::pin(async move {
        let next = viewer.next().await;
        (viewer, next)
    })
}

impl futures_core::Stream for Stream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.post.here();
        let Some(next) = &mut self.next else {
            return Poll::Ready(None);
        };
        let Poll::Ready((viewer, piece)) = next.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        self.next = piece.is_some().then(|| next_of(viewer));
        Poll::Ready(piece.map(Ok))
    }
}
