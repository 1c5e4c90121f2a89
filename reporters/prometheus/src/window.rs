//! The quantiles of summaries: which, and over how long.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use telemetry_metrics::Snapshot;
use telemetry_metrics::history::Windows;

use crate::problem::PrometheusError;

/// What is shown unless told otherwise.
pub(crate) const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// More would be a histogram in disguise.
pub(crate) const MAX_QUANTILES: usize = 32;

/// How far they look back unless told otherwise.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What may be remembered.
const BUDGET: usize = 16 << 20;

/// The quantiles in ascending order, if all of it can be.
pub(crate) fn check(
    mut quantiles: Vec<f64>,
    window: Duration,
) -> Result<Vec<f64>, PrometheusError> {
    if quantiles.len() > MAX_QUANTILES {
        return Err(PrometheusError::Quantiles(quantiles.len()));
    }
    // Not `contains`, for which -0 would be in and written as 0.
    let valid = |q: &f64| q.is_sign_positive() && *q <= 1.0;
    if let Some(odd) = quantiles.iter().find(|q| !valid(q)) {
        return Err(PrometheusError::Quantile(odd.to_string()));
    }
    quantiles.sort_by(f64::total_cmp);
    if let Some(twice) = quantiles.windows(2).find(|two| two[0] == two[1]) {
        return Err(PrometheusError::Quantile(twice[0].to_string()));
    }
    if !(SHORTEST..=LONGEST).contains(&window) {
        return Err(PrometheusError::Window(window));
    }
    Ok(quantiles)
}

/// Windows that begin with a snapshot.
pub(crate) fn begin(window: Duration, snapshot: &Snapshot) -> Mutex<Windows> {
    let mut windows = Windows::new(window, BUDGET);
    windows.observe(Instant::now(), snapshot);
    Mutex::new(windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_between_zero_and_one_and_there_once() {
        let checked = |quantiles: &[f64]| check(quantiles.to_vec(), WINDOW);
        assert_eq!(checked(&[1.0, 0.0, 0.5]), Ok(vec![0.0, 0.5, 1.0]));
        assert_eq!(checked(&[]), Ok(vec![]));
        for odd in [-0.1, 1.1, -0.0, f64::NAN, f64::INFINITY] {
            let refused = PrometheusError::Quantile(odd.to_string());
            assert_eq!(checked(&[0.5, odd]), Err(refused));
        }
        assert_eq!(
            checked(&[0.5, 0.9, 0.5]),
            Err(PrometheusError::Quantile("0.5".into()))
        );
        let many: Vec<f64> = (0..33).map(|n| f64::from(n) / 100.0).collect();
        assert_eq!(checked(&many), Err(PrometheusError::Quantiles(33)));
        assert_eq!(checked(&many[1..]).map(|all| all.len()), Ok(32));
    }

    #[test]
    fn the_window_is_a_second_to_a_day() {
        for good in [SHORTEST, WINDOW, LONGEST] {
            assert!(check(Vec::new(), good).is_ok());
        }
        let millis = Duration::from_millis(1);
        for odd in [
            Duration::ZERO,
            SHORTEST - millis,
            LONGEST + millis,
            Duration::MAX,
        ] {
            assert_eq!(check(Vec::new(), odd), Err(PrometheusError::Window(odd)));
        }
    }
}
