//! Pages and cards of the host.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use telemetry::execute;
use telemetry_dashboard::{Access, Card, Context, Dashboard, Page, Table, Value};
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Unit, counter, last_value, summary};

use crate::support::get;
use crate::watch::{Watch, card};

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

pub(crate) fn dashboard(
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
        let day = context.last(Duration::from_secs(86_400));
        let tick = context.last(Duration::from_millis(50));
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
                .figure("Range", context.range(), None)
                .figure("Day", day.count("it.pages.order.count", &[]), None)
                .figure("Day's range", day.range(), None)
                .figure("Tick", tick.count("it.pages.order.count", &[]), None)
                .figure("Tick's left", tick.latest("it.pages.stock.left", &[]), None),
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
    let mut seen = history.newest();
    for _ in 0..4 {
        seen = history.wait_for(seen, Duration::from_secs(10));
    }

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
    assert_eq!((value(8), &value(9)["n"]), (3.into(), &86_400.0.into()));
    assert_eq!((value(10), value(11)), (0.into(), 7.0.into()));
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

/// A door that is shut at first.
#[derive(Default)]
struct Door(Mutex<bool>, Condvar);

impl Door {
    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn pass(&self) {
        let is_shut = |open: &mut bool| !*open;
        drop(self.1.wait_while(self.0.lock().unwrap(), is_shut).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_come_back_holds_one_thread_and_nobody_else() {
    let aggregator = Aggregator::builder().start().unwrap();
    let door = Arc::new(Door::default());
    let (calls, at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let page = {
        let (door, calls, at_once) = (door.clone(), calls.clone(), at_once.clone());
        Own("stuck", move |_: &Context<'_>| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert_eq!(at_once.fetch_add(1, Ordering::Relaxed), 0, "calls overlap");
            door.pass();
            at_once.fetch_sub(1, Ordering::Relaxed);
            vec![Card::text("text", "it came")]
        })
    };
    let (app, _history) = dashboard(&aggregator, |builder| builder.page(page));
    let mut watch = Watch::open(&app, "page=stuck&range=60").await;
    let says = |part: &serde_json::Value, what: &str| part.to_string().contains(what);
    watch
        .section("page", |part| says(part, "has not come back yet"))
        .await;
    // More than there are answers at once: each comes, and says what is the matter.
    let asked: Vec<_> = (0..6)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { get(&app, "/dashboard/api/stuck").await })
        })
        .collect();
    for answer in asked {
        let page = answer.await.unwrap().json();
        let notices = &card(&page, "page", "takes-its-time")["notices"];
        assert_eq!(notices[0]["status"], "warn");
    }
    let health = get(&app, "/dashboard/api/health").await;
    assert_eq!(health.status, 200);
    let mut other = Watch::open(&app, "page=runtime").await;
    for _ in 0..3 {
        other.section("process", |_| true).await;
    }
    assert_eq!(
        calls.load(Ordering::Relaxed),
        1,
        "nobody asks again meanwhile"
    );

    door.open();
    let part = watch.section("page", |part| says(part, "it came")).await;
    drop(part);
    // And the notice goes.
    watch
        .section("page", |part| {
            let cards = &part["delta"]["cards"];
            cards
                .get("takes-its-time")
                .is_some_and(serde_json::Value::is_null)
                || part["cards"]
                    .as_array()
                    .is_some_and(|cards| cards.len() == 1)
        })
        .await;
    let page = get(&app, "/dashboard/api/stuck").await.json();
    assert_eq!(card(&page, "page", "text")["text"], "it came");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_overview_a_page_that_is_stuck_leaves_room_for_the_others() {
    let aggregator = Aggregator::builder().start().unwrap();
    let door = Arc::new(Door::default());
    let shut = door.clone();
    let (app, _history) = dashboard(&aggregator, |builder| {
        builder
            .on_overview(Own("stuck", move |_: &Context<'_>| {
                shut.pass();
                Vec::new()
            }))
            .on_overview(Own("other", |_: &Context<'_>| {
                vec![Card::text("id", "here")]
            }))
    });
    let page = get(&app, "/dashboard/api/overview").await.json();
    assert_eq!(card(&page, "extra", "other/id")["text"], "here");
    let notices = &card(&page, "extra", "stuck/takes-its-time")["notices"];
    assert!(notices[0]["text"].as_str().unwrap().contains("Own <page>"));
    door.open();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_panics_is_said_to_and_others_go_on() {
    let aggregator = Aggregator::builder().start().unwrap();
    let page = Own("falls", |_: &Context<'_>| {
        std::panic::resume_unwind(Box::new("of Ada"))
    });
    let (app, _history) = dashboard(&aggregator, |builder| builder.page(page));
    for _ in 0..3 {
        let page = get(&app, "/dashboard/api/falls").await;
        assert!(page.text().contains("panicked") && !page.text().contains("Ada"));
    }
    let mut watch = Watch::open(&app, "page=falls").await;
    let says = |part: &serde_json::Value| part.to_string().contains("panicked");
    watch.section("page", says).await;
    assert_eq!(get(&app, "/dashboard/api/health").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_make_other_cards_each_time_and_odd_ones() {
    let aggregator = Aggregator::builder().start().unwrap();
    let made = AtomicUsize::new(0);
    let page = Own("odd", move |_: &Context<'_>| {
        let numbers = [f64::NAN, f64::INFINITY, -0.0, f64::MAX];
        let mut table = Table::new(["One", "One"]);
        for number in numbers {
            let cells = [
                number.into(),
                Value::with_unit(number, "x"),
                Value::bytes(number),
            ];
            table.row("same", cells);
        }
        let bar = |value, limit| Card::usage("odd").bar("", value, limit, "", None);
        vec![match made.fetch_add(1, Ordering::Relaxed) % 5 {
            0 => Card::table("odd", table),
            1 => bar(Some(f64::NAN), Some(f64::NEG_INFINITY)),
            2 => Card::text("odd", "`"),
            3 => Card::figures("odd").figure("", Value::seconds(f64::INFINITY), None),
            _ => Card::fields("odd").field("", Value::link("javascript:alert(1)", "x")),
        }]
    });
    let (app, _history) = dashboard(&aggregator, |builder| builder.page(page));
    let mut watch = Watch::open(&app, "page=odd").await;
    watch
        .section("page", |part| part.get("cards").is_some())
        .await;
    let mut kinds = std::collections::BTreeSet::new();
    while kinds.len() < 5 {
        // Another kind of card is sent as a whole.
        let part = watch
            .section("page", |part| part.get("delta").is_some())
            .await;
        let card = &part["delta"]["cards"]["odd"];
        assert_eq!(card.get("delta"), None, "{part}");
        kinds.insert(card["kind"].as_str().unwrap().to_owned());
        if card["kind"] == "table" {
            let nothing = serde_json::Value::Null;
            assert_eq!(card["rows"].as_array().unwrap().len(), 1);
            assert_eq!(
                card["rows"][0]["cells"],
                serde_json::json!([nothing, nothing, nothing])
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_emit_wait_and_ask_the_dashboard_itself() {
    let aggregator = Aggregator::builder().start().unwrap();
    let site: Arc<OnceLock<Router>> = Arc::default();
    let own = site.clone();
    let page = Own("busy", move |_: &Context<'_>| {
        execute!("it.pages.busy", {}, { route: "/" });
        let Some(app) = own.get() else {
            return Vec::new();
        };
        let health = async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let itself = get(app, "/dashboard/api/busy").await.status.as_u16();
            (
                itself,
                get(app, "/dashboard/api/health").await.status.as_u16(),
            )
        };
        let (itself, health) = tokio::runtime::Handle::current().block_on(health);
        let text = format!("{itself} {health}");
        vec![Card::text("health", &text)]
    });
    let (app, _history) = dashboard(&aggregator, |builder| builder.page(page));
    site.set(app.clone()).unwrap();
    let mut tail = Watch::open(&app, "page=events&tail=it.pages.busy").await;
    tail.section("tail", |part| part.get("cards").is_some())
        .await;
    // Itself is what it waits for, so it is shown late.
    let mut watch = Watch::open(&app, "page=busy").await;
    let says = |part: &serde_json::Value| part.to_string().contains("200 200");
    watch.section("page", says).await;
    tail.section("tail", |part| part.get("delta").is_some())
        .await;
}
