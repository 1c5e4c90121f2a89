//! How fast visitors are, all of them together, and when they go home.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Shared by all visitors.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    turns: Arc<Mutex<Interval>>,
    stop: Arc<watch::Sender<bool>>,
}

/// It is time to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stopped;

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let mut turns = interval(Duration::from_secs(1) / per_second.max(1));
        // What was not used is not made up for.
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            turns: Arc::new(Mutex::new(turns)),
            stop: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Waits for a turn to make a request.
    pub(super) async fn turn(&self) -> Result<(), Stopped> {
        self.unless_stopped(async {
            self.turns.lock().await.tick().await;
        })
        .await
    }

    /// Reads what there is to read, so many milliseconds.
    pub(super) async fn think(&self, milliseconds: RangeInclusive<u64>) -> Result<(), Stopped> {
        let time = Duration::from_millis(fastrand::u64(milliseconds));
        self.unless_stopped(tokio::time::sleep(time)).await
    }

    pub(super) async fn unless_stopped<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, Stopped> {
        let mut stopping = self.stop.subscribe();
        tokio::select! {
            biased;
            _ = stopping.wait_for(|now| *now) => Err(Stopped),
            done = work => Ok(done),
        }
    }

    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_together_they_are_not_faster_than_allowed() {
        let pace = Pace::new(10);
        let began = Instant::now();
        let visitors: Vec<_> = (0..5)
            .map(|_| {
                let pace = pace.clone();
                tokio::spawn(async move {
                    for _ in 0..10 {
                        pace.turn().await.unwrap();
                    }
                })
            })
            .collect();
        for visitor in visitors {
            visitor.await.unwrap();
        }
        assert!(began.elapsed() >= Duration::from_millis(4_900));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_kept_who_has_to_go() {
        let pace = Pace::new(1);
        let waits = tokio::spawn({
            let pace = pace.clone();
            async move { pace.think(1_000_000..=1_000_000).await }
        });
        tokio::task::yield_now().await;
        pace.stop();
        assert_eq!(waits.await.unwrap(), Err(Stopped));
        assert_eq!(pace.turn().await, Err(Stopped));
    }
}
