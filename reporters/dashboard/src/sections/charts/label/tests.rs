//! Labels, and what is found, of series of all sorts.

use std::time::Duration;

use telemetry_metrics::history::{History, Tick};
use telemetry_metrics::{Aggregator, counter};

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// The series of a counter with these tags, in the order in which they were counted.
fn series<const N: usize>(name: &str, keys: [&str; N], rows: &[[&str; N]]) -> Vec<PastSeries> {
    let metric = counter(format!("charts_label_{name}.count")).tags(keys);
    let builder = Aggregator::builder().metrics([metric.unchecked()]);
    let aggregator = builder.start().unwrap();
    let history = History::builder(&aggregator).interval(Duration::from_millis(10));
    let history = history.start().unwrap();
    for row in rows {
        let mut metadata = telemetry::OwnedFields::new();
        for (key, value) in keys.iter().zip(row).filter(|(_, value)| !value.is_empty()) {
            metadata.insert(key, value);
        }
        emit(&format!("charts_label_{name}"), metadata);
    }
    let begin = std::time::Instant::now();
    loop {
        let found = history.series();
        let own: Vec<_> = found
            .into_iter()
            .filter(|one| !one.definition.events().is_empty())
            .collect();
        if own.len() == rows.len() {
            return own;
        }
        assert!(begin.elapsed() < PATIENCE, "{own:?}");
        let _: Tick = history.wait_for(history.newest(), PATIENCE);
    }
}
