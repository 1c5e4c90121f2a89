//! [`Received`]: everything that a receiver has.

use std::sync::Arc;

use crate::{Attributes, Metric, Span};

/// What a receiver has, in the order in which it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Received {
    /// All spans, of all requests.
    pub spans: Vec<Span>,
    /// All metrics, of all requests: one that was sent twice is here twice.
    pub metrics: Vec<Metric>,
}

impl Received {
    /// The one span of this name.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn span(&self, name: &str) -> &Span {
        let found = self.spans.iter().filter(|span| span.name == name);
        let names = || self.spans.iter().map(|span| &span.name).collect::<Vec<_>>();
        only(found).unwrap_or_else(|count| panic!("{count} spans are a {name:?} of {:?}", names()))
    }

    /// The one metric of this name.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn metric(&self, name: &str) -> &Metric {
        let metrics = || self.metrics.iter();
        let found = metrics().filter(|metric| metric.name == name);
        let names = || metrics().map(|metric| &metric.name).collect::<Vec<_>>();
        only(found)
            .unwrap_or_else(|count| panic!("{count} metrics are a {name:?} of {:?}", names()))
    }

    /// The newest metric of this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    #[track_caller]
    pub fn newest(&self, name: &str) -> &Metric {
        let mut metrics = self.metrics.iter().rev();
        let found = metrics.find(|metric| metric.name == name);
        found.unwrap_or_else(|| panic!("no {name:?} among {} metrics", self.metrics.len()))
    }
}

/// The one that there is, or how many there are.
fn only<T>(mut found: impl Iterator<Item = T>) -> Result<T, usize> {
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(0),
        (Some(_), Some(_)) => Err(2 + found.count()),
    }
}

/// Whom something is from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    /// What it says of itself.
    pub attributes: Attributes,
    /// The schema of its attributes.
    pub schema_url: String,
}

/// The instrumentation that something is from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it says of itself.
    pub attributes: Attributes,
    /// The schema of its attributes, and of those of its spans and metrics.
    pub schema_url: String,
}

/// What spans and metrics are wrapped in.
pub(crate) struct Wrapping {
    pub(crate) resource: Arc<Resource>,
    pub(crate) scope: Arc<Scope>,
}
