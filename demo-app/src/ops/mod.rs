//! What runs the demo in earnest: the files for Prometheus, Alertmanager, Grafana and load tests, all of
//! them made of the [definitions](crate::telemetry::metrics) and
//! [objectives](crate::telemetry::objectives).
//!
//! Those in the repository are made by a test, which also says when they are out of date. For other
//! settings, such as shorter windows, `demo-app --write-ops FOLDER` makes them.

mod dashboards;
pub mod k6;
mod panels;
mod prometheus;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use telemetry_metrics::StartError as MetricsError;
use telemetry_prometheus::PrometheusError;
use telemetry_prometheus::grafana::GrafanaError;
use telemetry_slo::prometheus::RulesError;

pub use dashboards::{DASHBOARDS, Made};

use self::k6::LoadObjective;
use crate::Config;
use crate::telemetry::objectives::{QUICK, QUICKLY, QUOTES, SITE, SITE_LATENCY, WORKING};

/// The objectives that a client can see.
pub const LOAD_OBJECTIVES: [LoadObjective; 3] = [
    LoadObjective {
        name: "site",
        routes: WORKING,
        target: SITE,
        latency: None,
    },
    LoadObjective {
        name: "site-latency",
        routes: QUICK,
        target: SITE_LATENCY,
        latency: Some(QUICKLY),
    },
    LoadObjective {
        name: "quotes",
        routes: &["/quote"],
        target: QUOTES,
        latency: None,
    },
];

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Where it belongs, within `ops`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl File {
    fn new(path: impl Into<String>, text: String) -> Self {
        Self {
            path: path.into(),
            text,
        }
    }
}

/// All files, for an application that is started so.
///
/// # Errors
///
/// If the definitions are wrong.
pub fn files(config: &Config) -> Result<Vec<File>, OpsError> {
    Files::of(config).make()
}

/// [`files`], with what a test or a demonstration wants otherwise.
#[derive(Debug, Clone)]
#[must_use = "nothing is made before `make`"]
pub struct Files<'a> {
    config: &'a Config,
    alertmanager: Option<SocketAddr>,
    webhook: Option<String>,
}

impl<'a> Files<'a> {
    /// For an application that is started so.
    pub fn of(config: &'a Config) -> Self {
        Self {
            config,
            alertmanager: None,
            webhook: None,
        }
    }

    /// Where Prometheus finds Alertmanager: at port 9093 of its own machine unless it is called.
    pub fn alertmanager(mut self, address: SocketAddr) -> Self {
        self.alertmanager = Some(address);
        self
    }

    /// What Alertmanager posts everything to that fires; nobody is told unless it is called.
    pub fn webhook(mut self, url: impl Into<String>) -> Self {
        self.webhook = Some(url.into());
        self
    }

    /// Makes them.
    ///
    /// # Errors
    ///
    /// If the definitions are wrong, or windows are too short for Prometheus.
    pub fn make(&self) -> Result<Vec<File>, OpsError> {
        let config = self.config;
        let reporter = prometheus::reporter(config)?;
        let rules = prometheus::rules(config, &reporter)?;
        let webhook = self.webhook.as_deref();
        let header = prometheus::header(config);
        let yaml = |path, text: String| File::new(path, format!("{header}{text}"));
        let mut files = vec![
            yaml("prometheus/rules.yml", rules.to_yaml()),
            yaml(
                "prometheus/prometheus.yml",
                prometheus::configuration(config, self.alertmanager),
            ),
            yaml(
                "alertmanager/alertmanager.yml",
                prometheus::alertmanager(config, &rules, webhook),
            ),
            File::new("k6/objectives.js", k6::objectives_js(&LOAD_OBJECTIVES)),
            File::new(
                "locust/objectives.json",
                k6::objectives_json(&LOAD_OBJECTIVES),
            ),
        ];
        for one in DASHBOARDS {
            let text = one.json(&reporter, &rules).map_err(OpsError::Grafana)?;
            files.push(File::new(format!("grafana/{}", one.file), text));
        }
        Ok(files)
    }
}

/// Writes all files into a folder, which is made if there is none. Returns where they are.
///
/// # Errors
///
/// If the definitions are wrong, or a file cannot be written.
pub fn write(config: &Config, folder: &Path) -> Result<Vec<PathBuf>, OpsError> {
    let mut paths = Vec::new();
    for file in files(config)? {
        let path = folder.join(&file.path);
        let written = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, &file.text));
        match written {
            Ok(()) => paths.push(path),
            Err(error) => return Err(OpsError::Write(path, error)),
        }
    }
    Ok(paths)
}

/// Why files cannot be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpsError {
    /// The metric definitions are wrong.
    Metrics(MetricsError),
    /// The definitions do not suit Prometheus.
    Prometheus(PrometheusError),
    /// Rules cannot be made of the objectives.
    Rules(RulesError),
    /// The definitions do not suit Grafana.
    Grafana(GrafanaError),
    /// A file cannot be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for OpsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metrics(error) => error.fmt(f),
            Self::Prometheus(error) => error.fmt(f),
            Self::Rules(error) => error.fmt(f),
            Self::Grafana(error) => error.fmt(f),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for OpsError {}
