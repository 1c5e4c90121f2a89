//! Chosen `tracing` events, taken in as telemetry events.

mod gathered;
mod layer;
mod log_record;
mod rule;
mod rules;

use std::fmt;
use std::sync::Arc;

use telemetry::{EventName, NameError};
use tracing::Subscriber;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::registry::LookupSpan;

pub use layer::{Chosen, Taker};
pub use rule::Rule;

use rules::Rules;

/// Makes a layer that emits a telemetry event for each `tracing` event of chosen targets.
///
/// ```
/// use telemetry_tracing::{Rule, take_in};
/// use tracing::Level;
/// use tracing_subscriber::prelude::*;
///
/// let taken = take_in()
///     // What sqlx says of each query.
///     .rule(Rule::sqlx("shop.sqlx.query"))
///     // One target, exactly.
///     .target("shop::mail", "shop.mail.log")
///     // How many errors there are, and where.
///     .rule(Rule::all("shop.log.error").level(Level::ERROR))
///     .build()?;
/// let subscriber = tracing_subscriber::registry().with(taken);
/// # let _default = tracing::subscriber::set_default(subscriber);
/// # let _guard = telemetry::attach("t", "shop.log.error", |event| {
/// #     assert!(event.metadata_is("message", "card refused"));
/// # }).unwrap().guard();
/// # tracing::error!("card refused");
/// # assert_eq!(telemetry::list_handlers("shop")[0].failures, 0);
/// # Ok::<(), telemetry_tracing::TakeInError>(())
/// ```
pub fn take_in() -> TakeIn {
    TakeIn { rules: Vec::new() }
}

/// Which events are taken in; made by [`take_in`].
#[derive(Debug, Clone)]
#[must_use = "nothing is taken in before `build`, and before the layer is part of a subscriber"]
pub struct TakeIn {
    rules: Vec<Rule>,
}

/// The layer that [`TakeIn::build`] makes, with the filter that it brings along.
pub type TakeInLayer<S> = Filtered<Taker, Chosen, S>;

impl TakeIn {
    /// Takes in events by this rule. Of several rules that fit an event, the first is used.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Takes in the events of exactly this target: [`Rule::target`] as it is.
    pub fn target(self, target: impl Into<String>, event: impl Into<String>) -> Self {
        self.rule(Rule::target(target, event))
    }

    /// Makes the layer.
    ///
    /// # Errors
    ///
    /// If there is no rule, or a rule's event name is none.
    pub fn build<S>(self) -> Result<TakeInLayer<S>, TakeInError>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if self.rules.is_empty() {
            return Err(TakeInError::NoRules);
        }
        let rules = self.rules.into_iter().map(|rule| {
            let named = EventName::new(&rule.event);
            match named {
                Ok(event) => Ok((rule, event)),
                Err(error) => Err(TakeInError::Name {
                    event: rule.event,
                    error,
                }),
            }
        });
        let rules = Arc::new(Rules::new(rules.collect::<Result<_, _>>()?));
        // A real `Filtered`, not one inside a layer of ours: the registry would not know that it
        // is a filter of one layer, and would ask it about every event of the program.
        Ok(Taker::new(rules.clone()).with_filter(Chosen::new(rules)))
    }
}

/// Why a layer could not be built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TakeInError {
    /// There is no rule.
    NoRules,
    /// The name of a telemetry event is none.
    Name {
        /// What was given.
        event: String,
        /// What is wrong with it.
        error: NameError,
    },
}

impl fmt::Display for TakeInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRules => f.write_str("nothing would be taken in: add a `rule` or a `target`"),
            Self::Name { event, error } => write!(f, "`{event}` is not an event name: {error}"),
        }
    }
}

impl std::error::Error for TakeInError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Name { error, .. } => Some(error),
            Self::NoRules => None,
        }
    }
}
