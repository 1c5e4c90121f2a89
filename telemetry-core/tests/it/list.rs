//! `list_handlers`: which rows, in which order, and what they say.

use telemetry::{
    AttachOptions, EventKind, attach, attach_many, attach_with, execute, list_handlers,
};

use crate::support::{Log, panic_quietly};

fn rows(prefix: &str) -> Vec<(String, String)> {
    list_handlers(prefix)
        .into_iter()
        .map(|row| (row.id, row.pattern))
        .collect()
}

#[test]
fn there_is_a_row_per_handler_and_event_in_the_order_of_attaching() {
    let _z = attach("it-list-z", "it.list.order.b", |_| {})
        .unwrap()
        .guard();
    let events = ["it.list.order.b", "it.list.order.a"];
    let _a = attach_many("it-list-a", events, |_| {}).unwrap().guard();
    let expected = [
        ("it-list-z", "it.list.order.b"),
        ("it-list-a", "it.list.order.b"),
        ("it-list-a", "it.list.order.a"),
    ];
    assert_eq!(
        rows("it.list.order"),
        expected.map(|(id, event)| (id.into(), event.into()))
    );
}

#[test]
fn a_prefix_is_whole_segments() {
    let events = [
        "it.list.shop",
        "it.list.shop.stop",
        "it.list.shopping.stop",
        "it.list.Shop",
    ];
    let _guard = attach_many("it-list-prefix", events, |_| {})
        .unwrap()
        .guard();
    let count = |prefix| list_handlers(prefix).len();
    assert_eq!(count("it.list.shop"), 2);
    assert_eq!(count("it.list.shop.stop"), 1);
    assert_eq!(count("it.list.shop.stop.more"), 0);
    assert_eq!(count("it.list.shopping"), 1);
    assert_eq!(count("it.list.Shop"), 1);
    for not_a_prefix in [
        "it.list.sho",
        "it.list.shop.",
        ".",
        "it.list.shop.*",
        "list.shop",
        " ",
    ] {
        assert_eq!(count(not_a_prefix), 0, "{not_a_prefix}");
    }
}

#[test]
fn the_empty_prefix_is_everything() {
    let _guard = attach("it-list-all", "it-list-all.of.it", |_| {})
        .unwrap()
        .guard();
    let all = rows("");
    assert!(all.contains(&("it-list-all".into(), "it-list-all.of.it".into())));
    drop(_guard);
    assert!(!rows("").iter().any(|(id, _)| id == "it-list-all"));
}

#[test]
fn failures_are_counted_over_all_events_of_a_handler() {
    let events = ["it.list.failures.a", "it.list.failures.b"];
    let _guard = attach_many("it-list-failures", events, |_| panic_quietly("on purpose"))
        .unwrap()
        .guard();
    let _well = attach("it-list-well", "it.list.failures.a", |_| {})
        .unwrap()
        .guard();
    execute!("it.list.failures.a");
    execute!("it.list.failures.b");
    execute!("it.list.failures.b");
    let failures: Vec<_> = list_handlers("it.list.failures")
        .iter()
        .map(|row| row.failures)
        .collect();
    assert_eq!(failures, [3, 3, 0]);
    assert!(
        list_handlers("it.list.failures")
            .iter()
            .all(|row| row.resting_until.is_none())
    );
}

#[test]
fn a_handler_may_list_itself() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("it-list-self", "it.list.self", move |event| {
        seen.push(format!("{}", list_handlers(event.name()).len()));
    })
    .unwrap()
    .guard();
    execute!("it.list.self");
    assert_eq!(log.take(), ["1"]);
}

#[test]
fn a_row_says_which_events_its_pattern_lets_through() {
    let patterns = ["it.list.hears", "it.list.hears.*"];
    let _all = attach_many("it-list-hears", patterns, |_| {})
        .unwrap()
        .guard();
    let options = AttachOptions::new().spans_only(true);
    let _ends = attach_with("it-list-ends", ["it.list.hears.*"], options, |_| {})
        .unwrap()
        .guard();
    let hears = |event, kind| {
        let rows = list_handlers("it.list.hears");
        rows.iter()
            .map(|row| row.hears(event, kind))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hears("it.list.hears", EventKind::Event),
        [true, false, false]
    );
    let below = "it.list.hears.stop";
    assert_eq!(hears(below, EventKind::Event), [false, true, false]);
    assert_eq!(hears(below, EventKind::SpanStart), [false, true, false]);
    assert_eq!(hears(below, EventKind::SpanStop), [false, true, true]);
    assert_eq!(hears("it.list.hearsay", EventKind::SpanStop), [false; 3]);
}
