//! [`Number`]: which number of a slot a line shows.

use telemetry_metrics::Amount;
use telemetry_metrics::history::Stats;

use super::spec::Of;

/// Which number of each slot a line shows.
#[derive(Debug, Clone)]
pub(crate) enum Number {
    /// Per second: what a sum added, or how many events or numbers.
    Rate,
    /// What there is in total at the end of the slot, since the series began: how many events or
    /// numbers, or how much of a sum.
    Total,
    /// The last value; of several series, all together.
    Value,
    /// Below which this share (0 to 1) of the numbers lies.
    Quantile(f64),
    /// The largest.
    Max,
    /// The mean.
    Mean,
    /// How many there were for each one of another definition, such as errors of requests: 0 to 1.
    /// Nothing where there were none of the others.
    Share(Of),
}

impl Number {
    /// Of a slot, as stored; of a total, what the slot adds to it. `others` is what a share is of.
    pub(super) fn of(&self, stats: Option<&Stats>, others: Option<&Stats>) -> Option<f64> {
        if let Self::Share(_) = self {
            let others = others.map(Stats::count).filter(|count| *count > 0)?;
            // A series of errors is not there before the first one.
            return Some(stats.map_or(0, Stats::count) as f64 / others as f64);
        }
        let stats = stats?;
        match self {
            Self::Rate => stats.rate(),
            Self::Total => Some(added(stats)),
            Self::Value => stats.value().map(Amount::as_f64),
            Self::Quantile(q) => stats.quantile(*q),
            Self::Max => stats.max(),
            Self::Mean => stats.mean(),
            Self::Share(_) => None,
        }
    }

    /// In the browser's words: it draws values as steps.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Total => "total",
            Self::Value => "value",
            Self::Quantile(_) => "quantiles",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Share(_) => "share",
        }
    }

    pub(super) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Quantile(one), Self::Quantile(other)) => one == other,
            (Self::Share(one), Self::Share(other)) => one.is_as(other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// How many events or numbers, or how much of a sum.
pub(super) fn added(stats: &Stats) -> f64 {
    match stats.sum() {
        Some(sum) if stats.count() == 0 => sum.as_f64(),
        _ => stats.count() as f64,
    }
}
