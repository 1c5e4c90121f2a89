//! Files for Prometheus and Alertmanager, and the charts of what their rules record.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use telemetry_metrics::{Aggregator, Check};
use telemetry_prometheus::Prometheus;
use telemetry_slo::prometheus::Rules;

use super::OpsError;
use crate::Config;
use crate::telemetry::{self, DASHBOARD, alarms, metrics_for, objectives};

/// What Prometheus calls the demo's processes.
const JOB: &str = "demo";

/// Where the demo listens unless it says otherwise; the tests' own is any free port.
const PORT: u16 = 4000;

/// Where the pages of the alerts are, in this repository.
const RUNBOOKS: &str = "docs/runbooks";

/// Prometheus comes so often, if windows allow.
const SCRAPE_INTERVAL: Duration = Duration::from_secs(15);

/// Into the shortest window, so many scrapes should fit.
const SCRAPES_IN_A_WINDOW: u32 = 5;

/// Where Alertmanager listens unless told otherwise.
const ALERTMANAGER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9093);

/// The reporter of an application that is started so, which knows what its samples are called.
pub(super) fn reporter(config: &Config) -> Result<Prometheus, OpsError> {
    let aggregator = Aggregator::builder()
        .metrics(metrics_for(config))
        .check_definitions(Check::Off)
        .start()
        .map_err(OpsError::Metrics)?;
    telemetry::prometheus(&aggregator).map_err(OpsError::Prometheus)
}

/// Recording rules, alerts, and what is made of them.
pub(super) fn rules(config: &Config, reporter: &Prometheus) -> Result<Rules, OpsError> {
    Rules::builder(&objectives(config))
        .alarms(&alarms(config))
        .selector([("job", JOB)])
        .scrape_interval(scrape_interval(config))
        .runbooks(RUNBOOKS)
        .dashboard(format!("http://{}{DASHBOARD}", target(config)))
        .build(|definition| reporter.family_name(definition))
        .map_err(OpsError::Rules)
}

/// The configuration of an Alertmanager, which tells nobody unless a webhook is given.
pub(super) fn alertmanager(config: &Config, rules: &Rules, webhook: Option<&str>) -> String {
    let settings = rules
        .alertmanager()
        .scaled(1.0 / f64::from(config.slo_speed));
    let settings = match webhook {
        Some(url) => settings.page(url).ticket(url),
        None => settings,
    };
    settings.to_yaml()
}

/// The configuration of a Prometheus on the same machine as the demo and an Alertmanager.
pub(super) fn configuration(config: &Config, alertmanager: Option<SocketAddr>) -> String {
    let (demo, alertmanager) = (target(config), alertmanager.unwrap_or(ALERTMANAGER));
    let interval = scrape_interval(config).as_secs();
    let timeout = interval.min(10);
    format!(
        "# For a Prometheus on the same machine as the demo. Made from its settings: change them, and make this file again.
global:
  scrape_interval: {interval}s
  scrape_timeout: {timeout}s
  evaluation_interval: {interval}s

rule_files:
  - rules.yml

alerting:
  alertmanagers:
    - static_configs:
        - targets: [\"{alertmanager}\"]

scrape_configs:
  - job_name: {JOB}
    static_configs:
      - targets: [\"{demo}\"]
"
    )
}

/// The first line of a file: whose it is, and how it is made again.
pub(super) fn header(config: &Config) -> String {
    let (listen, speed) = (target(config), config.slo_speed);
    format!(
        "# Of demo-app: `demo-app --listen {listen} --slo-speed {speed} --write-ops FOLDER` makes it.\n"
    )
}

/// How often Prometheus comes: in whole seconds, and often enough for the shortest window.
fn scrape_interval(config: &Config) -> Duration {
    let objectives = objectives(config);
    let windows = objectives.iter().flat_map(|one| one.alerts().windows());
    let shortest = windows.min().unwrap_or(SCRAPE_INTERVAL);
    let often = (shortest / SCRAPES_IN_A_WINDOW).as_secs().max(1);
    Duration::from_secs(often).min(SCRAPE_INTERVAL)
}

/// Where the demo is asked from the same machine.
fn target(config: &Config) -> SocketAddr {
    let mut address = crate::load::reachable(config.listen);
    if address.port() == 0 {
        address.set_port(PORT);
    }
    address
}
