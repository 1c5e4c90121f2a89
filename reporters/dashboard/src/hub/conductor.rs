//! The conductor: a task that ticks while anybody looks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use telemetry_metrics::history::Tick;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::section::{Making, Section};
use super::{Hub, Latest};
use crate::card::milliseconds;
use crate::moment::Moment;

impl Hub {
    /// Sees to it that there is a conductor; called by viewers, within their runtime.
    pub(super) fn conduct(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let is_conducted = std::mem::replace(&mut self.roll().is_conducted, true);
        if is_conducted {
            // It may be at rest.
            self.poke.notify_one();
        } else {
            runtime.spawn(Conductor::new(self.clone()).run());
        }
    }

    /// Makes what there is to make of a section.
    fn make(&self, section: &Section, round: u64, moment: &Moment<'_>) {
        let making = Making {
            open: &*self.open,
            moment,
            retry: self.times.retry,
            panicked: &|| self.panicked(),
        };
        let news = section.make(round, making);
        if section.publish(news) {
            self.is_news.store(true, Ordering::Release);
        }
    }
}

/// A section's turn, which ends even if it never begins: a runtime that shuts down drops what it has
/// not started.
struct Turn(Arc<Section>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.end_turn();
    }
}

struct Conductor {
    hub: Arc<Hub>,
    /// When the newest tick began, and which sample it showed.
    began: Instant,
    sample: Tick,
    /// When to look whether it is time for the next.
    due: Instant,
    /// It has said that it is no more.
    is_over: bool,
}

impl Conductor {
    fn new(hub: Arc<Hub>) -> Self {
        let now = Instant::now();
        Self {
            hub,
            began: now,
            sample: Tick::default(),
            due: now,
            is_over: false,
        }
    }

    async fn run(mut self) {
        self.tick().await;
        loop {
            match timeout_at(self.due, self.hub.poke.notified()).await {
                Ok(()) if self.is_watched() => self.round().await,
                Ok(()) => {}
                Err(_) if !self.is_watched() => {}
                Err(_) if self.is_early() => {
                    self.due = Instant::now() + self.hub.times.pace / 40;
                }
                Err(_) => self.tick().await,
            }
            if !self.is_watched() && self.rest().await {
                return;
            }
        }
    }

    fn is_watched(&self) -> bool {
        self.hub.roll().viewers() > 0
    }

    /// Whether the sample that is due is not there yet; the thread that takes it may be late, but
    /// is not waited for for ever.
    fn is_early(&self) -> bool {
        let times = &self.hub.times;
        times.waits_for_sample
            && self.hub.sources.history.newest() == self.sample
            && self.began.elapsed() < 2 * times.pace
    }

    /// Brings everything up to date that is watched, and ends viewers who take nothing.
    async fn tick(&mut self) {
        let hub = &self.hub;
        self.began = Instant::now();
        self.sample = hub.sources.history.newest();
        hub.round.fetch_add(1, Ordering::Relaxed);
        let times = &hub.times;
        let patience = times.patience.as_nanos() / times.pace.as_nanos().max(1);
        let patience = u32::try_from(patience).unwrap_or(u32::MAX);
        let stalled = hub.roll().tick(patience, self.began.into_std());
        for _ in 0..stalled {
            hub.counts.ended();
            hub.sources.health.failed(1);
        }
        self.round().await;
        let took = self.began.elapsed();
        self.hub.counts.tick(took);
        let times = &self.hub.times;
        // A little early, and then it waits for the sample.
        let early = if times.waits_for_sample {
            times.pace / 10
        } else {
            Duration::ZERO
        };
        // What takes long rests as long.
        self.due = self.began + (times.pace - early).max(2 * took);
    }

    /// Makes what has not been made since the newest tick, and what is wanted besides.
    async fn round(&mut self) {
        let hub = &self.hub;
        let round = hub.round.load(Ordering::Relaxed);
        let (gone, watched) = {
            let mut roll = hub.roll();
            let gone = roll.expire(now(), hub.times.grace);
            (gone, roll.watched())
        };
        discard(gone);
        let due = watched.into_iter().filter(|one| one.take_turn(round));
        let (hosts, own): (Vec<_>, Vec<_>) =
            due.map(Turn).partition(|Turn(section)| section.is_hosts());
        if hosts.is_empty() && own.is_empty() {
            // What a page of the host made in its own time.
            hub.wake();
            return;
        }
        let latest = Latest {
            at: milliseconds(SystemTime::now()),
            tick: hub.sources.history.newest().number(),
        };
        hub.latest.send_if_modified(|before| {
            *before = latest;
            false
        });
        let own = (!own.is_empty()).then(|| self.spawn(own, round, false));
        let hosts: Vec<_> = hosts
            .into_iter()
            .map(|turn| self.spawn(vec![turn], round, true))
            .collect();
        if let Some(own) = own {
            // It does not panic, and is cancelled only where this task is, too.
            let _ = own.await;
        }
        let deadline = Instant::now() + hub.times.host;
        for host in hosts {
            let _ = timeout_at(deadline, host).await;
        }
        hub.wake();
    }

    /// On a thread that may block. Pages of the host have one each, so that one that takes its time
    /// holds up nobody else.
    fn spawn(&self, turns: Vec<Turn>, round: u64, says_when_done: bool) -> JoinHandle<()> {
        let hub = self.hub.clone();
        tokio::task::spawn_blocking(move || {
            let moment = Moment::new(&hub.sources).with_hub(hub.status());
            for turn in turns {
                hub.make(&turn.0, round, &moment);
            }
            if says_when_done {
                hub.poke.notify_one();
            }
        })
    }

    /// Waits until somebody looks again. Whether nobody does for so long that nothing is left.
    async fn rest(&mut self) -> bool {
        loop {
            let (gone, viewers) = {
                let mut roll = self.hub.roll();
                let gone = roll.expire(now(), self.hub.times.grace);
                self.is_over = roll.viewers() == 0 && roll.sections() == 0;
                roll.is_conducted = !self.is_over;
                (gone, roll.viewers())
            };
            discard(gone);
            if self.is_over {
                return true;
            }
            if viewers > 0 {
                self.tick().await;
                return false;
            }
            // Whatever is left has been idle for a while already.
            let end = Instant::now() + self.hub.times.grace;
            let _ = timeout_at(end, self.hub.poke.notified()).await;
        }
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// On a thread that may block: what is left of a section may have to wait for others.
pub(super) fn discard(gone: Vec<Arc<Section>>) {
    match Handle::try_current() {
        Ok(runtime) if !gone.is_empty() => drop(runtime.spawn_blocking(move || drop(gone))),
        _ => drop(gone),
    }
}

impl Drop for Conductor {
    /// Its runtime may end before the viewers', who then begin with another one.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let gone = {
            let mut roll = self.hub.roll();
            roll.is_conducted = false;
            roll.expire_all()
        };
        drop(gone);
    }
}
