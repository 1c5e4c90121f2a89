//! [`Traces`]: the task that sends spans.
//!
//! - As soon as there are enough for a batch, or when those that are there have waited long enough,
//!   everything is sent, one batch at a time.
//! - A batch is tried again for a while; meanwhile the queue goes on filling up, to its bounds.
//! - What is given up is dropped and counted. Of every span that was put into the queue is known in
//!   the end whether it was sent or dropped, also if the task is stopped anywhere in between.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::account::Account;
use super::asked::Ask;
use crate::spans::{Batch, SpanQueue, request};
use crate::transport::{Client, Delivery};

/// About how large the spans of a request are at most, in bytes. Receivers take 4 MiB.
const MAX_BYTES: usize = 2 * 1024 * 1024;

pub(crate) struct Traces {
    pub(crate) queue: Arc<SpanQueue>,
    pub(crate) client: Arc<Client>,
    /// The message `Resource`.
    pub(crate) resource: Arc<[u8]>,
    /// How many spans are sent at once, at most.
    pub(crate) batch: usize,
    /// How long the first of them waits for others.
    pub(crate) delay: Duration,
    pub(crate) retry_for: Duration,
    pub(crate) account: Arc<Account>,
}

impl Traces {
    pub(super) fn signal(&self) -> (Arc<Client>, Arc<Account>) {
        (self.client.clone(), self.account.clone())
    }

    /// Ends when nobody can ask any more.
    pub(super) async fn run(self, mut asked: UnboundedReceiver<Ask>) {
        let mut next = Instant::now() + self.delay;
        // Who asked, and what became of the batches that were on their way then.
        let mut asks: Vec<(Ask, Result<(), String>)> = Vec::new();
        loop {
            if asks.is_empty() {
                tokio::select! {
                    biased;
                    ask = asked.recv() => match ask {
                        Some(ask) => asks.push((ask, Ok(()))),
                        None => return,
                    },
                    () = self.queue.woken() => {}
                    () = sleep_until(next) => {}
                }
            }
            asks.extend(waiting(&mut asked).map(|ask| (ask, Ok(()))));
            let sent = self.send_all().await;
            self.account.look_at_queue();
            for (ask, before) in asks.drain(..) {
                // Whoever asked may have given up waiting.
                let _ = ask.done.send(before.and(sent.clone()));
            }
            // Those who asked meanwhile are answered together, the next time.
            asks.extend(waiting(&mut asked).map(|ask| (ask, sent.clone())));
            next = Instant::now() + self.delay;
        }
    }

    /// Everything that is in the queue now, and perhaps some of what comes meanwhile.
    async fn send_all(&self) -> Result<(), String> {
        let mut result = Ok(());
        let now = self.queue.mark();
        while !self.queue.has_passed(now) {
            let Some(batch) = self.queue.next_batch(self.batch, MAX_BYTES) else {
                break;
            };
            result = result.and(self.send(batch).await);
        }
        result
    }

    async fn send(&self, batch: Batch) -> Result<(), String> {
        let body = request(&self.resource, &batch);
        let mut flight = Flight {
            batch,
            account: &self.account,
            is_over: false,
        };
        let until = Instant::now() + self.retry_for;
        let failed = |why: &str| self.account.attempt_failed(why);
        let delivery = self.client.deliver(body, until, &failed).await;
        flight.is_over = true;
        let spans = flight.batch.spans;
        match delivery {
            Delivery::Delivered { rejected, why } => {
                self.account.delivered(spans, rejected, why.as_deref())
            }
            Delivery::Refused(why) => self.account.refused(spans, &why, true),
            Delivery::Late(why) => self.account.late(spans, &why, true),
        }
    }
}

fn waiting(asked: &mut UnboundedReceiver<Ask>) -> impl Iterator<Item = Ask> {
    std::iter::from_fn(|| asked.try_recv().ok())
}

impl Drop for Traces {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// A batch on its way. If it is dropped there, it was not delivered.
struct Flight<'a> {
    batch: Batch,
    account: &'a Account,
    is_over: bool,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.account.abandoned(self.batch.spans);
        }
    }
}
