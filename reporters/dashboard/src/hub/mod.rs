//! [`Hub`]: brings sections up to date while they are watched, once for all who watch.
//!
//! While there is a viewer, there is a *conductor*: a task that ticks about once a second. At each tick a
//! thread that may block advances all sections that are watched, writes down what changed as bytes,
//! and the viewers are woken. A viewer knows which version of each section it has sent: of one that
//! changed once it sends the change, of one that changed more often the whole. So nothing is queued
//! for anybody, and whoever is slow gets less and not later.
//!
//! Wholes are made when the first viewer needs one, and shared by all who need the same.
//!
//! Without viewers there is nothing: no task, no timer, no section.

mod conductor;
mod limits;
mod message;
mod once;
mod roll;
mod section;
mod status;
mod viewer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::body::Body;
use tokio::sync::{Notify, Semaphore, watch};

pub(crate) use limits::{Busy, Limits};
pub(crate) use status::HubStatus;

use crate::sources::Sources;
use crate::view::View;
use limits::{ANSWERS, Times};
use roll::Roll;
use section::Open;
use status::Counts;
use viewer::{Stream, Viewer};

pub(crate) struct Hub {
    sources: Sources,
    limits: Limits,
    times: Times,
    open: Box<Open>,
    /// Tells this process from the next one.
    boot: String,
    /// Tells this version of the pages from others.
    build: String,
    roll: Mutex<Roll>,
    counts: Counts,
    /// Counts ticks, so that a section that missed one is brought up to date when it is next wanted.
    round: AtomicU64,
    /// Somebody needs something that is to be made before the next tick.
    poke: Notify,
    /// There is something that viewers have not been woken for.
    is_news: AtomicBool,
    /// What wakes viewers.
    latest: watch::Sender<Latest>,
    answers: Arc<Semaphore>,
}

/// When the newest tick was.
#[derive(Debug, Clone, Copy, Default)]
struct Latest {
    /// Milliseconds since the epoch.
    at: u64,
    tick: u64,
}

impl Hub {
    /// `build` tells the pages' assets from those of other versions.
    pub(crate) fn new(sources: Sources, limits: Limits, build: impl Into<String>) -> Self {
        let times = Times::of(sources.history.interval());
        Self::with(
            sources,
            limits,
            build,
            times,
            Box::new(crate::sections::open),
        )
    }

    fn with(
        sources: Sources,
        limits: Limits,
        build: impl Into<String>,
        times: Times,
        open: Box<Open>,
    ) -> Self {
        Self {
            sources,
            limits,
            times,
            open,
            boot: message::boot(),
            build: build.into(),
            roll: Mutex::default(),
            counts: Counts::default(),
            round: AtomicU64::new(1),
            poke: Notify::new(),
            is_news: AtomicBool::new(false),
            latest: watch::Sender::default(),
            answers: Arc::new(Semaphore::new(ANSWERS)),
        }
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The view as server-sent events: all of it first, then what changes. Whoever drops the body
    /// does not look any more.
    pub(crate) fn stream(self: &Arc<Self>, view: &View) -> Result<Body, Busy> {
        let admitted = self.roll().admit(&view.sections, self.limits);
        let (admitted, gone) = admitted.inspect_err(|why| {
            if *why != Busy::Closed {
                self.counts.refused();
            }
        })?;
        conductor::discard(gone);
        let first = message::view(&self.boot, &self.build, view);
        let viewer = Viewer::new(self.clone(), admitted, first);
        Ok(Body::from_stream(Stream::new(viewer)))
    }

    /// Ends all streams; there are no more after this.
    pub(crate) fn close(&self) {
        self.roll().close();
        self.latest.send_modify(|_| ());
    }

    pub(crate) fn status(&self) -> HubStatus {
        let (viewers, sections) = {
            let roll = self.roll();
            (roll.viewers(), roll.sections())
        };
        HubStatus {
            viewers,
            viewers_limit: self.limits.viewers,
            sections,
            sections_limit: self.limits.sections,
            ..self.counts.read()
        }
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody does not look any more.
    fn leave(&self, id: u64) {
        let gone = self.roll().leave(id, Instant::now());
        conductor::discard(gone);
        // The conductor ends some time after the last one.
        self.poke.notify_one();
    }

    /// A section panicked.
    fn panicked(&self) {
        self.counts.panicked();
    }

    /// Wakes viewers, if there is anything that they have not been woken for.
    fn wake(&self) {
        if self.is_news.swap(false, Ordering::AcqRel) {
            self.latest.send_modify(|_| ());
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("sources", &self.sources)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
