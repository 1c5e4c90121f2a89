//! The dashboard: a page on which all of this can be watched.

use std::sync::Arc;

use telemetry_dashboard::{Access, Dashboard, DashboardError};
use telemetry_metrics::Aggregator;
use telemetry_slo::Slo;

use super::page::Site;
use super::{ENDPOINT, Watch};
use crate::Config;

/// Where it is.
pub(crate) const PATH: &str = "/dashboard";

/// Metadata of this application's events that says what happened, and nothing of anybody.
const SHOWN: [&str; 6] = [
    "action",
    "form",
    "operation",
    "process",
    "projection",
    "reader",
];

pub(super) fn start(
    config: &Config,
    aggregator: &Aggregator,
    watch: Option<&Watch>,
    slo: &Arc<Slo>,
) -> Result<Option<Dashboard>, DashboardError> {
    if config.history_mib == 0 {
        return Ok(None);
    }
    let token = config.dashboard_token.as_deref();
    let access = match token.filter(|token| !token.is_empty()) {
        Some(token) => Access::token(token).secure_cookies(config.secure_cookies),
        None => Access::loopback(),
    };
    let mut dashboard = Dashboard::builder(aggregator)
        .title("telemetry demo")
        .access(access)
        .history_memory(config.history_mib as usize * 1024 * 1024)
        .requests(ENDPOINT)
        .show_metadata(SHOWN)
        .slo(slo.clone())
        .page(Site);
    if let Some(watch) = watch {
        dashboard = dashboard
            .traces(watch.traces.clone())
            .n_plus_one(watch.n_plus_one.clone());
    }
    dashboard.start().map(Some)
}
