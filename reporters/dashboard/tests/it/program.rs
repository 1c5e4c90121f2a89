//! A program with definitions, a history that is quick to notice, and a dashboard.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::Value as Json;
use telemetry_dashboard::{Access, Dashboard, DashboardBuilder};
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Metric};

use crate::support::get;

const A_WHILE: Duration = Duration::from_secs(20);

pub(crate) struct Program {
    pub(crate) aggregator: Aggregator,
    history: Arc<History>,
    app: Router,
}

impl Program {
    pub(crate) fn start(metrics: impl IntoIterator<Item = Metric>) -> Self {
        Self::with(metrics, |builder| builder)
    }

    pub(crate) fn with(
        metrics: impl IntoIterator<Item = Metric>,
        change: impl FnOnce(DashboardBuilder<'_>) -> DashboardBuilder<'_>,
    ) -> Self {
        Self::over(metrics, |_, builder| change(builder))
    }

    /// With what needs the aggregator.
    pub(crate) fn over(
        metrics: impl IntoIterator<Item = Metric>,
        change: impl for<'a> FnOnce(&'a Aggregator, DashboardBuilder<'a>) -> DashboardBuilder<'a>,
    ) -> Self {
        let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
        let history = History::builder(&aggregator).interval(Duration::from_millis(20));
        let history = Arc::new(history.start().unwrap());
        let builder = Dashboard::builder(&aggregator)
            .access(Access::host_decides())
            .history(history.clone());
        let dashboard = change(&aggregator, builder).start().unwrap();
        let app = Router::new().nest_service("/dashboard", dashboard.router());
        Self {
            aggregator,
            history,
            app,
        }
    }

    pub(crate) fn app(&self) -> &Router {
        &self.app
    }

    /// The JSON of a page, with all that was emitted before.
    pub(crate) async fn page(&self, page: &str) -> Json {
        let seen = self.history.wait_for(self.history.newest(), A_WHILE);
        let _ = self.history.wait_for(seen, A_WHILE);
        let answer = get(&self.app, &format!("/dashboard/api/{page}")).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    }

    /// A card of a section of a page.
    pub(crate) async fn card(&self, page: &str, section: &str, card: &str) -> Json {
        find_card(&self.page(page).await, section, card)
    }
}

/// A card of a section; nothing if there is none.
pub(crate) fn find_card(page: &Json, section: &str, card: &str) -> Json {
    let with_id = |list: &Json, id: &str| -> Json {
        let list = list.as_array().cloned().unwrap_or_default();
        let mut list = list.into_iter();
        list.find(|one| one["id"] == id).unwrap_or_default()
    };
    with_id(&with_id(&page["sections"], section)["cards"], card)
}

/// The sentences of the card at the top of the overview that contain a text, worst first.
pub(crate) fn notices(page: &Json, about: &str) -> Vec<Json> {
    let card = find_card(page, "wrong", "wrong");
    let notices = card["notices"].as_array().cloned().unwrap_or_default();
    let is_about = |notice: &Json| notice["text"].as_str().unwrap().contains(about);
    notices.into_iter().filter(is_about).collect()
}

/// A number of a card of figures, without its unit.
pub(crate) fn figure(card: &Json, label: &str) -> f64 {
    let figures = card["figures"].as_array().unwrap();
    let figure = figures.iter().find(|one| one["label"] == label);
    let value = &figure.unwrap_or_else(|| panic!("no {label} in {card}"))["value"];
    value["n"].as_f64().or(value.as_f64()).unwrap_or(f64::NAN)
}

/// The row of a table with this key.
pub(crate) fn row(card: &Json, key: &str) -> Json {
    let rows = card["rows"].as_array().cloned().unwrap_or_default();
    let mut rows = rows.into_iter();
    rows.find(|row| row["key"] == key).unwrap_or_default()
}
