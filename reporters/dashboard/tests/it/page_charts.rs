//! Charts that a page of the host names.

use std::time::Duration;

use telemetry_dashboard::{Card, Context, Page};
use telemetry_metrics::{Aggregator, counter};

use crate::pages::dashboard;
use crate::support::get;
use crate::watch::card;

struct Charts;

impl Page for Charts {
    fn slug(&self) -> &str {
        "charts"
    }

    fn title(&self) -> &str {
        "Charts"
    }

    fn cards(&self, _: &Context<'_>) -> Vec<Card> {
        Vec::new()
    }

    fn charts(&self) -> Vec<String> {
        let names = [
            "shop.no.such",
            "it.pages_charts.order.count",
            "shop.no.such",
        ];
        names.map(ToOwned::to_owned).to_vec()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_of_no_definition_is_told_of_in_its_place() {
    let metrics = [counter("it.pages_charts.order.count")];
    let aggregator = Aggregator::builder().metrics(metrics).start().unwrap();
    let (app, history) = dashboard(&aggregator, |builder| builder.page(Charts));
    let _ = history.wait_for(history.newest(), Duration::from_secs(10));
    let page = get(&app, "/dashboard/api/charts?range=900").await.json();
    let sections = page["sections"].as_array().unwrap();
    let ids: Vec<_> = sections.iter().map(|section| &section["id"]).collect();
    assert_eq!(ids, ["page", "no-chart-0", "chart-0"]);
    assert_eq!(
        sections[1]["cards"][0]["text"],
        "`shop.no.such` is no definition of this program's aggregator."
    );
    // Nothing else on such a page says how far back it goes.
    let more = &sections[2]["cards"][0]["more"];
    assert_eq!(more, "Since the start, less than a minute ago");
    let page = get(&app, "/dashboard/api/metrics?range=900&show=0")
        .await
        .json();
    assert_eq!(
        card(&page, "chart-0", "chart")["more"],
        serde_json::Value::Null
    );
    let note = &card(&page, "index", "index")["note"];
    assert_eq!(note, "Charts begin with the start of the program.");
}
