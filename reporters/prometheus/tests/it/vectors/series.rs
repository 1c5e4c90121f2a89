//! One series, as the original adds it up, or as we do.

use telemetry_metrics::Kind;
use telemetry_vectors::Json;
use telemetry_vectors::num::{Num, Units};
use telemetry_vectors::term::Strange;

use super::reporter::is_stored_whole;

/// How numbers are stored and shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amounts {
    units: Units,
    /// Ours: whole nanoseconds and bytes, and a division in the end.
    ours: bool,
}

impl Amounts {
    pub(super) fn of(kind: Kind, options: &Json, ours: bool) -> Result<Self, Strange> {
        let units = match Units::of(options)? {
            // It counts events, whatever unit they are of.
            _ if kind == Kind::Counter => Units::Unsaid,
            Units::One(unit) => Units::Pair(unit, unit),
            units => units,
        };
        Ok(Self { units, ours })
    }

    fn divides(self) -> bool {
        self.ours && is_stored_whole(self.units)
    }

    /// What is kept of a number: what was measured, or what the original shows of it.
    pub(super) fn stored(self, measured: Num, shown: Num) -> Option<Num> {
        if !self.divides() {
            return Some(shown);
        }
        let stored = self.units.stored(measured)?;
        Some(Num::Int(i128::from(stored)))
    }

    /// A kept number as it is shown.
    pub(super) fn shown(self, kept: Num) -> Num {
        match (self.units, kept) {
            (Units::Pair(_, to), Num::Int(whole)) if self.divides() => {
                let factor = i128::from(to.factor());
                if whole % factor == 0 {
                    Num::Int(whole / factor)
                } else {
                    Num::Float(whole as f64 / factor as f64)
                }
            }
            _ => kept,
        }
    }

    /// Whether a kept number belongs to the bucket of this bound.
    fn is_within(self, kept: Num, bound: Num) -> bool {
        match self.units {
            Units::Pair(_, to) if self.divides() => {
                kept.as_f64() <= (bound.as_f64() * to.factor() as f64).round()
            }
            _ => kept.as_f64() <= bound.as_f64(),
        }
    }
}

/// What was counted.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Of a counter, sum or last value.
    pub(super) total: Num,
    /// Since the last scrape.
    fresh: Vec<Num>,
    /// Before it.
    old: Vec<Num>,
    sum: Num,
}

impl Default for Series {
    fn default() -> Self {
        let zero = Num::Int(0);
        Self {
            total: zero,
            fresh: Vec::new(),
            old: Vec::new(),
            sum: zero,
        }
    }
}

impl Series {
    pub(super) fn add(&mut self, kind: Kind, number: Num) {
        match kind {
            Kind::Counter | Kind::Sum => self.total = self.total.plus(number),
            Kind::LastValue => self.total = number,
            _ => self.fresh.push(number),
        }
    }

    /// How many lie below each bound, how many there are, and their sum: the original sorts what
    /// came since the last scrape before it adds it up; we add it up as it comes.
    pub(super) fn measured(&mut self, bounds: &[Num], amounts: Amounts) -> (Vec<i128>, i128, Num) {
        let mut fresh = std::mem::take(&mut self.fresh);
        if amounts.ours {
            self.sum = fresh.iter().fold(self.sum, |sum, number| sum.plus(*number));
        } else {
            fresh.sort_by(|a, b| a.as_f64().total_cmp(&b.as_f64()));
            let batch = fresh
                .iter()
                .fold(Num::Int(0), |sum, number| sum.plus(*number));
            self.sum = batch.plus(self.sum);
        }
        self.old.append(&mut fresh);
        let within = |bound: &Num| {
            let inside = self
                .old
                .iter()
                .filter(|kept| amounts.is_within(**kept, *bound));
            inside.count() as i128
        };
        (
            bounds.iter().map(within).collect(),
            self.old.len() as i128,
            self.sum,
        )
    }
}
