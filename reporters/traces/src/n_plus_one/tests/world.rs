//! Spans without a bus and without a clock.

use std::time::Duration;

use telemetry::SpanContext;

use super::super::builder::NPlusOneBuilder;
use super::super::end::{End, Query};
use super::super::finding::Finding;
use super::super::group::{Call, Limits, Moment};
use super::super::shape::Asked;
use super::super::shapes::Shapes;
use super::super::shard::{Settings, Shard};

pub(super) const BY_ID: &str = "SELECT title FROM items WHERE user_id = ?";

/// A millisecond.
pub(super) const MS: Moment = 1_000_000;

/// How long a query takes.
const TIME: Moment = MS / 2;

pub(super) struct World {
    pub(super) shard: Shard,
    shapes: Shapes,
    pub(super) settings: Settings,
    pub(super) now: Moment,
    pub(super) found: Vec<Finding>,
}

/// A span that has not ended.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) name: &'static str,
    pub(super) context: SpanContext,
    pub(super) parent: Option<SpanContext>,
}

impl Begun {
    pub(super) fn root(name: &'static str) -> Self {
        Self::below_context(name, None)
    }

    /// Its context is of a trace of its own, which a shard does not mind.
    pub(super) fn below_context(name: &'static str, parent: Option<SpanContext>) -> Self {
        Self {
            name,
            context: SpanContext::new_root(),
            parent,
        }
    }

    pub(super) fn child(&self, name: &'static str) -> Self {
        Self::below_context(name, Some(self.context))
    }

    fn end(&self, at: Moment) -> End<'static> {
        End {
            name: self.name,
            context: self.context,
            parent: self.parent,
            at,
            query: None,
            is_about_one: false,
            is_transaction: false,
            route: None,
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(&NPlusOneBuilder::new())
    }

    pub(super) fn with(builder: &NPlusOneBuilder) -> Self {
        Self {
            shard: Shard::default(),
            shapes: Shapes::new(1 << 20),
            settings: builder.settings(),
            now: 1000 * MS,
            found: Vec::new(),
        }
    }

    pub(super) fn limits(&mut self) -> &mut Limits {
        &mut self.settings.limits
    }

    pub(super) fn tell(&mut self, end: &End<'_>) {
        let shape = end.query.map(|query| self.shapes.of(&query.asked));
        self.shard
            .ended(end, shape, &self.settings, &mut self.found);
    }

    pub(super) fn end(&mut self, span: Begun) {
        let end = span.end(self.now);
        self.tell(&end);
    }

    pub(super) fn end_with_route(&mut self, span: Begun, route: &str) {
        let end = End {
            route: Some(route),
            is_about_one: true,
            ..span.end(self.now)
        };
        self.tell(&end);
    }

    pub(super) fn end_transaction(&mut self, span: Begun) {
        let end = End {
            is_transaction: true,
            ..span.end(self.now)
        };
        self.tell(&end);
    }

    /// It begins now, and the time goes on to its end.
    pub(super) fn query(&mut self, above: &Begun, statement: &str) {
        self.query_with(above, statement, |_| {});
    }

    pub(super) fn query_with(
        &mut self,
        above: &Begun,
        statement: &str,
        change: impl FnOnce(&mut Query<'_>),
    ) {
        let start = self.now;
        self.now += TIME;
        let mut query = Query {
            asked: Asked {
                statement,
                repo: Some("repo"),
                source: Some("items"),
                system: None,
                command: None,
            },
            call: Call {
                start,
                end: self.now,
                time: Duration::from_nanos(TIME),
                rows: None,
            },
            counts: true,
        };
        change(&mut query);
        let end = End {
            query: Some(query),
            ..above.child("repo.query").end(self.now)
        };
        self.tell(&end);
    }

    pub(super) fn queries(&mut self, above: &Begun, statement: &str, count: usize) {
        for _ in 0..count {
            self.query(above, statement);
        }
    }

    pub(super) fn wait(&mut self, milliseconds: u64) {
        self.now += milliseconds * MS;
    }

    pub(super) fn look(&mut self) {
        let (now, settings) = (self.now, &self.settings);
        self.shard
            .look_at_what_is_due(now, usize::MAX, settings, &mut self.found);
    }

    pub(super) fn settle(&mut self) {
        self.shard.settle_all(&self.settings, &mut self.found);
    }

    /// What was found since, as count, parent and route.
    #[track_caller]
    pub(super) fn expect(&mut self, expected: &[(u64, Option<&str>, Option<&str>)]) {
        let found = std::mem::take(&mut self.found);
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.count, found.parent, found.route.as_deref()))
            .collect();
        assert_eq!(found, expected);
    }

    #[track_caller]
    pub(super) fn expect_nothing(&mut self) {
        self.expect(&[]);
    }
}
