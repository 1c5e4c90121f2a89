//! [`Hosted`]: a page of the host, made on a thread that nobody has to wait for.
//!
//! One call at a time per page, so that one that does not come back holds one thread, however often it
//! is asked for. What comes too late for whoever asked is there for whoever asks next.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::card::Card;
use crate::moment::Moment;
use crate::page::{Context, Page};
use crate::view::Range;

/// What came too late is too old after this.
const LASTS: Duration = Duration::from_secs(10);

pub(super) type Payload = Box<dyn Any + Send>;

type Cards = Result<Vec<Card>, Payload>;

pub(crate) struct Hosted {
    page: Arc<dyn Page>,
    slug: String,
    title: String,
    charts: Vec<String>,
    desk: Arc<Desk>,
}

#[derive(Default)]
pub(super) struct Desk {
    papers: Mutex<Papers>,
    is_free: Condvar,
}

#[derive(Default)]
struct Papers {
    /// Since when the page is being made.
    busy: Option<Instant>,
    /// What came when nobody waited for it any more: how long it took, and when that was.
    late: HashMap<Range, (Cards, Duration, Instant)>,
}

/// What came of it.
pub(super) enum Came {
    Cards(Cards),
    /// It was asked for earlier, and took so long.
    Late(Cards, Duration),
    /// It is being made, for so long.
    NotYet(Duration),
    NoThread,
}

/// Somebody asked for it.
pub(super) enum Asked<'h> {
    Came(Came),
    Made(&'h Desk, Receiver<Cards>),
    /// Somebody else has asked, so this comes after.
    Behind(&'h Hosted, Range, &'h Moment<'h>),
}

impl Hosted {
    pub(crate) fn new(page: impl Page) -> Self {
        Self {
            slug: page.slug().to_owned(),
            title: page.title().to_owned(),
            charts: page.charts(),
            page: Arc::new(page),
            desk: Arc::default(),
        }
    }

    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    pub(crate) fn charts(&self) -> &[String] {
        &self.charts
    }

    /// Begins to make its cards, unless they are being made.
    pub(super) fn ask<'h>(&'h self, range: Range, moment: &'h Moment<'h>) -> Asked<'h> {
        let mut papers = self.desk.papers();
        let late = papers.late.remove(&range);
        if let Some((cards, took, at)) = late {
            if at.elapsed() < LASTS {
                return Asked::Came(Came::Late(cards, took));
            }
        }
        if papers.busy.is_some() {
            return Asked::Behind(self, range, moment);
        }
        papers.busy = Some(Instant::now());
        drop(papers);
        self.begin(range, moment)
    }

    /// Its turn is taken.
    fn begin(&self, range: Range, moment: &Moment<'_>) -> Asked<'_> {
        let (send, receive) = sync_channel(1);
        let turn = Turn(self.desk.clone());
        let page = self.page.clone();
        let history = moment.sources.history.clone();
        let (now, tick) = (moment.now, moment.tick);
        let runtime = Handle::try_current().ok();
        let make = move || {
            let _runtime = runtime.as_ref().map(Handle::enter);
            let began = Instant::now();
            let context = Context::new(&history, range.time(), now, tick);
            let cards = catch_unwind(AssertUnwindSafe(|| page.cards(&context)));
            turn.end(&send, range, cards, began.elapsed());
        };
        // A thread of the runtime that does not come back would keep the runtime from ending.
        let thread = std::thread::Builder::new().name("telemetry-page".to_owned());
        match thread.spawn(make) {
            Ok(_) => Asked::Made(&self.desk, receive),
            Err(_) => Asked::Came(Came::NoThread),
        }
    }
}

impl Asked<'_> {
    /// Waits for it, at most until then.
    pub(super) fn wait(self, deadline: Instant) -> Came {
        match self {
            Self::Came(came) => came,
            Self::Made(desk, receive) => {
                let left = deadline.saturating_duration_since(Instant::now());
                match receive.recv_timeout(left) {
                    Ok(cards) => Came::Cards(cards),
                    Err(RecvTimeoutError::Timeout) => {
                        // It may have come this moment.
                        let papers = desk.papers();
                        match receive.try_recv() {
                            Ok(cards) => Came::Cards(cards),
                            Err(_) => {
                                let since = papers.busy.map(|since| since.elapsed());
                                // Before the papers are free: what comes from here on is late.
                                drop(receive);
                                Came::NotYet(since.unwrap_or_default())
                            }
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => Came::NotYet(Duration::ZERO),
                }
            }
            Self::Behind(hosted, range, moment) => {
                let mut papers = hosted.desk.papers();
                while let Some(since) = papers.busy {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Came::NotYet(since.elapsed());
                    }
                    let waited = hosted.desk.is_free.wait_timeout(papers, left);
                    papers = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                papers.busy = Some(Instant::now());
                drop(papers);
                hosted.begin(range, moment).wait(deadline)
            }
        }
    }
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// It is this page's turn to be made, until this is dropped.
struct Turn(Arc<Desk>);

impl Turn {
    fn end(self, send: &SyncSender<Cards>, range: Range, cards: Cards, took: Duration) {
        let mut papers = self.0.papers();
        if let Err(nobody) = send.try_send(cards) {
            let (std::sync::mpsc::TrySendError::Full(cards)
            | std::sync::mpsc::TrySendError::Disconnected(cards)) = nobody;
            papers.late.insert(range, (cards, took, Instant::now()));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.papers().busy = None;
        self.0.is_free.notify_one();
    }
}
