//! Brings requests to a receiver.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::backoff::{Backoff, FIRST_WAIT, SHORTEST_WAIT};
use super::connector::{Connector, Pool, connector, pool};
use super::request::Template;
use super::resolver::Resolver;
use super::target::{Protocol, Target};
use super::{failure, post};

/// How the delivery of a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The receiver has it.
    Delivered {
        /// How much of it the receiver threw away; whatever it claims, so maybe more than there was.
        rejected: u64,
        /// What the receiver has to say about it, or what is odd about its answer.
        why: Option<String>,
    },
    /// The receiver does not want it, and would not another time. A sentence.
    Refused(String),
    /// It could not be brought there in time. A sentence about the last attempt.
    Late(String),
}

/// How a single attempt ended.
pub(super) enum Attempt {
    Over(Delivery),
    /// Another one may do better, after that time if the receiver asked for one.
    Again {
        why: String,
        after: Option<Duration>,
    },
    /// As [`Attempt::Again`]; the connection was closed before an answer.
    Closed(String),
    /// There was no time left for more of it.
    CutShort(String),
}

/// Connections to one receiver. To be used within a tokio runtime whose time and network are enabled.
pub(crate) struct Client {
    template: Template,
    host: String,
    protocol: Protocol,
    timeout: Duration,
    first_wait: Duration,
    connector: Connector,
    pool: Mutex<Pool>,
    /// There was an answer, so a connection may have been kept, so the receiver may have closed it.
    kept: AtomicBool,
    /// Somebody does not want to wait for the next attempt.
    hurried: Notify,
}

impl Client {
    /// Fails, in a sentence, if requests cannot be made as they are wanted. Connects to nothing yet;
    /// reads the certificates of the system if they are needed.
    pub(crate) fn new(target: Target) -> Result<Client, String> {
        Client::with(target, Resolver::of_the_system(), FIRST_WAIT)
    }

    pub(super) fn with(
        target: Target,
        resolver: Resolver,
        first_wait: Duration,
    ) -> Result<Client, String> {
        let connector = connector(&target, resolver)?;
        Ok(Client {
            host: target.host(),
            protocol: target.protocol,
            timeout: target.timeout,
            first_wait,
            pool: Mutex::new(pool(connector.clone(), target.protocol)),
            connector,
            kept: AtomicBool::new(false),
            hurried: Notify::new(),
            template: Template::new(target)?,
        })
    }

    /// Brings a message, `Export*ServiceRequest`, to the receiver, in as many attempts as it takes, or
    /// as are possible before `until`. `failed` hears of every attempt that did not get it there.
    ///
    /// A wait that would not end before `until` is not begun: there is nothing to come after it.
    pub(crate) async fn deliver(
        &self,
        message: Bytes,
        until: Instant,
        failed: &(dyn Fn(&str) + Sync),
    ) -> Delivery {
        if Instant::now() >= until {
            return Delivery::Late(format!(
                "there was no time left to bring it to {}",
                self.host
            ));
        }
        let packed = self.template.pack(message);
        let mut backoff = Backoff::new(self.first_wait);
        let mut before = None;
        loop {
            let (why, after) = match self.attempt(&packed, until).await {
                Attempt::Over(delivery) => {
                    if let Delivery::Refused(why) = &delivery {
                        failed(why);
                    }
                    return delivery;
                }
                // Most likely it was closed for having been idle, in the moment we took it.
                Attempt::Closed(_) if self.kept.swap(false, Ordering::Relaxed) => continue,
                Attempt::Closed(why) => (why, None),
                Attempt::Again { why, after } => (why, after),
                Attempt::CutShort(why) => {
                    failed(&why);
                    // An attempt that was let run has more to say.
                    return Delivery::Late(before.unwrap_or(why));
                }
            };
            failed(&why);
            let wait = backoff.wait(after);
            if until.saturating_duration_since(Instant::now()) <= wait {
                return Delivery::Late(why);
            }
            match after {
                Some(_) => sleep(wait).await,
                None => self.wait(wait).await,
            }
            before = Some(why);
        }
    }

    /// Whoever waits for a delivery now had rather known at once: the next attempt, or the one after it, is
    /// made soon, unless the receiver said when to come back.
    pub(crate) fn hurry(&self) {
        self.hurried.notify_one();
    }

    async fn wait(&self, time: Duration) {
        let hurried = async {
            // However many are in a hurry, and however often.
            sleep(SHORTEST_WAIT).await;
            self.hurried.notified().await;
        };
        tokio::select! {
            () = sleep(time) => {}
            () = hurried => {}
        }
    }

    async fn attempt(&self, packed: &Bytes, until: Instant) -> Attempt {
        let now = Instant::now();
        let ends = now
            .checked_add(self.timeout)
            .map_or(until, |ends| ends.min(until));
        let request = self
            .template
            .request(packed.clone(), ends.saturating_duration_since(now));
        let connections = self.pool().clone();
        let Ok(answered) = timeout_at(ends, connections.request(request)).await else {
            // A connection that is silent might be so for ever: the next attempt takes a new one.
            *self.pool() = pool(self.connector.clone(), self.protocol);
            let why = format!("no answer from {} within {:.1?}", self.host, ends - now);
            if ends == until {
                return Attempt::CutShort(why);
            }
            return Attempt::Again { why, after: None };
        };
        let response = match answered {
            Ok(response) => response,
            Err(error) => return failure::judge(&error, &self.host),
        };
        self.kept.store(true, Ordering::Relaxed);
        match self.protocol {
            #[cfg(feature = "grpc")]
            Protocol::Grpc => super::grpc::judge(response, &self.host, ends).await,
            _ => post::judge(response, &self.host, ends).await,
        }
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
