//! The quantiles of summaries.

use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::summary;
use telemetry_prometheus::Prometheus;

use crate::support::{families, reporter, sample, start};

#[test]
fn they_are_within_a_hundredth_and_in_the_unit_that_is_shown() {
    let aggregator = start([summary("prom_quantiles.stop.duration").tags(["route"])]);
    let prometheus = reporter(&aggregator);
    for millis in 1..=1_000 {
        let duration = Duration::from_millis(millis);
        execute!("prom_quantiles.stop", { duration }, { route: "/" });
    }
    let families = families(&prometheus);
    for (label, exact) in [("0.5", 0.5), ("0.9", 0.9), ("0.95", 0.95), ("0.99", 0.99)] {
        let labels = [("route", "/"), ("quantile", label)];
        let name = "prom_quantiles_stop_duration_seconds";
        let value = sample(&families, name, &labels).unwrap();
        assert!((value / exact - 1.0).abs() < 0.012, "{label}: {value}");
    }
}

#[test]
fn none_are_shown_if_none_are_wanted() {
    let aggregator = start([summary("prom_quantiles.none.number")]);
    let prometheus = Prometheus::builder(&aggregator)
        .quantiles([])
        .build()
        .unwrap();
    execute!("prom_quantiles.none", { number: 1 });
    assert!(!prometheus.render().contains("quantile="));
}

/// What is older than the window does not count, and a window without numbers says so.
#[test]
fn they_are_of_the_window_and_nan_if_nothing_was_in_it() {
    let aggregator = start([summary("prom_quantiles.recent.number")]);
    let prometheus = Prometheus::builder(&aggregator)
        .quantiles([0.5])
        .quantile_window(Duration::from_secs(1))
        .build()
        .unwrap();
    let name = "prom_quantiles_recent_number";
    let median = || {
        let families = families(&prometheus);
        sample(&families, name, &[("quantile", "0.5")]).unwrap()
    };
    for _ in 0..1_000 {
        execute!("prom_quantiles.recent", { number: 7 });
    }
    assert_eq!(median(), 7.0);
    let until = |done: &dyn Fn(f64) -> bool| {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let median = median();
            if done(median) {
                return;
            }
            assert!(Instant::now() < deadline, "{median}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until(&f64::is_nan);
    execute!("prom_quantiles.recent", { number: 100 });
    // The one, whatever the thousand before it were.
    assert_eq!(median(), 100.0);
    let families = families(&prometheus);
    assert_eq!(
        sample(&families, &format!("{name}_count"), &[]),
        Some(1_001.0)
    );
    assert_eq!(
        sample(&families, &format!("{name}_sum"), &[]),
        Some(7_100.0)
    );
    assert_eq!(prometheus.summaries_without_window(), 0);
}
