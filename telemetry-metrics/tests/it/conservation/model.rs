//! The simplest thing that counts: definitions and events as plain data, and what has to come of them.

use std::collections::{BTreeMap, HashMap};

use telemetry::{Event, Number, Value};
use telemetry_metrics::{
    Dimension, Kind, MAX_TAG_LEN, Metric, Skip, Unit, counter, distribution, last_value, sum,
    summary,
};

use crate::support::panic_quietly;

pub(super) const EVENTS: [&str; 2] = ["conservation.one", "conservation.two"];
pub(super) const TAGS: [&str; 2] = ["t", "u"];
pub(super) const BOUNDS: [i32; 4] = [-5, 0, 5, 100];

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) kind: Kind,
    pub(super) events: Vec<usize>,
    pub(super) tags: Vec<usize>,
    /// Keeps, or drops, events whose number is a multiple of this.
    pub(super) keep: Option<(bool, u64)>,
    pub(super) measure: Measure,
    pub(super) unit: Option<(Option<Unit>, Unit)>,
    pub(super) up_down: bool,
    pub(super) max_series: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    A,
    B,
    /// `a`, but panics at multiples of three.
    Closure,
}

#[derive(Debug, Clone)]
pub(super) enum Tag {
    Absent,
    Text(String),
    Integer(i8),
    Flag(bool),
    Long(char),
    Bomb,
}

#[derive(Debug, Clone)]
pub(super) struct Emitted {
    pub(super) event: usize,
    pub(super) a: Option<Number>,
    pub(super) b: Option<Number>,
    pub(super) tags: [Tag; 2],
}

pub(super) fn number_of(event: &Event<'_>) -> u64 {
    event
        .metadata("number")
        .and_then(Value::as_u64)
        .expect("every event has its number")
}

impl Rule {
    pub(super) fn metric(&self, at: usize) -> Metric {
        let name = format!("conservation.m{at}");
        let mut metric = match self.kind {
            Kind::Counter => counter(name),
            Kind::Sum => sum(name),
            Kind::LastValue => last_value(name),
            Kind::Summary => summary(name),
            _ => distribution(name).buckets(BOUNDS),
        };
        metric = metric
            .events(self.events.iter().map(|at| EVENTS[*at]))
            .tags(self.tags.iter().map(|at| TAGS[*at]));
        metric = match self.keep {
            Some((true, n)) => metric.keep(move |event| number_of(event) % n == 0),
            Some((false, n)) => metric.drop_when(move |event| number_of(event) % n == 0),
            None => metric,
        };
        metric = match self.measure {
            Measure::A => metric.measurement("a"),
            Measure::B => metric.measurement("b"),
            Measure::Closure => metric.measure_with(|event| {
                if number_of(event) % 3 == 0 {
                    panic_quietly()
                }
                event.measurement("a")
            }),
        };
        metric = match self.unit {
            Some((Some(from), to)) => metric.unit((from, to)),
            Some((None, to)) => metric.unit(to),
            None => metric,
        };
        if self.up_down {
            metric = metric.up_down();
        }
        if let Some(limit) = self.max_series {
            metric = metric.max_series(limit);
        }
        metric
    }

    pub(super) fn wants(&self, number: u64, event: &Emitted) -> bool {
        self.events.contains(&event.event)
            && self.keep.is_none_or(|(keep, n)| (number % n == 0) == keep)
    }

    /// The number as it is stored, or why it is not.
    pub(super) fn stored(&self, number: u64, event: &Emitted) -> Result<Stored, Skip> {
        if self.kind == Kind::Counter {
            return Ok(Stored::Integer(0));
        }
        let measured = match self.measure {
            Measure::A => event.a,
            Measure::B => event.b,
            Measure::Closure if number % 3 == 0 => return Err(Skip::Panicked),
            Measure::Closure => event.a,
        };
        let (from, shown) = self.unit.unwrap_or((None, Unit::One));
        let stored = store(measured.ok_or(Skip::Missing)?, from, shown.dimension())?;
        if stored.as_f64() < 0.0 && self.kind == Kind::Sum && !self.up_down {
            return Err(Skip::Negative);
        }
        Ok(stored)
    }

    pub(super) fn texts(&self, event: &Emitted) -> Result<Vec<String>, Skip> {
        self.tags.iter().map(|at| event.tags[*at].text()).collect()
    }
}

impl Tag {
    pub(super) fn text(&self) -> Result<String, Skip> {
        Ok(match self {
            Self::Absent => String::new(),
            Self::Text(text) => {
                let end = (0..=MAX_TAG_LEN.min(text.len()))
                    .rev()
                    .find(|at| text.is_char_boundary(*at));
                text[..end.unwrap()].to_owned()
            }
            Self::Integer(n) => n.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Long(one) => one.to_string().repeat(MAX_TAG_LEN / one.len_utf8()),
            Self::Bomb => return Err(Skip::Panicked),
        })
    }
}

/// What the model stores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Stored {
    Integer(i64),
    Real(f64),
}

impl Stored {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Real(x) => x,
        }
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            // One that is full begins again.
            (Self::Integer(a), Self::Integer(b)) => Some(Self::Integer(a.wrapping_add(b))),
            (a, b) => Some(Self::Real(a.as_f64() + b.as_f64())).filter(|n| n.as_f64().is_finite()),
        }
    }
}

pub(super) fn store(
    number: Number,
    from: Option<Unit>,
    dimension: Dimension,
) -> Result<Stored, Skip> {
    // Beyond that it is nothing that anybody measured.
    let fits = |n: i128| match i64::try_from(n) {
        Ok(n) if n.unsigned_abs() < 1 << 62 => Ok(Stored::Integer(n)),
        _ => Err(Skip::Overflow),
    };
    match (number, dimension) {
        // In whole seconds, which is what is looked at.
        (Number::Duration(time), Dimension::Time)
            if time.as_secs() >= (1 << 62) / 1_000_000_000 =>
        {
            Err(Skip::Overflow)
        }
        (Number::Duration(time), Dimension::Time) => fits(time.as_nanos() as i128),
        (Number::Duration(_), _) => Err(Skip::Unit),
        (_, Dimension::Time) if from.is_none() => Err(Skip::Unit),
        (_, Dimension::None) => {
            let plain = number.as_f64().ok_or(Skip::Unit)?;
            if plain.is_finite() {
                Ok(Stored::Real(plain))
            } else {
                Err(Skip::NotFinite)
            }
        }
        (_, _) => {
            let factor = from.map_or(1, Unit::factor);
            match number {
                Number::Signed(n) => fits(i128::from(n) * i128::from(factor)),
                Number::Unsigned(n) => fits(i128::from(n) * i128::from(factor)),
                Number::Float(x) if !x.is_finite() => Err(Skip::NotFinite),
                Number::Float(x) if (x * factor as f64).abs() >= 2f64.powi(62) => {
                    Err(Skip::Overflow)
                }
                Number::Float(x) => fits((x * factor as f64).round() as i128),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What the model knows of one series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub(super) count: u64,
    pub(super) sum: Stored,
    pub(super) last: Stored,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) buckets: Vec<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Modelled {
    pub(super) wanted: u64,
    pub(super) series: BTreeMap<Vec<String>, Cell>,
    pub(super) skipped: HashMap<Skip, u64>,
    /// Whether there was a number below zero.
    went_down: bool,
}

pub(super) fn model(rule: &Rule, events: &[Emitted]) -> Modelled {
    let (_, shown) = rule.unit.unwrap_or((None, Unit::One));
    let zero = if shown.dimension() == Dimension::None || rule.kind == Kind::Counter {
        Stored::Real(0.0)
    } else {
        Stored::Integer(0)
    };
    // Bounds are in the unit that is shown.
    let bounds = BOUNDS.map(|bound| f64::from(bound) * shown.factor() as f64);
    let mut all = Modelled::default();
    for (number, event) in events.iter().enumerate() {
        if !rule.wants(number as u64, event) {
            continue;
        }
        all.wanted += 1;
        let stored = rule.stored(number as u64, event);
        let recorded = stored.and_then(|stored| {
            let texts = rule.texts(event)?;
            let new = || Cell {
                count: 0,
                sum: zero,
                last: zero,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                buckets: vec![0; BOUNDS.len() + 1],
            };
            all.went_down |= stored.as_f64() < 0.0;
            let cell = all.series.entry(texts).or_insert_with(new);
            if !matches!(rule.kind, Kind::Counter | Kind::LastValue) {
                cell.sum = cell.sum.plus(stored).ok_or(Skip::Overflow)?;
            }
            cell.count += 1;
            cell.last = stored;
            cell.min = cell.min.min(stored.as_f64());
            cell.max = cell.max.max(stored.as_f64());
            cell.buckets[bounds
                .iter()
                .filter(|bound| **bound < stored.as_f64())
                .count()] += 1;
            Ok(())
        });
        if let Err(reason) = recorded {
            *all.skipped.entry(reason).or_default() += 1;
        }
    }
    all.series.retain(|_, cell| cell.count > 0);
    if !all.went_down {
        for cell in all.series.values_mut() {
            if let Stored::Integer(sum) = &mut cell.sum {
                *sum &= i64::MAX;
            }
        }
    }
    all
}
