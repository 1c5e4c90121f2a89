//! Queries of all kinds.

use std::sync::Arc;

use proptest::prelude::*;
use telemetry_metrics::history::History;
use telemetry_metrics::{Aggregator, Check, counter, distribution, last_value, summary};

use super::*;
use crate::card::Card;
use crate::page::{Context, Page};
use crate::sections::Hosted;

fn sources() -> Sources {
    let charts = (0..100).map(|n| counter(format!("view.many.count{n}")).tags(["route"]));
    let metrics = charts.chain([
        distribution("view_other.event.duration").tags(["route"]),
        summary("view_other.event.size").bytes(),
        last_value("view_other.event.level"),
    ]);
    let builder = Aggregator::builder().metrics(metrics);
    let aggregator = builder.check_definitions(Check::Off).start().unwrap();
    let history = History::start(&aggregator).unwrap();
    Sources::new(&aggregator, Arc::new(history))
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn ids(view: &View) -> Vec<String> {
    view.sections.iter().map(Key::id).collect()
}

/// The charts of the metrics page.
fn charts(query: &str, sources: &Sources) -> Vec<ChartKey> {
    let view = View::parse("metrics", &pairs(query), sources).unwrap();
    let charts = view.sections.into_iter().filter_map(|key| match key {
        Key::Chart(chart) => Some(chart),
        _ => None,
    });
    charts.collect()
}

fn refused(page: &str, query: &str, sources: &Sources) -> String {
    let refused = View::parse(page, &pairs(query), sources);
    refused
        .unwrap_err()
        .unwrap_or_else(|| panic!("{page} is there"))
}

#[test]
fn pages_have_their_sections() {
    let sources = sources();
    let ids_of =
        |page: &str, query: &str| ids(&View::parse(page, &pairs(query), &sources).unwrap());
    assert_eq!(ids_of("overview", ""), ["wrong", "signals", "saturation"]);
    assert_eq!(ids_of("events", ""), ["catalogue"]);
    assert_eq!(ids_of("events", "tail=shop.*"), ["tail", "catalogue"]);
    assert_eq!(ids_of("traces", ""), ["n-plus-one", "traces"]);
    for chosen in ["list=slow", "list=failed", "route=/"] {
        assert_eq!(ids_of("traces", chosen), ["traces"], "{chosen}");
    }
    assert_eq!(ids_of("traces", "id=abc"), ["trace"]);
    assert_eq!(
        ids_of("metrics", "show=3&show=1&show=3;stat=total"),
        ["index", "chart-3", "chart-1"]
    );
    let list = |list: &str| View::parse("traces", &pairs(&format!("list={list}")), &sources);
    assert_eq!(list("slowest"), list("slow"), "as the page calls it");
    for (page, title) in PAGES {
        assert_eq!(View::parse(page, &[], &sources).unwrap().title, title);
    }
    for page in ["", "nothing", "../health", "Metrics", "metrics/"] {
        assert_eq!(View::parse(page, &[], &sources), Err(None), "{page}");
    }
}

#[test]
fn without_show_the_first_charts_of_the_group_are_shown() {
    let sources = sources();
    let first: Vec<_> = charts("", &sources)
        .iter()
        .map(|chart| chart.definition)
        .collect();
    assert_eq!(first, (0..FIRST_CHARTS).collect::<Vec<_>>());
    let other: Vec<_> = charts("group=view_other&range=60", &sources);
    assert_eq!(
        other
            .iter()
            .map(|chart| chart.definition)
            .collect::<Vec<_>>(),
        [100, 101, 102]
    );
    assert!(other.iter().all(|chart| chart.range == Range(60)));
}

#[test]
fn who_asks_for_the_same_chart_in_other_words_shares_it() {
    let sources = sources();
    let same = |one: &str, other: &str| charts(one, &sources) == charts(other, &sources);
    assert!(same("show=3", "show=3;stat=rate;by=series"));
    assert!(same("show=3", "show=3;by=series;;stat=rate;find="));
    assert!(
        same("show=100", "show=100;stat=heat;by=series"),
        "a heat map is of all series"
    );
    assert!(
        same("show=101", "show=101;stat=quantiles;by=total;find=x"),
        "without tags"
    );
    assert!(!same("show=3", "show=3;stat=total"));
    assert!(!same("show=3", "show=3;by=total"));
    assert!(!same("show=100;stat=p95", "show=100;stat=p95;by=series"));
    let found = charts("show=3;find=a;stat=total", &sources);
    assert_eq!(
        found[0].find, "a;stat=total",
        "what is looked for comes last"
    );
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let sources = sources();
    let metrics = |query: &str| refused("metrics", query, &sources);
    for number in [
        "",
        "x",
        "-1",
        "1.5",
        "1e3",
        "103x",
        "99999",
        "99999999999999999999999",
    ] {
        assert!(
            metrics(&format!("show={number}")).starts_with("`show` begins with"),
            "{number}"
        );
    }
    assert_eq!(
        metrics("show=0;stat=p95"),
        "`stat` of a counter is one of rate, total"
    );
    assert_eq!(
        metrics("show=102;stat=rate"),
        "`stat` of a last_value is one of value"
    );
    assert_eq!(metrics("show=0;by=route"), "`by` is one of series, total");
    for spec in ["0;colour=red", "0;stats", "0;=x", "0;Stat=rate"] {
        assert_eq!(
            metrics(&format!("show={spec}")),
            "`show` knows stat, by and find"
        );
    }
    assert_eq!(
        metrics("show=0;stat=rate;stat=total"),
        "`stat` is there twice"
    );
    for range in ["0", "61", "-60", "3600s", "86401", " 60"] {
        assert!(
            metrics(&format!("range={range}"))
                .starts_with(&format!("The address says range={range}; it may be 60, ")),
            "{range}"
        );
        assert!(refused("overview", &format!("range={range}"), &sources).contains("it may be"));
    }
    assert_eq!(metrics("range=60&range=300"), "`range` is there twice");
    assert_eq!(metrics("range=60&range=60"), "`range` is there twice");
    let long = "x".repeat(257);
    assert_eq!(
        metrics(&format!("show=0;find={long}")),
        "`find` is longer than 256 bytes"
    );
    assert_eq!(
        metrics(&format!("group={long}")),
        "`group` is longer than 256 bytes"
    );
    assert_eq!(metrics("rnage=60"), "`rnage` is no parameter of this page");
    assert_eq!(
        refused("handlers", "show=0", &sources),
        "`show` is no parameter of this page"
    );
    assert_eq!(
        refused("handlers", "range=7", &sources),
        "The address says range=7; it may be 60, 300, 900, 3600, 21600 or 86400 (seconds)"
    );
    let long = refused(
        "health",
        &format!("range={}", "\u{1b}".repeat(80)),
        &sources,
    );
    assert!(long.len() < 400 && !long.contains('\u{1b}'), "{long}");
    assert!(refused("traces", "list=best", &sources).starts_with("`list` is one of"));
    assert!(refused("traces", "all=0", &sources).starts_with("`all` is 1"));
    assert!(refused("traces", "before=now", &sources).starts_with("`before` is a number"));
}

#[test]
fn there_is_a_limit_of_charts() {
    let sources = sources();
    let query = |count: usize| -> String {
        let shows = (0..count).map(|n| format!("show={n}"));
        shows.collect::<Vec<_>>().join("&")
    };
    assert_eq!(charts(&query(MAX_CHARTS), &sources).len(), MAX_CHARTS);
    let refused = refused("metrics", &query(MAX_CHARTS + 1), &sources);
    assert_eq!(refused, "at most 60 charts at once");
}

struct Stock;

impl Page for Stock {
    fn slug(&self) -> &str {
        "stock"
    }

    fn title(&self) -> &str {
        "Stock"
    }

    fn cards(&self, _: &Context<'_>) -> Vec<Card> {
        Vec::new()
    }

    fn charts(&self) -> Vec<String> {
        let names = [
            "view.many.count2",
            "nothing",
            "view_other.event.level",
            "view.many.count2",
            "nothing",
        ];
        names.map(ToOwned::to_owned).to_vec()
    }
}

#[test]
fn a_page_of_the_host_has_the_charts_that_it_names_once_each() {
    let mut sources = sources();
    sources.pages.push(Hosted::new(Stock));
    let view = View::parse("stock", &pairs("range=300"), &sources).unwrap();
    assert_eq!(view.title, "Stock");
    assert_eq!(ids(&view), ["page", "chart-2", "no-chart-1", "chart-102"]);
    assert!(View::parse("stock", &pairs("show=1"), &sources).is_err());
}

proptest! {
    /// Whatever is asked: no panic, no section twice, never more than there may be.
    #[test]
    fn any_query_is_read_or_refused(
        page in prop::sample::select(&["overview", "metrics", "events", "traces", "runtime", "health"][..]),
        query in prop::collection::vec((
            prop::sample::select(&["show", "range", "group", "tail", "list", "id", "before", "route", "x"][..]),
            prop_oneof![
                "[0-9]{1,3}(;(stat|by|find)=[a-z0-9;=é]{0,6}){0,3}",
                "\\PC{0,20}",
                prop::sample::select(&["60", "rate", "series", "recent", "view"][..]).prop_map(str::to_owned),
            ],
        ), 0..5),
    ) {
        thread_local! {
            static SOURCES: Sources = sources();
        }
        let query: Vec<_> = query.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        SOURCES.with(|sources| {
            if let Ok(view) = View::parse(page, &query, sources) {
                let mut ids = ids(&view);
                prop_assert!(ids.len() <= MAX_CHARTS + 1);
                ids.sort();
                ids.dedup();
                prop_assert_eq!(ids.len(), view.sections.len());
            }
            Ok(())
        })?;
    }
}
