use std::time::{Duration, Instant};

use super::*;
use crate::metric::{Metric, counter, distribution, last_value, sum, summary};
use crate::resolve::resolve;

/// One callsite: name, measurements, metadata, whether its events may have more.
type Site = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    bool,
);

const SPAN_END: bool = true;
const EVENT: bool = false;

fn sites(all: &[Site]) -> Sites<'static> {
    let mut sites = Sites::default();
    for (name, measurements, metadata, is_open) in all {
        let keys = sites.keys_of(name);
        keys.measurements.extend(*measurements);
        keys.metadata.extend(*metadata);
        keys.is_open |= is_open;
    }
    sites
}

/// What is said about definitions, in words.
fn said(sites: &Sites<'_>, metrics: impl IntoIterator<Item = Metric>) -> Vec<String> {
    let (definitions, _) = resolve(metrics.into_iter().collect(), &[]);
    let found = check_against(sites, &definitions);
    found.iter().map(ToString::to_string).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_measurement_that_no_callsite_gives_is_named_with_the_nearest() {
    let sites = sites(&[(
        "shop.endpoint.stop",
        &["duration", "bytes"],
        &["route"],
        EVENT,
    )]);
    assert_eq!(
        said(&sites, [summary("shop.endpoint.stop.durtion")]),
        [
            "`shop.endpoint.stop.durtion`: no callsite of `shop.endpoint.stop` measures `durtion`, \
             did you mean `duration`?"
        ]
    );
    assert_eq!(
        said(
            &sites,
            [sum("answered")
                .event("shop.endpoint.stop")
                .measurement("items")]
        ),
        ["`answered`: no callsite of `shop.endpoint.stop` measures `items`"]
    );
    assert_eq!(said(&sites, [sum("shop.endpoint.stop.bytes")]), NOTHING);
}

#[test]
fn a_counter_needs_its_event_and_tags_only() {
    let sites = sites(&[("shop.order.placed", &[], &["currency"], EVENT)]);
    assert_eq!(
        said(&sites, [counter("shop.order.placed.durtion")]),
        NOTHING
    );
    assert_eq!(
        said(
            &sites,
            [
                counter("shop.order.plced.count"),
                counter("cart.emptied.count")
            ]
        ),
        [
            "`shop.order.plced.count`: no callsite emits `shop.order.plced`, did you mean \
             `shop.order.placed`?",
            "`cart.emptied.count`: no callsite emits `cart.emptied` (if it is emitted otherwise, add \
             `.unchecked()`)",
        ]
    );
    assert_eq!(
        said(
            &sites,
            [counter("shop.order.placed.count").tags(["currency", "curency"])]
        ),
        [
            "`shop.order.placed.count`: no callsite of `shop.order.placed` has metadata `curency`, \
             did you mean `currency`?"
        ]
    );
}

#[test]
fn all_that_is_wrong_with_a_definition_is_said() {
    let sites = sites(&[("a.b", &["n"], &["k"], EVENT)]);
    let found = said(&sites, [sum("a.b.items").tags(["k", "route", "status"])]);
    assert_eq!(
        found,
        [
            "`a.b.items`: no callsite of `a.b` measures `items`",
            "`a.b.items`: no callsite of `a.b` has metadata `route`",
            "`a.b.items`: no callsite of `a.b` has metadata `status`",
        ]
    );
}

#[test]
fn one_callsite_of_one_event_that_has_the_key_is_enough() {
    let sites = sites(&[
        ("a.stop", &["duration"], &["route"], EVENT),
        ("a.stop", &["bytes"], &[], EVENT),
        ("a.exception", &[], &["kind"], EVENT),
    ]);
    let both = |metric: Metric| metric.events(["a.stop", "a.exception"]);
    let fine = [
        both(sum("a.duration")).tags(["route", "kind"]),
        sum("a.stop.bytes").tags(["route"]),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    assert_eq!(
        said(&sites, [both(sum("a.rows")).tags(["user"])]),
        [
            "`a.rows`: no callsite of `a.stop` or `a.exception` measures `rows`",
            "`a.rows`: no callsite of `a.stop` or `a.exception` has metadata `user`",
        ]
    );
}

#[test]
fn the_keys_of_an_event_that_is_unknown_are_not_judged() {
    let sites = sites(&[("a.stop", &["duration"], &["route"], EVENT)]);
    let metric = sum("a.rows")
        .events(["a.stop", "b.unheard_of"])
        .tags(["user"]);
    assert_eq!(
        said(&sites, [metric]),
        [
            "`a.rows`: no callsite emits `b.unheard_of` (if it is emitted otherwise, add \
             `.unchecked()`)"
        ]
    );
}

#[test]
fn at_the_end_of_a_span_only_what_looks_like_a_slip_is_reported() {
    let sites = sites(&[(
        "shop.checkout.stop",
        &["duration", "monotonic_time"],
        &["currency", "outcome", "reason"],
        SPAN_END,
    )]);
    let fine = [
        sum("shop.checkout.stop.items").tags(["country", "region", "outcome"]),
        summary("shop.checkout.stop.total_time"),
        summary("shop.checkout.stop.duration_in_queue"),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    assert_eq!(
        said(
            &sites,
            [summary("shop.checkout.stop.duraton").tags(["outcom"])]
        ),
        [
            "`shop.checkout.stop.duraton`: no callsite of `shop.checkout.stop` measures `duraton`, \
             did you mean `duration`?",
            "`shop.checkout.stop.duraton`: no callsite of `shop.checkout.stop` has metadata \
             `outcom`, did you mean `outcome`?",
        ]
    );
}

#[test]
fn what_closures_make_is_not_judged() {
    let sites = sites(&[("a.b", &["n"], &["k"], EVENT)]);
    let fine = [
        sum("a.b.ratio").measure_with(|_| Some(1.into())),
        counter("a.b.count")
            .tags(["class"])
            .tag_values(|_, tags| tags.set("class", "2xx")),
        sum("a.b.n").keep(|event| event.metadata_is("anything", 1)),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    let one_each = [
        sum("a.b.ratio")
            .measure_with(|_| Some(1.into()))
            .tags(["class"]),
        sum("a.b.items")
            .tags(["class"])
            .tag_values(|_, tags| tags.set("class", "2xx")),
    ];
    assert_eq!(
        said(&sites, one_each),
        [
            "`a.b.ratio`: no callsite of `a.b` has metadata `class`",
            "`a.b.items`: no callsite of `a.b` measures `items`",
        ]
    );
}

#[test]
fn a_prefix_chosen_at_run_time_makes_every_event_with_that_end_known() {
    let sites = sites(&[("*.repo.query", &["total_time"], &["source"], EVENT)]);
    assert_eq!(
        said(
            &sites,
            [summary("shop.repo.query.total_time").tags(["source"])]
        ),
        NOTHING
    );
    assert_eq!(
        said(&sites, [summary("shop.repo.query.totl_time")]),
        [
            "`shop.repo.query.totl_time`: no callsite of `shop.repo.query` measures `totl_time`, \
             did you mean `total_time`?"
        ]
    );
    assert_eq!(
        said(
            &sites,
            [counter("shop.repo.qury.count"), counter("repo.query.count")]
        ),
        [
            "`shop.repo.qury.count`: no callsite emits `shop.repo.qury`, did you mean \
             `shop.repo.query`?",
            // That would be a prefix of nothing.
            "`repo.query.count`: no callsite emits `repo.query` (if it is emitted otherwise, add \
             `.unchecked()`)",
        ]
    );
}

#[test]
fn a_name_chosen_altogether_at_run_time_makes_every_event_known_but_not_every_key() {
    let sites = sites(&[("*", &["n"], &["k"], EVENT), ("a.b", &["rows"], &[], EVENT)]);
    let fine = [
        sum("any.thing.n").tags(["k"]),
        sum("a.b.n"),
        sum("a.b.rows").tags(["k"]),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    assert_eq!(
        said(&sites, [sum("any.thing.rows")]),
        ["`any.thing.rows`: no callsite of `any.thing` measures `rows`"]
    );
}

#[test]
fn a_span_with_another_prefix_does_not_lend_its_keys_to_suspicions() {
    let http: Site = ("*.stop", &["duration"], &["route", "outcome"], SPAN_END);
    let own: Site = (
        "shop.trip.stop",
        &["duration"],
        &["driver", "outcome"],
        SPAN_END,
    );
    // Set on the trip while it runs, and not a `route` of somebody else's requests.
    let metric = || counter("shop.trip.stop.count").tags(["rout", "route"]);
    assert_eq!(said(&sites(&[http, own]), [metric()]), NOTHING);
    // Without a span of that name, it is one of those requests.
    assert_eq!(said(&sites(&[http]), [metric()]).len(), 1);
    // And a plain event is closed only if no span can have its name.
    let plain: Site = ("shop.trip.stop", &[], &["driver"], EVENT);
    assert_eq!(said(&sites(&[http, plain]), [metric()]), NOTHING);
    assert_eq!(said(&sites(&[plain]), [metric()]).len(), 2);
}

#[test]
fn where_names_are_made_at_run_time_a_slip_in_a_written_one_is_found() {
    let sites = sites(&[
        ("*.stop", &["duration"], &["route"], SPAN_END),
        ("shop.checkout.stop", &["duration"], &["currency"], SPAN_END),
    ]);
    let fine = [
        counter("shop.endpoint.stop.count"),
        counter("shop.checkouts.stop.count"),
        counter("shop.checkin.stop.count"),
        counter("shop.checkout.stop.count"),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    assert_eq!(
        said(&sites, [counter("shop.chekout.stop.count").tags(["k"])]),
        [
            "`shop.chekout.stop.count`: only a name made at run time could be `shop.chekout.stop`, \
             did you mean `shop.checkout.stop`?"
        ]
    );
}

#[test]
fn what_is_not_to_be_checked_is_not() {
    let sites = sites(&[("a.b", &["n"], &["k"], EVENT)]);
    let wrong = [sum("a.b.items").tags(["user"]), counter("a.c.count")];
    let unchecked = wrong.clone().map(Metric::unchecked);
    assert_eq!(said(&sites, wrong).len(), 3);
    assert_eq!(said(&sites, unchecked), NOTHING);
}

#[test]
fn a_span_that_was_meant_is_suggested_by_its_end() {
    let sites = sites(&[
        ("shop.checkout.start", &[], &[], EVENT),
        ("shop.checkout.stop", &[], &[], SPAN_END),
    ]);
    assert_eq!(
        said(&sites, [counter("shop.checkout.count")]),
        [
            "`shop.checkout.count`: no callsite emits `shop.checkout`, did you mean \
             `shop.checkout.stop`?"
        ]
    );
}

#[test]
fn what_the_library_says_of_itself_is_known() {
    let sites = sites(&[(
        "telemetry.handler.failure",
        &["failures"],
        &["handler_id"],
        EVENT,
    )]);
    let fine = [
        last_value("failed")
            .event(telemetry::HANDLER_FAILURE)
            .measurement("failures"),
        sum("later")
            .event("telemetry.something.later")
            .measurement("n")
            .tags(["k"]),
    ];
    assert_eq!(said(&sites, fine), NOTHING);
    // Names that are chosen at run time are not the library's.
    let sites = self::sites(&[
        ("*", &["n"], &["k"], EVENT),
        ("telemetry.handler.failure", &["failures"], &[], EVENT),
    ]);
    let later = sum("later").event("telemetry.later").measurement("rows");
    assert_eq!(said(&sites, [later]), NOTHING);
    let failed = last_value("failed").event(telemetry::HANDLER_FAILURE);
    assert_eq!(said(&sites, [failed.measurement("n")]).len(), 1);
}

#[test]
fn a_definition_that_is_wrong_anyhow_is_judged_where_that_can_be() {
    let sites = sites(&[("a.b", &["duration"], &["route"], EVENT)]);
    assert_eq!(
        said(
            &sites,
            [
                sum("a..b"),
                sum("alone"),
                sum("x.rows").events(["a.b", "not a name"]),
                sum("a.b.x").measurement("").tags([""]),
                counter("none.count").events(Vec::<String>::new()),
                distribution("a.b.rows"),
            ]
        ),
        ["`a.b.rows`: no callsite of `a.b` measures `rows`"]
    );
}

#[test]
fn a_thousand_definitions_are_compared_to_a_thousand_callsites_at_once() {
    let area = |n: usize| ["cart", "order", "stock"][n % 3];
    let name = |n| format!("shop.{}.step_{}.stop", area(n), n * 7_919);
    let names: Vec<String> = (0..1_000).map(name).collect();
    let mut sites = Sites::default();
    for name in &names {
        let keys = sites.keys_of(name);
        keys.measurements.extend(["duration", "bytes"]);
        keys.metadata.extend(["route", "status"]);
    }
    // The dearest that there is: keys that are unknown, and events that are like many others.
    let metrics = names.iter().enumerate().map(|(n, name)| {
        let event = match n % 2 {
            0 => name.clone(),
            _ => name.replace("step", "stop_").replace("cart", "crat"),
        };
        summary(format!("metric.n{n}"))
            .event(event)
            .measurement("durtion")
            .tags(["rout"])
    });
    let (definitions, problems) = resolve(metrics.collect(), &[]);
    assert_eq!(problems, []);
    let check = |_| {
        let started = Instant::now();
        assert_eq!(check_against(&sites, &definitions).len(), 500 * 2 + 500);
        started.elapsed()
    };
    // The best of three, as others may use the machine.
    let took = (0..3).map(check).min().unwrap();
    // Without the shortcuts it takes many times as long; unoptimised, it says little beyond that.
    let limit = if cfg!(debug_assertions) { 10_000 } else { 100 };
    assert!(took < Duration::from_millis(limit), "{took:?}");
}
