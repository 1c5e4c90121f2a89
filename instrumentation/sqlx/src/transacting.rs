//! One transaction on its way, and the event at its end.

use std::time::{Duration, Instant};

use sqlx::Error;
use telemetry::{Span, SpanContext, completion_span};

use crate::lent::Within;
use crate::origin::Origin;
use crate::reason;
use crate::running::own_context;
use crate::sql::Dialect;

/// The span of a transaction: ends when it is told so, or dropped.
#[derive(Debug)]
pub(crate) struct Transacting<'o> {
    span: Span,
    queue_time: Option<Duration>,
    /// It waits for a connection since then.
    waiting: Option<Instant>,
    /// Whether the database refused a statement, and none was executed since.
    refused: bool,
    /// A refusal aborts the transaction, and then `COMMIT` succeeds, and rolls it back. (Every
    /// statement is refused from there on, until somebody goes back to a savepoint.)
    refusal_aborts: bool,
    begun: bool,
    ended: &'static str,
    within: Tally,
    /// That of the transaction that this is a savepoint of.
    outer: Option<&'o mut Tally>,
}

/// What goes on in a transaction, its savepoints included.
#[derive(Debug, Default)]
struct Tally {
    statements: u64,
    /// A savepoint could not be set, or was given up while it was. sqlx may have rolled back
    /// everything then, and a `commit` that finds nothing to commit succeeds.
    doubtful: bool,
}

impl<'o> Transacting<'o> {
    pub(crate) fn begin(origin: &Origin) -> Self {
        Self::new(origin, SpanContext::current(), None)
    }

    /// A savepoint.
    pub(crate) fn nested(origin: &Origin, outer: &'o mut Transacting<'_>) -> Self {
        let parent = outer.context().or_else(SpanContext::current);
        Self::new(origin, parent, Some(&mut outer.within))
    }

    fn new(origin: &Origin, parent: Option<SpanContext>, outer: Option<&'o mut Tally>) -> Self {
        let span = completion_span!(
            parent: parent,
            "*.transaction" => origin.transaction,
            {
                repo: origin.repo,
                system: origin.dialect.system(),
                savepoint: outer.is_some(),
                // The end has these. Here they are for the catalogue.
                ended: None::<&str>,
                reason: None::<&str>,
            }
        );
        Self {
            span,
            queue_time: None,
            waiting: None,
            refused: false,
            refusal_aborts: origin.dialect == Dialect::Postgres,
            begun: false,
            ended: "dropped",
            within: Tally::default(),
            outer,
        }
    }

    /// What is to be current while it begins and ends, and the parent of its statements.
    pub(crate) fn context(&self) -> Option<SpanContext> {
        own_context(&self.span)
    }

    pub(crate) fn waits(&mut self, since: Option<Instant>) {
        self.waiting = since;
    }

    /// The wait is over, or given up.
    pub(crate) fn waited(&mut self) -> Option<Duration> {
        if let Some(since) = self.waiting.take() {
            self.queue_time = Some(since.elapsed());
        }
        self.queue_time
    }

    pub(crate) fn begun(&mut self) {
        self.begun = true;
    }

    /// Whether somebody is to be told how it ended, and a success is not to be believed.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.within.doubtful && self.span.is_observed()
    }

    /// For a statement, if anybody is to be told of it.
    pub(crate) fn statement(&mut self) -> Option<Within<'_>> {
        let context = self.context();
        (context.is_some() || self.outer.is_some()).then_some(Within {
            context,
            statements: &mut self.within.statements,
            refused: &mut self.refused,
        })
    }

    /// It could not be begun.
    pub(crate) fn failed(self, error: &Error) {
        self.end("failed", Err(error));
    }

    /// It was asked to end in this way, and did or did not.
    pub(crate) fn end(mut self, how: &'static str, result: Result<&(), &Error>) {
        match result {
            Ok(()) if self.refused && self.refusal_aborts => self.ended = "rolled_back",
            Ok(()) => self.ended = how,
            Err(error) => {
                self.ended = "failed";
                self.span.fail(reason::of(error));
            }
        }
        self.tell();
        std::mem::replace(&mut self.span, Span::unobserved()).finish();
    }

    /// Does it once.
    fn tell(&mut self) {
        if let Some(outer) = self.outer.take() {
            outer.statements += self.within.statements;
            outer.doubtful |= self.within.doubtful || !self.begun;
        }
        if self.span.is_observed() {
            self.waited();
            self.span.set("ended", self.ended);
            self.span.measure("queue_time", self.queue_time);
            self.span.measure("statements", self.within.statements);
        }
    }
}

impl Drop for Transacting<'_> {
    fn drop(&mut self) {
        self.tell();
    }
}
