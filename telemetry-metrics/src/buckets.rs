//! Bounds of distributions.

/// Time, in seconds: 5 ms to 10 s.
pub const TIME: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Bytes: 256 B to 16 MiB, in steps of four.
pub const BYTES: [f64; 9] = [
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
];

/// `count` bounds from `first`, each `step` above the one before.
///
/// ```
/// assert_eq!(telemetry_metrics::buckets::linear(10.0, 5.0, 3), [10.0, 15.0, 20.0]);
/// ```
#[must_use]
pub fn linear(first: f64, step: f64, count: usize) -> Vec<f64> {
    (0..count).map(|n| first + step * n as f64).collect()
}

/// `count` bounds from `first`, each `factor` times the one before.
///
/// ```
/// assert_eq!(telemetry_metrics::buckets::exponential(1.0, 2.0, 4), [1.0, 2.0, 4.0, 8.0]);
/// ```
#[must_use]
pub fn exponential(first: f64, factor: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(first), |bound| Some(bound * factor))
        .take(count)
        .collect()
}
