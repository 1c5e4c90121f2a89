//! The short way of counting: metrics without tags and without closures.
//!
//! Nothing of users' code runs, so nothing can panic or come here again half-way. What the definition
//! says is laid out beforehand as the event's thread needs it.

use std::sync::atomic::AtomicBool;

use telemetry::Event;

use crate::amount::{Amount, store};
use crate::cells::Cell;
use crate::definition::Definition;
use crate::metric::Kind;
use crate::skip::Skip;
use crate::unit::{Dimension, Unit};

#[derive(Debug)]
pub(crate) struct Plain {
    /// The measurement; `None` for counters.
    key: Option<Box<str>>,
    dimension: Dimension,
    from: Option<Unit>,
    only_grows: bool,
    bounds: Box<[Amount]>,
}

impl Plain {
    /// `None` if the metric is not one of these.
    pub(crate) fn new(metric: &Definition) -> Option<Self> {
        if !metric.tags().is_empty() || metric.has_closures() {
            return None;
        }
        let is_counter = metric.kind() == Kind::Counter;
        Some(Self {
            key: metric.measurement().filter(|_| !is_counter).map(Into::into),
            dimension: metric.dimension(),
            from: metric.from,
            only_grows: metric.kind() == Kind::Sum && !metric.is_up_down(),
            bounds: metric.stored_bounds.as_slice().into(),
        })
    }

    #[inline(always)]
    pub(crate) fn count(
        &self,
        event: &Event<'_>,
        cell: &Cell,
        values_wanted: &AtomicBool,
    ) -> Result<(), Skip> {
        let Some(key) = &self.key else {
            return cell.record(None, &[], values_wanted);
        };
        let number = event.measurement(key).ok_or(Skip::Missing)?;
        let amount = store(number, self.dimension, self.from)?;
        if self.only_grows && amount.is_negative() {
            return Err(Skip::Negative);
        }
        cell.record(Some(amount), &self.bounds, values_wanted)
    }
}
