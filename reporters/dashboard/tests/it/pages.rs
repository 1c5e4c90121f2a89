//! Pages and cards of the host.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use telemetry::execute;
use telemetry_dashboard::{Access, Card, Context, Dashboard, Page, Table, Value};
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Unit, counter, last_value, summary};

use crate::support::get;
use crate::watch::card;

struct Own<F>(&'static str, F);

impl<F: Fn(&Context<'_>) -> Vec<Card> + Send + Sync + 'static> Page for Own<F> {
    fn slug(&self) -> &str {
        self.0
    }

    fn title(&self) -> &str {
        "Own <page>"
    }

    fn cards(&self, context: &Context<'_>) -> Vec<Card> {
        (self.1)(context)
    }
}

fn dashboard(
    aggregator: &Aggregator,
    change: impl FnOnce(
        telemetry_dashboard::DashboardBuilder<'_>,
    ) -> telemetry_dashboard::DashboardBuilder<'_>,
) -> (Router, Arc<History>) {
    let history = History::builder(aggregator).interval(Duration::from_millis(50));
    let history = Arc::new(history.start().unwrap());
    let builder = Dashboard::builder(aggregator)
        .history(history.clone())
        .access(Access::host_decides());
    let dashboard = change(builder).start().unwrap();
    let app = Router::new().nest("/dashboard", dashboard.router());
    (app, history)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_asks_for_the_past_of_its_metrics() {
    let aggregator = Aggregator::builder()
        .metrics([
            counter("it.pages.order.count").tags(["currency"]),
            last_value("it.pages.stock.left").tags(["shelf"]),
            summary("it.pages.order.duration").unit(Unit::Millisecond),
        ])
        .start()
        .unwrap();
    let page = Own("stock", |context: &Context<'_>| {
        let all = context.count("it.pages.order.count", &[]);
        let euros = context.count("it.pages.order.count", &[("currency", "EUR")]);
        let p50 = context.quantile("it.pages.order.duration", &[], 0.5);
        vec![
            Card::figures("orders")
                .figure("All", all, None)
                .figure("Euros", euros, None)
                .figure("Left", context.latest("it.pages.stock.left", &[]), None)
                .figure(
                    "Nothing",
                    context.latest("it.pages.stock.left", &[("shelf", "z")]),
                    None,
                )
                .figure("p50", p50.map(Value::seconds), None)
                .figure("Counter", context.latest("it.pages.order.count", &[]), None)
                .figure(
                    "Shelves",
                    context.series("it.pages.stock.left", &[]).len(),
                    None,
                )
                .figure("Range", context.range(), None),
        ]
    });
    let (app, history) = dashboard(&aggregator, |builder| builder.page(page));
    for currency in ["EUR", "EUR", "USD"] {
        let duration = Duration::from_millis(250);
        execute!("it.pages.order", { duration }, { currency });
    }
    for (shelf, left) in [("a", 3), ("b", 4)] {
        execute!("it.pages.stock", { left }, { shelf });
    }
    let seen = history.wait_for(history.newest(), Duration::from_secs(10));
    let _ = history.wait_for(seen, Duration::from_secs(10));

    let page = get(&app, "/dashboard/api/stock?range=60").await.json();
    assert_eq!(page["title"], "Own <page>");
    let figures = &card(&page, "page", "orders")["figures"];
    let value = |at: usize| figures[at]["value"].clone();
    assert_eq!((value(0), value(1)), (3.into(), 2.into()));
    assert_eq!((value(2), value(3)), (7.0.into(), serde_json::Value::Null));
    let p50 = value(4)["n"].as_f64().unwrap();
    assert!((0.24..0.26).contains(&p50), "{p50}");
    assert_eq!((value(5), value(6)), (serde_json::Value::Null, 2.into()));
    assert_eq!(value(7)["n"], 60.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_makes_is_bounded_and_can_be_told_apart() {
    let aggregator = Aggregator::builder().start().unwrap();
    let page = Own("much", |_: &Context<'_>| {
        let mut table = Table::new(["Row"]);
        for n in 0..3_000 {
            table.row(n.to_string(), [Value::from(n as f64)]);
        }
        let mut cards = vec![Card::table("rows", table)];
        cards.extend((0..200).map(|_| Card::text("same", "text")));
        cards
    });
    let (app, _history) = dashboard(&aggregator, |builder| builder.page(page));
    let page = get(&app, "/dashboard/api/much").await.json();
    let cards = page["sections"][0]["cards"].as_array().unwrap();
    assert_eq!(cards.len(), 101);
    let ids: std::collections::HashSet<_> = cards.iter().map(|card| card["id"].as_str()).collect();
    assert_eq!(ids.len(), cards.len());
    assert_eq!(cards[0]["rows"].as_array().unwrap().len(), 2_000);
    assert!(cards[0]["hint"].as_str().unwrap().contains("1000 more"));
    let left_out = card(&page, "page", "left-out");
    assert!(
        left_out["notices"][0]["text"]
            .as_str()
            .unwrap()
            .contains("101 more")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_cards_on_the_overview_those_that_panic_take_no_others_with_them() {
    let aggregator = Aggregator::builder().start().unwrap();
    let (app, _history) = dashboard(&aggregator, |builder| {
        builder
            .on_overview(Own("first", |_: &Context<'_>| {
                vec![Card::text("id", "first")]
            }))
            .on_overview(Own("falls", |_: &Context<'_>| {
                std::panic::resume_unwind(Box::new("on purpose"))
            }))
            .on_overview(Own("second", |_: &Context<'_>| {
                vec![Card::text("id", "second")]
            }))
    });
    let page = get(&app, "/dashboard/api/overview").await.json();
    assert_eq!(card(&page, "extra", "first/id")["text"], "first");
    assert_eq!(card(&page, "extra", "second/id")["text"], "second");
    let notices = &card(&page, "extra", "falls/panicked")["notices"];
    assert_eq!(notices[0]["status"], "bad");
}
