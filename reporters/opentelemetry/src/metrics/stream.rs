//! [`Stream`]: a metric as receivers know it. Several definitions may feed one.

use crate::proto::writer::{bytes, bytes_even_empty, message, uint};

/// What a stream's points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    Gauge,
    Sum { is_monotonic: bool, is_delta: bool },
    Histogram { is_delta: bool },
    Exponential { is_delta: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) description: String,
    /// As UCUM has it.
    pub(super) unit: String,
    pub(super) data: Data,
}

impl Stream {
    /// Whether the points of both can stand under one name.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.unit == other.unit && self.data == other.data
    }

    /// Its type and unit, for problems.
    pub(super) fn told(&self) -> String {
        let data = match self.data {
            Data::Gauge => "gauge",
            Data::Sum {
                is_monotonic: true, ..
            } => "counter",
            Data::Sum { .. } => "sum that may fall",
            Data::Histogram { .. } => "histogram",
            Data::Exponential { .. } => "exponential histogram",
        };
        format!("{data} in `{}`", self.unit)
    }

    /// How many bytes its texts are.
    pub(super) fn texts(&self) -> usize {
        self.name.len() + self.description.len() + self.unit.len()
    }

    /// Writes the metric with these points as an entry of `ScopeMetrics.metrics`.
    pub(super) fn write(&self, out: &mut Vec<u8>, points: &[u8]) {
        const METRICS: u32 = 2;
        message(out, METRICS, |out| {
            bytes(out, 1, self.name.as_bytes());
            bytes(out, 2, self.description.as_bytes());
            bytes(out, 3, self.unit.as_bytes());
            let temporality = |is_delta| if is_delta { 1 } else { 2 };
            match self.data {
                Data::Gauge => bytes_even_empty(out, 5, points),
                Data::Sum {
                    is_monotonic,
                    is_delta,
                } => message(out, 7, |out| {
                    out.extend_from_slice(points);
                    uint(out, 2, temporality(is_delta));
                    uint(out, 3, u64::from(is_monotonic));
                }),
                Data::Histogram { is_delta } => message(out, 9, |out| {
                    out.extend_from_slice(points);
                    uint(out, 2, temporality(is_delta));
                }),
                Data::Exponential { is_delta } => message(out, 10, |out| {
                    out.extend_from_slice(points);
                    uint(out, 2, temporality(is_delta));
                }),
            }
        });
    }
}

impl Data {
    /// The number of the field for the attributes of a point.
    pub(super) fn attributes(self) -> u32 {
        match self {
            Self::Gauge | Self::Sum { .. } => 7,
            Self::Histogram { .. } => 9,
            Self::Exponential { .. } => 1,
        }
    }
}
