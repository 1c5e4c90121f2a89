//! [`Section`]: a section while it is watched, and what was made of it last.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::Value as Json;

use super::message;
use crate::card::Status;
use crate::live::{Advance, Live};
use crate::moment::Moment;
use crate::view::Key;

/// Begins to show a section.
pub(super) type Open = dyn Fn(&Key, &crate::sources::Sources) -> Box<dyn Live> + Send + Sync;

pub(super) struct Section {
    pub(super) key: Key,
    id: String,
    /// Held while something is made, so never by whoever must not wait.
    stage: Mutex<Stage>,
    /// Held for moments only.
    shown: Mutex<Shown>,
}

/// What makes it.
struct Stage {
    act: Act,
    panics: u32,
    /// The whole is too long, and a notice stands for it.
    is_too_long: bool,
}

enum Act {
    /// Not yet begun.
    Closed,
    Open(Box<dyn Live>),
    /// It panicked.
    Fallen {
        since: Instant,
    },
}

/// What viewers take.
#[derive(Default)]
struct Shown {
    /// Zero before it was made for the first time.
    version: u64,
    /// From the version before to this one.
    delta: Option<Bytes>,
    /// If somebody needed it since it changed.
    whole: Option<Bytes>,
    /// Somebody needs the whole.
    is_wanted: bool,
    /// The last round that it was part of.
    round: u64,
    /// Somebody is making it.
    is_busy: bool,
}

/// What came of a round.
pub(super) struct News {
    is_new: bool,
    delta: Option<Bytes>,
    whole: Option<Bytes>,
}

/// What a viewer of some version is due.
pub(super) enum Due {
    /// It has seen the newest.
    Nothing,
    /// It needs the whole, which is to be made.
    Wait,
    /// This, and then it has seen that version.
    Part(Bytes, u64),
}

/// How sections are made.
#[derive(Clone, Copy)]
pub(super) struct Making<'m> {
    pub(super) open: &'m Open,
    pub(super) moment: &'m Moment<'m>,
    pub(super) retry: Duration,
    pub(super) panicked: &'m (dyn Fn() + Sync),
}

impl Section {
    pub(super) fn new(key: Key) -> Self {
        Self {
            id: key.id(),
            key,
            stage: Mutex::new(Stage {
                act: Act::Closed,
                panics: 0,
                is_too_long: false,
            }),
            shown: Mutex::default(),
        }
    }

    /// Whether code of the host makes it, which may take its time.
    pub(super) fn is_hosts(&self) -> bool {
        matches!(self.key, Key::Page(..) | Key::Extra(_))
    }

    /// How long it is kept when nobody looks any more.
    pub(super) fn grace(&self, usual: Duration) -> Duration {
        match self.key {
            // It is attached to events, which is promised to end with whoever looks.
            Key::Tail { .. } => Duration::ZERO,
            _ => usual,
        }
    }

    /// Whether there is something to do for it in this round; if so, it is taken.
    pub(super) fn take_turn(&self, round: u64) -> bool {
        let mut shown = self.shown();
        let is_due = shown.round < round || (shown.is_wanted && shown.whole.is_none());
        let is_taken = is_due && !shown.is_busy;
        shown.is_busy |= is_taken;
        is_taken
    }

    /// The turn is over, whatever came of it.
    pub(super) fn end_turn(&self) {
        self.shown().is_busy = false;
    }

    /// Whether it was ever made.
    pub(super) fn is_made(&self) -> bool {
        self.shown().version > 0
    }

    /// Brings it up to date if it has not been part of the round, and makes what is wanted. It takes
    /// its time.
    pub(super) fn make(&self, round: u64, making: Making<'_>) -> News {
        let mut stage = self.stage();
        let (is_due, is_wanted) = {
            let mut shown = self.shown();
            let is_due = shown.round < round;
            shown.round = round;
            (is_due, shown.is_wanted && shown.whole.is_none())
        };
        let change = if is_due {
            stage.advance(&self.key, making)
        } else {
            Advance::Same
        };
        let mut news = News {
            is_new: change != Advance::Same,
            delta: None,
            whole: None,
        };
        let is_whole = change == Advance::Whole;
        if let Advance::Delta(delta) = change {
            news.delta = message::delta(&self.id, &delta);
        }
        let needs_whole =
            is_wanted || is_whole || (news.is_new && (news.delta.is_none() || stage.is_too_long));
        if needs_whole {
            let panics = stage.panics;
            let whole = stage.whole(making.panicked);
            let (whole, fits) = message::whole(&self.id, whole);
            if !fits || stage.is_too_long {
                // Nothing can be added to a notice, nor taken back from it.
                news.delta = None;
            }
            if stage.panics > panics {
                news.delta = None;
                news.is_new = true;
            }
            stage.is_too_long = !fits;
            news.whole = Some(whole);
        }
        news
    }

    /// From now on viewers get it. Whether there is anything new for one of them.
    pub(super) fn publish(&self, news: News) -> bool {
        let mut shown = self.shown();
        if news.is_new {
            shown.version += 1;
            shown.delta = news.delta;
            shown.whole = None;
        }
        let has_whole = news.whole.is_some();
        if has_whole {
            shown.is_wanted = false;
            shown.whole = news.whole;
        }
        news.is_new || has_whole
    }

    /// What a viewer gets who has seen this version (or nothing: zero).
    pub(super) fn due(&self, seen: u64) -> Due {
        let mut shown = self.shown();
        if seen == shown.version && seen > 0 {
            return Due::Nothing;
        }
        if seen > 0 && seen + 1 == shown.version {
            if let Some(delta) = &shown.delta {
                return Due::Part(delta.clone(), shown.version);
            }
        }
        if let Some(whole) = &shown.whole {
            return Due::Part(whole.clone(), shown.version);
        }
        shown.is_wanted = true;
        Due::Wait
    }

    /// Begins and brings it up to a moment, for whoever asks once.
    pub(super) fn begin(&self, making: Making<'_>) {
        self.stage().advance(&self.key, making);
    }

    /// The whole as it is now, with its id; for whoever asks once. It takes its time.
    pub(super) fn now(&self, panicked: &(dyn Fn() + Sync)) -> Json {
        message::with_id(&self.id, self.stage().whole(panicked))
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    fn advance(&mut self, key: &Key, making: Making<'_>) -> Advance {
        let is_new = match &mut self.act {
            Act::Open(live) => {
                let moved = catch_unwind(AssertUnwindSafe(|| live.advance(making.moment)));
                return moved.unwrap_or_else(|_| self.fall(making.panicked));
            }
            Act::Fallen { since } => since.elapsed() >= making.retry,
            Act::Closed => true,
        };
        if !is_new {
            return Advance::Same;
        }
        let begun = catch_unwind(AssertUnwindSafe(|| {
            let mut live = (making.open)(key, making.moment.sources);
            live.advance(making.moment);
            live
        }));
        match begun {
            Ok(live) => {
                self.act = Act::Open(live);
                Advance::Whole
            }
            Err(_) => self.fall(making.panicked),
        }
    }

    fn whole(&mut self, panicked: &(dyn Fn() + Sync)) -> Json {
        if let Act::Open(live) = &self.act {
            match catch_unwind(AssertUnwindSafe(|| live.whole())) {
                Ok(whole) => return whole,
                Err(_) => self.fall(panicked),
            };
        }
        let text = match self.panics {
            0 => "This part of the page is not there yet.".to_owned(),
            n => format!(
                "This part of the page panicked ({n} times so far). What it said is in the output of \
                 the program, and it is tried again soon."
            ),
        };
        message::notice("panicked", Status::Bad, &text)
    }

    fn fall(&mut self, panicked: &(dyn Fn() + Sync)) -> Advance {
        self.panics = self.panics.saturating_add(1);
        let since = Instant::now();
        let fallen = std::mem::replace(&mut self.act, Act::Fallen { since });
        // Whatever is left of it may panic again.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(fallen)));
        panicked();
        Advance::Whole
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        let stage = self.stage.get_mut();
        let stage = stage.unwrap_or_else(PoisonError::into_inner);
        let act = std::mem::replace(&mut stage.act, Act::Closed);
        let _ = catch_unwind(AssertUnwindSafe(|| drop(act)));
    }
}
