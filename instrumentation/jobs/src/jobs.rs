//! [`Jobs`]: where the prefix is chosen, and the queues are known.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use telemetry::{EventName, NameError, SpanName};

use crate::queue::{Queue, QueueFigures};

/// How many queues one [`Jobs`] tells apart; those that come later share the name
/// [`OTHER_QUEUES`].
pub const MAX_QUEUES: usize = 1000;

/// The name that queues share beyond the first [`MAX_QUEUES`].
pub const OTHER_QUEUES: &str = "other";

/// The queues of an application, and the events' prefix. See the [crate's page](crate).
///
/// Make one, and clone it to wherever jobs are enqueued and done: the clones count together, and
/// two made with the same prefix do not.
#[derive(Debug, Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    names: Names,
    queues: RwLock<BTreeMap<Arc<str>, Queue>>,
}

/// What each ticket has to know; copied, so that queues do not point back to what holds them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) attempt: SpanName,
    pub(crate) batch: SpanName,
    pub(crate) enqueued: EventName,
    pub(crate) retried: EventName,
    pub(crate) discarded: EventName,
    pub(crate) dropped: EventName,
    pub(crate) queue: EventName,
    pub(crate) relation: Relation,
}

/// How an attempt is connected with the span in which its job was enqueued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Child,
    Linked,
}

impl Jobs {
    /// Jobs whose attempts are **children** of the span that enqueued them: the request, the job
    /// that it left behind, and what that left behind in turn are one trace.
    ///
    /// ```
    /// use telemetry_jobs::Jobs;
    ///
    /// let jobs = Jobs::new("shop.jobs")?;
    /// let emails = jobs.queue("emails");
    /// assert!(Jobs::new("shop jobs").is_err());
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// A [`NameError`] if the prefix is not a name, or if too many names were made at run time. A
    /// prefix takes fewer than twenty of those; clone rather than make again.
    pub fn new(prefix: &str) -> Result<Self, NameError> {
        Self::related(prefix, Relation::Child)
    }

    /// Jobs whose attempts begin a trace each, **linked** to the span that enqueued them: their
    /// events have its `traceparent` as the metadata `link`.
    ///
    /// For jobs that run hours later, and for those that many requests wait for: a trace does not
    /// stay open for them.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn linked(prefix: &str) -> Result<Self, NameError> {
        Self::related(prefix, Relation::Linked)
    }

    fn related(prefix: &str, relation: Relation) -> Result<Self, NameError> {
        // First of all for itself: the error's position is that in the prefix then.
        EventName::check(prefix)?;
        let span = |last: &str| SpanName::new(&format!("{prefix}.{last}"));
        let event = |last: &str| EventName::new(&format!("{prefix}.{last}"));
        let names = Names {
            attempt: span("attempt")?,
            batch: span("batch")?,
            enqueued: event("enqueued")?,
            retried: event("retried")?,
            discarded: event("discarded")?,
            dropped: event("dropped")?,
            queue: event("queue")?,
            relation,
        };
        let queues = RwLock::default();
        Ok(Self {
            inner: Arc::new(Inner { names, queues }),
        })
    }

    /// The queue of this name, a new one at first. Keep it: this looks it up.
    ///
    /// The name becomes a tag, so it should be one of few: beyond [`MAX_QUEUES`] all further ones
    /// are [`OTHER_QUEUES`].
    #[must_use]
    pub fn queue(&self, name: &str) -> Queue {
        let queues = &self.inner.queues;
        // Nothing can panic while one of these is held.
        let known = queues.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = known.get(name) {
            return queue.clone();
        }
        drop(known);
        let mut known = queues.write().unwrap_or_else(PoisonError::into_inner);
        let name = if known.len() < MAX_QUEUES || known.contains_key(name) {
            name
        } else {
            OTHER_QUEUES
        };
        if let Some(queue) = known.get(name) {
            return queue.clone();
        }
        let queue = Queue::new(self.inner.names, name);
        known.insert(queue.shared_name(), queue.clone());
        queue
    }

    /// How much waits and runs, for each queue, in the order of their names.
    ///
    /// ```
    /// # let jobs = telemetry_jobs::Jobs::new("doc.figures")?;
    /// let ticket = jobs.queue("emails").enqueued("SendWelcome");
    /// let [emails] = &jobs.figures()[..] else { panic!() };
    /// assert_eq!((emails.name(), emails.waiting(), emails.running()), ("emails", 1, 0));
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    #[must_use]
    pub fn figures(&self) -> Vec<QueueFigures> {
        self.queues().iter().map(Queue::figures).collect()
    }

    /// Emits `{prefix}.queue` for each queue: a measurement for `telemetry-poller`.
    ///
    /// ```
    /// # let jobs = telemetry_jobs::Jobs::new("doc.poll")?;
    /// let figures = telemetry::testing::capture("doc.poll.queue");
    /// let ticket = jobs.queue("emails").enqueued("SendWelcome");
    ///
    /// // In an application:
    /// // Poller::builder().measurement("shop.jobs", { let jobs = jobs.clone(); move || jobs.poll() })
    /// jobs.poll();
    /// assert_eq!(figures.events()[0].measurement("depth").unwrap().as_u64(), Some(1));
    /// # Ok::<(), telemetry::NameError>(())
    /// ```
    pub fn poll(&self) {
        if self.inner.names.queue.is_observed() {
            // Handlers run below, and no lock is held while they do.
            self.queues().iter().for_each(Queue::poll);
        }
    }

    fn queues(&self) -> Vec<Queue> {
        let known = self.inner.queues.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.values().cloned().collect()
    }
}
