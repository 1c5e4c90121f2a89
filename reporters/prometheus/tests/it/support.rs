//! What the tests share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use telemetry_metrics::{Aggregator, Metric};
use telemetry_prometheus::{FamilyProblem, Prometheus, PrometheusError};

use crate::strict::{self, Family};

/// Starts an aggregator that must start.
pub(crate) fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder()
        .metrics(metrics)
        .start()
        .expect("the definitions are valid")
}

/// A reporter that must be accepted.
pub(crate) fn reporter(aggregator: &Aggregator) -> Prometheus {
    Prometheus::new(aggregator).expect("the definitions are valid for Prometheus")
}

/// What is wrong with the definitions, as Prometheus sees them; nothing if they are valid.
pub(crate) fn problems(aggregator: &Aggregator) -> Vec<FamilyProblem> {
    match Prometheus::new(aggregator) {
        Ok(_) => Vec::new(),
        Err(PrometheusError::Definitions(problems)) => problems,
        Err(other) => panic!("{other}"),
    }
}

/// Whether a line, or a name, is of the library's own families.
pub(crate) fn is_of_library(name: &str) -> bool {
    ["telemetry_", "process_start_time_seconds"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The text without the families of the library's own.
pub(crate) fn own_text(prometheus: &Prometheus) -> String {
    let text = prometheus.render();
    strict::parse(&text).expect("valid text");
    let is_self = |line: &&str| {
        let name = line
            .strip_prefix("# HELP ")
            .or_else(|| line.strip_prefix("# TYPE "))
            .unwrap_or(line);
        is_of_library(name)
    };
    let lines = text.split_inclusive('\n').filter(|line| !is_self(line));
    lines.collect()
}

/// All families, read strictly.
pub(crate) fn families(prometheus: &Prometheus) -> Vec<Family> {
    strict::parse(&prometheus.render()).expect("valid text")
}

/// The value of a sample: its name and its labels, in any order.
pub(crate) fn sample(families: &[Family], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: Vec<(String, String)> = labels
        .iter()
        .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
        .collect();
    wanted.sort();
    families
        .iter()
        .flat_map(|family| &family.samples)
        .find(|sample| {
            let mut labels = sample.labels.clone();
            labels.sort();
            sample.name == name && labels == wanted
        })
        .map(|sample| sample.value)
}

/// A directory that is gone when the test is.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(purpose: &str) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), LAST.fetch_add(1, Ordering::Relaxed));
        let name = format!("telemetry-prometheus-{purpose}-{process}-{number}");
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("there is a place for files");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
