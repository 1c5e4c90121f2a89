//! [`Stat`] and [`By`]: what a chart on the metrics page can be asked to show.

use telemetry_metrics::{Definition, Kind};

use super::number::Number;
use crate::sources::Sources;
use crate::view::ChartKey;

/// What is shown of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stat {
    Rate,
    Total,
    Value,
    P50,
    P95,
    P99,
    Max,
    Mean,
    /// p50, p95, p99 and the largest, of all series together.
    Quantiles,
    /// How many numbers fell into which bucket, over time, of all series together.
    Heat,
}

/// Whether there is a line per series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Series,
    Total,
}

impl Stat {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Total => "total",
            Self::Value => "value",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Quantiles => "quantiles",
            Self::Heat => "heat",
        }
    }

    /// Those that a kind has; what suits it best comes first.
    pub(super) fn of_kind(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Counter | Kind::Sum => &[Self::Rate, Self::Total],
            Kind::LastValue => &[Self::Value],
            Kind::Summary => &[
                Self::Quantiles,
                Self::P50,
                Self::P95,
                Self::P99,
                Self::Max,
                Self::Mean,
                Self::Rate,
                Self::Heat,
            ],
            _ => &[
                Self::Heat,
                Self::Quantiles,
                Self::P50,
                Self::P95,
                Self::P99,
                Self::Max,
                Self::Mean,
                Self::Rate,
            ],
        }
    }

    /// What a key asks for; it was checked.
    pub(super) fn of(key: &ChartKey, definition: &Definition) -> Self {
        let stats = Self::of_kind(definition.kind());
        let asked = key.stat.as_deref();
        let asked = stats.iter().find(|stat| Some(stat.as_str()) == asked);
        asked.or(stats.first()).copied().unwrap_or(Self::Rate)
    }

    /// The number of a line.
    pub(super) fn number(self) -> Number {
        match self {
            Self::Rate => Number::Rate,
            Self::Total => Number::Total,
            Self::Value => Number::Value,
            Self::P50 => Number::Quantile(0.5),
            Self::P95 | Self::Quantiles | Self::Heat => Number::Quantile(0.95),
            Self::P99 => Number::Quantile(0.99),
            Self::Max => Number::Max,
            Self::Mean => Number::Mean,
        }
    }

    /// Of these there is one picture of all series together.
    pub(super) fn is_of_all(self) -> bool {
        matches!(self, Self::Quantiles | Self::Heat)
    }
}

impl By {
    /// What a key asks for; it was checked.
    pub(super) fn of(key: &ChartKey, stat: Stat, definition: &Definition) -> Self {
        if stat.is_of_all() || definition.tags().is_empty() {
            return Self::Total;
        }
        match key.by.as_deref() {
            Some("series") => Self::Series,
            Some(_) => Self::Total,
            None => Self::usual(stat),
        }
    }

    fn usual(stat: Stat) -> Self {
        match stat {
            Stat::Rate | Stat::Total | Stat::Value => Self::Series,
            _ => Self::Total,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Series => "series",
            Self::Total => "total",
        }
    }
}

/// Checks a key, and writes it in the one way in which those who see the same chart share it.
///
/// # Errors
///
/// A sentence for whoever asked.
pub(crate) fn check_chart(mut key: ChartKey, sources: &Sources) -> Result<ChartKey, String> {
    let Some(definition) = sources.charts.get(sources, key.definition) else {
        return Err("`show` begins with the number of a chart that there is".to_owned());
    };
    let stats = Stat::of_kind(definition.kind());
    let known = |name: &str| stats.iter().any(|stat| stat.as_str() == name);
    if key.stat.as_deref().is_some_and(|stat| !known(stat)) {
        let stats: Vec<_> = stats.iter().map(|stat| stat.as_str()).collect();
        return Err(format!(
            "`stat` of a {} is one of {}",
            definition.kind(),
            stats.join(", ")
        ));
    }
    if !matches!(key.by.as_deref(), None | Some("series" | "total")) {
        return Err("`by` is one of series, total".to_owned());
    }
    let stat = Stat::of(&key, &definition);
    let by = By::of(&key, stat, &definition);
    key.stat = (stats.first() != Some(&stat)).then(|| stat.as_str().to_owned());
    let is_usual = definition.tags().is_empty() || stat.is_of_all() || By::usual(stat) == by;
    key.by = (!is_usual).then(|| by.as_str().to_owned());
    if definition.tags().is_empty() {
        key.find.clear();
    }
    Ok(key)
}
