//! The layer and its filter.

use std::sync::Arc;

use telemetry::EventName;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};

use super::rule::Rule;
use super::rules::{Rules, Sought};
use super::{gathered, log_record};
use crate::guard;

fn chosen<'r>(rules: &'r Rules, metadata: &Metadata<'_>) -> Option<&'r (Rule, EventName)> {
    Sought::of(metadata).and_then(|sought| rules.choose(sought))
}

/// The layer itself, without its filter.
#[derive(Debug)]
pub struct Taker {
    rules: Arc<Rules>,
}

impl Taker {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Self { rules }
    }
}

impl<S: Subscriber> Layer<S> for Taker {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let record = log_record::target_of(event);
        let found = match &record {
            Some(target) => self.rules.choose(log_record::sought(target, event)),
            None => chosen(&self.rules, event.metadata()),
        };
        let Some((rule, name)) = found else {
            return;
        };
        if name.is_observed() {
            guard::taking_in(*name, || {
                gathered::emit(rule, *name, event, record.as_deref());
            });
        }
    }
}

/// The filter of the layer: it wants the chosen events, for this layer only.
#[derive(Debug)]
pub struct Chosen {
    rules: Arc<Rules>,
}

impl Chosen {
    pub(super) fn new(rules: Arc<Rules>) -> Self {
        Self { rules }
    }
}

impl<S> Filter<S> for Chosen {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        chosen(&self.rules, metadata).is_some()
    }

    /// Never for everything else, so that it costs nothing.
    ///
    /// "Sometimes", not "always", for what is chosen: the registry keeps a filter's answer for the
    /// event that follows, and for an event that is always wanted it does not ask. Then the answer
    /// that it kept for another, such as the question that sqlx asks before each query, would
    /// decide.
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if chosen(&self.rules, metadata).is_some() {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.rules.most_verbose().map(LevelFilter::from_level)
    }
}
