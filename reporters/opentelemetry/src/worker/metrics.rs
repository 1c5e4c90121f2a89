//! [`Metrics`]: the task that sends metrics.
//!
//! At every interval everything is collected and sent, never twice at once. What is not delivered is not
//! kept: what is collected next says it again, as a total or as a larger delta.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::account::Account;
use super::asked::Ask;
use crate::metrics::Collector;
use crate::transport::{Client, Delivery};

pub(crate) struct Metrics {
    pub(crate) collector: Collector,
    pub(crate) client: Arc<Client>,
    /// The message `Resource`.
    pub(crate) resource: Arc<[u8]>,
    pub(crate) interval: Duration,
    pub(crate) retry_for: Duration,
    pub(crate) account: Arc<Account>,
}

impl Metrics {
    pub(super) fn signal(&self) -> (Arc<Client>, Arc<Account>) {
        (self.client.clone(), self.account.clone())
    }

    /// Ends when nobody can ask any more.
    pub(super) async fn run(mut self, mut asked: UnboundedReceiver<Ask>) {
        let mut ticks = interval_at(Instant::now() + self.interval, self.interval);
        // One that is missed is not made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let first = tokio::select! {
                biased;
                ask = asked.recv() => match ask {
                    Some(ask) => Some(ask),
                    None => return,
                },
                _ = ticks.tick() => None,
            };
            let more = std::iter::from_fn(|| asked.try_recv().ok());
            let asks: Vec<Ask> = first.into_iter().chain(more).collect();
            let is_last = asks.iter().any(|ask| ask.is_last);
            let sent = self.send_all(is_last).await;
            for ask in asks {
                // Whoever asked may have given up waiting.
                let _ = ask.done.send(sent.clone());
            }
        }
    }

    async fn send_all(&mut self, is_last: bool) -> Result<(), String> {
        let until = Instant::now() + self.retry_for;
        let collected = self.collector.collect(&self.resource);
        let account = &*self.account;
        let failed = |why: &str| account.attempt_failed(why);
        let mut left = Left {
            points: collected.iter().map(|one| one.points).sum(),
            account,
        };
        let mut result = Ok(());
        for one in &collected {
            let delivery = self.client.deliver(one.body.clone(), until, &failed).await;
            left.points -= one.points;
            let sent = match delivery {
                Delivery::Delivered { rejected, why } => {
                    self.collector.delivered(one);
                    account.delivered(one.points, rejected, why.as_deref())
                }
                Delivery::Refused(why) => account.refused(one.points, &why, is_last),
                Delivery::Late(why) => account.late(one.points, &why, is_last),
            };
            result = result.and(sent);
        }
        result
    }
}

/// Points on their way. If they are dropped there, the reporter stops, and nobody says them again.
struct Left<'a> {
    points: u64,
    account: &'a Account,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.account.abandoned(self.points);
    }
}
