//! One statement on its way, and the event at its end.
//!
//! The event is that of a span, which ends exactly once however the statement does: it returns, it
//! fails, or the future that owns this is dropped, which is `cancelled`.

use std::time::{Duration, Instant};

use sqlx::Error;
use telemetry::{Span, SpanContext, completion_span};

use crate::origin::Origin;
use crate::{reason, sql};

pub(crate) struct Running {
    // Dropped last, after what is measured has been told.
    span: Span,
    clock: Clock,
    queue_time: Option<Duration>,
    query_time: Option<Duration>,
    rows: u64,
}

/// What the time that passes belongs to.
enum Clock {
    Queue(Instant),
    Query(Instant),
    /// To the consumer.
    Stopped,
}

impl Running {
    /// A statement that begins to wait for a connection.
    pub(crate) fn queueing(origin: &Origin, text: &str) -> Self {
        let span = begin(origin, None, text);
        Self::new(span, Clock::Queue(Instant::now()), None, None)
    }

    /// A statement that begins on a connection that was there already; `waited` is how long it
    /// took to get there, if this statement is to say so. It belongs to `parent`, or to whatever
    /// is current.
    pub(crate) fn querying(
        origin: &Origin,
        parent: Option<SpanContext>,
        text: &str,
        waited: Option<Duration>,
    ) -> Self {
        let span = begin(origin, parent, text);
        let clock = Clock::Query(Instant::now());
        Self::new(span, clock, waited, Some(Duration::ZERO))
    }

    fn new(
        span: Span,
        clock: Clock,
        queue_time: Option<Duration>,
        query_time: Option<Duration>,
    ) -> Self {
        Self {
            span,
            clock,
            queue_time,
            query_time,
            rows: 0,
        }
    }

    /// What is to be current while the statement runs.
    pub(crate) fn context(&self) -> Option<SpanContext> {
        own_context(&self.span)
    }

    /// The wait is over, the query begins.
    pub(crate) fn acquired(&mut self) {
        let now = self.stop();
        self.query_time = Some(Duration::ZERO);
        self.clock = Clock::Query(now);
    }

    pub(crate) fn returned_a_row(&mut self) {
        self.rows += 1;
    }

    /// The consumer has got something to work on.
    pub(crate) fn pause(&mut self) {
        self.stop();
    }

    /// The consumer asks for more.
    pub(crate) fn resume(&mut self) {
        self.clock = Clock::Query(Instant::now());
    }

    /// Books the time since the clock was started.
    fn stop(&mut self) -> Instant {
        let now = Instant::now();
        let (account, since) = match std::mem::replace(&mut self.clock, Clock::Stopped) {
            Clock::Queue(since) => (&mut self.queue_time, since),
            Clock::Query(since) => (&mut self.query_time, since),
            Clock::Stopped => return now,
        };
        *account = Some(account.unwrap_or_default() + now.saturating_duration_since(since));
        now
    }

    /// The statement returned, or failed.
    pub(crate) fn end<T>(mut self, result: &Result<T, Error>) {
        if let Err(error) = result {
            self.span.fail(reason::of(error));
        }
        self.tell();
        std::mem::replace(&mut self.span, Span::unobserved()).finish();
    }

    fn tell(&mut self) {
        if !self.span.is_observed() {
            return;
        }
        self.stop();
        let (queue, query) = (self.queue_time, self.query_time);
        let total = queue.unwrap_or_default() + query.unwrap_or_default();
        self.span.measure("total_time", total);
        self.span.measure("queue_time", queue);
        self.span.measure("query_time", query);
        self.span.measure("rows", query.map(|_| self.rows));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tell();
    }
}

fn begin(origin: &Origin, parent: Option<SpanContext>, text: &str) -> Span {
    if !origin.observes_queries() {
        return Span::unobserved();
    }
    let summary = sql::summary(text, origin.dialect);
    completion_span!(
        parent: parent.or_else(SpanContext::current),
        "*.query" => origin.query,
        {
            repo: origin.repo,
            system: origin.dialect.system(),
            source: summary.source,
            command: summary.command,
            statement: origin.statements.then(|| sql::excerpt(text)),
            // For the catalogue: the end may have it.
            reason: None::<&str>,
        }
    )
}

/// A span's own context, if it has one: that of a span that nobody observes is another's.
pub(crate) fn own_context(span: &Span) -> Option<SpanContext> {
    span.context().filter(|_| span.is_observed())
}

/// Runs a future with this being current, in each poll and while it is dropped.
pub(crate) async fn within<F: Future>(context: Option<SpanContext>, future: F) -> F::Output {
    match context {
        Some(context) => context.wrap(future).await,
        None => future.await,
    }
}
