//! [`Step`]: what one series counted from one sample to the next, and how that is written.

use super::sparse::{pack, pass, plus, since, unpack};
use super::varint::{put, put_signed, skip, take, take_signed};
use crate::amount::Amount;
use crate::definition::Definition;
use crate::exponential::Index;
use crate::metric::Kind;
use crate::snapshot::Data;
use crate::unit::Dimension;

/// What must be known to read a series' steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) kind: Kind,
    dimension: Dimension,
}

impl Shape {
    pub(super) fn of(definition: &Definition) -> Self {
        Self {
            kind: definition.kind(),
            dimension: definition.dimension(),
        }
    }

    pub(super) fn zero(self) -> Amount {
        Amount::zero(self.dimension)
    }
}

/// What was counted in a step; or, of a series that has just been read, since its start.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Count(u64),
    Sum(Amount),
    /// The value at the end of the step, and until the next one; `None` if there is none.
    Value(Option<Amount>),
    Bounds(Amount, Vec<(u32, u64)>),
    Indices(Amount, Vec<(Index, u64)>),
}

impl Step {
    /// A series' numbers since its start.
    pub(super) fn total(data: &Data) -> Self {
        match data {
            Data::Counter(count) => Self::Count(*count),
            Data::Sum(sum) => Self::Sum(*sum),
            Data::LastValue(value) => Self::Value(Some(*value)),
            Data::Distribution(distribution) => {
                let counts = (0..).zip(&distribution.buckets);
                let counts = counts.filter(|(_, count)| **count > 0);
                let counts = counts.map(|(bucket, count)| (bucket, *count));
                Self::Bounds(distribution.sum, counts.collect())
            }
            Data::Summary(summary) => {
                let held = summary.held.iter();
                let counts = held.map(|held| (held.index, held.count));
                Self::Indices(summary.sum, counts.collect())
            }
        }
    }

    pub(super) fn nothing(shape: Shape) -> Self {
        let zero = shape.zero();
        match shape.kind {
            Kind::Counter => Self::Count(0),
            Kind::Sum => Self::Sum(zero),
            Kind::LastValue => Self::Value(None),
            Kind::Distribution => Self::Bounds(zero, Vec::new()),
            Kind::Summary => Self::Indices(zero, Vec::new()),
        }
    }

    /// Whether a step may be left out. A value says that it changed, so it may not.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Self::Count(count) => *count == 0,
            Self::Sum(sum) => sum.is_zero(),
            Self::Value(_) => false,
            Self::Bounds(_, counts) => counts.is_empty(),
            Self::Indices(_, counts) => counts.is_empty(),
        }
    }

    /// How much happened: events or numbers; of what does not know that, one change.
    pub(super) fn events(&self) -> u64 {
        fn all<B>(counts: &[(B, u64)]) -> u64 {
            let counts = counts.iter().map(|(_, count)| *count);
            counts.fold(0, u64::saturating_add)
        }
        match self {
            Self::Count(count) => *count,
            Self::Sum(_) | Self::Value(_) => 1,
            Self::Bounds(_, counts) => all(counts),
            Self::Indices(_, counts) => all(counts),
        }
    }

    /// What was added between two totals; for a value, the newer one.
    pub(super) fn since(&self, then: &Self) -> Self {
        match (self, then) {
            (Self::Count(now), Self::Count(then)) => Self::Count(now.saturating_sub(*then)),
            (Self::Sum(now), Self::Sum(then)) => Self::Sum(now.since(*then)),
            (Self::Bounds(now, counts), Self::Bounds(then, counts_then)) => {
                Self::Bounds(now.since(*then), since(counts, counts_then))
            }
            (Self::Indices(now, counts), Self::Indices(then, counts_then)) => {
                Self::Indices(now.since(*then), since(counts, counts_then))
            }
            (now, _) => now.clone(),
        }
    }

    /// This step and a later one as one.
    pub(super) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::Count(a), Self::Count(b)) => Self::Count(a.saturating_add(b)),
            (Self::Sum(a), Self::Sum(b)) => Self::Sum(a.plus(b)),
            (Self::Bounds(a, counts), Self::Bounds(b, counts_later)) => {
                Self::Bounds(a.plus(b), plus(&counts, &counts_later))
            }
            (Self::Indices(a, counts), Self::Indices(b, counts_later)) => {
                Self::Indices(a.plus(b), plus(&counts, &counts_later))
            }
            (_, later) => later,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Count(count) => put(bytes, *count),
            Self::Sum(sum) => write_amount(bytes, *sum),
            Self::Value(None) => bytes.push(0),
            Self::Value(Some(value)) => {
                bytes.push(1);
                write_amount(bytes, *value);
            }
            Self::Bounds(sum, counts) => {
                write_amount(bytes, *sum);
                pack(bytes, counts);
            }
            Self::Indices(sum, counts) => {
                write_amount(bytes, *sum);
                pack(bytes, counts);
            }
        }
    }

    /// Takes a step off the front.
    pub(super) fn read(shape: Shape, bytes: &mut &[u8]) -> Self {
        match shape.kind {
            Kind::Counter => Self::Count(take(bytes)),
            Kind::Sum => Self::Sum(read_amount(shape, bytes)),
            Kind::LastValue => match take(bytes) {
                0 => Self::Value(None),
                _ => Self::Value(Some(read_amount(shape, bytes))),
            },
            Kind::Distribution => {
                let sum = read_amount(shape, bytes);
                let mut counts = Vec::new();
                unpack(bytes, &mut counts);
                Self::Bounds(sum, counts)
            }
            Kind::Summary => {
                let sum = read_amount(shape, bytes);
                let mut counts = Vec::new();
                unpack(bytes, &mut counts);
                Self::Indices(sum, counts)
            }
        }
    }

    /// Takes a step off the front unread.
    pub(super) fn skip(shape: Shape, bytes: &mut &[u8]) {
        match shape.kind {
            Kind::Counter => skip(bytes),
            Kind::Sum => skip_amount(shape, bytes),
            Kind::LastValue => {
                if take(bytes) != 0 {
                    skip_amount(shape, bytes);
                }
            }
            Kind::Distribution | Kind::Summary => {
                skip_amount(shape, bytes);
                pass(bytes);
            }
        }
    }
}

fn write_amount(bytes: &mut Vec<u8>, amount: Amount) {
    match amount {
        Amount::Integer(n) => put_signed(bytes, n),
        Amount::Real(x) => bytes.extend_from_slice(&x.to_le_bytes()),
    }
}

fn read_amount(shape: Shape, bytes: &mut &[u8]) -> Amount {
    if shape.dimension != Dimension::None {
        return Amount::Integer(take_signed(bytes));
    }
    let Some((number, rest)) = bytes.split_first_chunk() else {
        *bytes = &[];
        return Amount::Real(0.0);
    };
    *bytes = rest;
    Amount::Real(f64::from_le_bytes(*number))
}

fn skip_amount(shape: Shape, bytes: &mut &[u8]) {
    if shape.dimension == Dimension::None {
        *bytes = bytes.get(size_of::<f64>()..).unwrap_or_default();
    } else {
        skip(bytes);
    }
}
