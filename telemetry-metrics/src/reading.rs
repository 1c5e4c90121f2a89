//! How a metric reads its number from an event, laid out beforehand as the emitting thread needs it.

use telemetry::{Event, Number};

use crate::amount::{Amount, nanos, store};
use crate::definition::Definition;
use crate::isolate::isolated;
use crate::metric::{Kind, MeasureWith};
use crate::plan::Position;
use crate::skip::Skip;
use crate::unit::{Dimension, Unit};

#[derive(Debug)]
pub(crate) struct Reading {
    is_counter: bool,
    /// The measurement; a definition finds it out anew each time.
    key: Option<Box<str>>,
    dimension: Dimension,
    from: Option<Unit>,
    only_grows: bool,
}

impl Reading {
    pub(crate) fn new(metric: &Definition) -> Self {
        Self {
            is_counter: metric.kind() == Kind::Counter,
            key: metric.measurement().map(Into::into),
            dimension: metric.dimension(),
            from: metric.from,
            only_grows: metric.kind() == Kind::Sum && !metric.is_up_down(),
        }
    }

    /// What is to be added; `None` for counters. `measure` is the definition's own closure, if it has
    /// one.
    pub(crate) fn amount(
        &self,
        event: &Event<'_>,
        measure: Option<&MeasureWith>,
    ) -> Result<Option<Amount>, Skip> {
        if self.is_counter {
            return Ok(None);
        }
        let number = match measure {
            Some(measure) => isolated(|| measure(event)).ok_or(Skip::Panicked)?,
            None => self.by_name(event),
        };
        self.stored(number.as_ref()).map(Some)
    }

    /// What is to be added, where that is plain to see; never of counters.
    ///
    /// An `Option`, because a reason why not would lie where the number lies, which then is put
    /// together byte by byte and waited for, 4 ns.
    #[inline(always)]
    pub(crate) fn plain_amount(&self, event: &Event<'_>, position: Position) -> Option<Amount> {
        let number = event.measurement_at(position.get()?)?;
        let amount = match (number, self.dimension) {
            (Number::Duration(time), Dimension::Time) => Amount::Integer(nanos(time)?),
            (Number::Float(x), Dimension::None) if x.is_finite() => Amount::Real(*x),
            (Number::Unsigned(n), Dimension::None) => Amount::Real(*n as f64),
            (Number::Signed(n), Dimension::None) => Amount::Real(*n as f64),
            _ => return None,
        };
        if self.only_grows && amount.is_negative() {
            return None;
        }
        Some(amount)
    }

    /// What is to be added, whatever it may be, or why nothing is; never of counters, nor of what a
    /// closure measures.
    pub(crate) fn number(&self, event: &Event<'_>, position: Position) -> Result<Amount, Skip> {
        match position.get() {
            Some(at) => self.stored(event.measurement_at(at)),
            None => self.stored(self.by_name(event).as_ref()),
        }
    }

    fn by_name(&self, event: &Event<'_>) -> Option<Number> {
        event.measurement(self.key.as_ref()?)
    }

    fn stored(&self, number: Option<&Number>) -> Result<Amount, Skip> {
        let amount = store(number.ok_or(Skip::Missing)?, self.dimension, self.from)?;
        if self.only_grows && amount.is_negative() {
            return Err(Skip::Negative);
        }
        Ok(amount)
    }
}
