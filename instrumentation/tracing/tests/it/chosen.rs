//! Which `tracing` events are taken in, and what becomes of them.

use std::time::Duration;

use telemetry::{Number, OwnedEvent};
use telemetry_tracing::{Rule, TakeIn, TakeInError, TakeInLayer, take_in};
use tracing::{Level, debug, error, event, info, warn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Layer, Registry};

use crate::support::{Caught, Recorder};

fn take(rules: impl IntoIterator<Item = Rule>) -> tracing::subscriber::DefaultGuard {
    let builder = rules.into_iter().fold(take_in(), TakeIn::rule);
    let layer = builder.build().unwrap();
    tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
}

#[test]
fn numbers_are_measurements_and_the_rest_is_metadata() {
    let _taken = take([Rule::target("ch::kinds", "ch.kinds")]);
    let caught = Caught::of("ch.kinds");
    info!(
        target: "ch::kinds",
        signed = -3, unsigned = 3u64, float = 0.5, huge = u128::MAX, wide = 7i128,
        flag = true, word = "EUR", shown = %"as text", debug = ?["a"], dotted.name = "x",
        "paid {}", 12
    );
    let event = caught.one();
    assert_eq!(
        (event.name(), event.kind()),
        ("ch.kinds", telemetry::EventKind::Event)
    );
    let numbers: Vec<_> = event.measurements().collect();
    assert_eq!(
        numbers,
        [
            ("signed", Number::from(-3)),
            ("unsigned", Number::from(3u64)),
            ("float", Number::from(0.5)),
            ("huge", Number::from(u128::MAX as f64)),
            ("wide", Number::from(7)),
        ]
    );
    let mut metadata: Vec<_> = event
        .all_metadata()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    metadata.sort();
    assert_eq!(
        metadata,
        [
            "debug=[\"a\"]",
            "dotted.name=x",
            "flag=true",
            "level=INFO",
            "message=paid 12",
            "shown=as text",
            "target=ch::kinds",
            "word=EUR",
        ]
    );
}

#[test]
fn a_rule_says_what_becomes_of_a_field() {
    let _taken = take([Rule::target("ch::fields", "ch.fields")
        .seconds("elapsed_secs", "duration")
        .millis("wait", "queue_time")
        .seconds("wrong", "never")
        .seconds("text", "never")
        .metadata("status")
        .rename("db.statement", "statement")
        .rename("n", "rows")
        .leave_out("secret")]);
    let caught = Caught::of("ch.fields");
    info!(
        target: "ch::fields",
        elapsed_secs = 0.25, wait = 15u64, wrong = -1.0, text = "soon", status = 404,
        db.statement = "SELECT 1", n = 5, secret = "hunter2", level = "mine",
    );
    let event = caught.one();
    let numbers: Vec<_> = event.measurements().collect();
    assert_eq!(
        numbers,
        [
            ("duration", Number::from(Duration::from_millis(250))),
            ("queue_time", Number::from(Duration::from_millis(15))),
            ("rows", Number::from(5)),
        ]
    );
    assert!(event.metadata_is("status", 404) && event.metadata_is("statement", "SELECT 1"));
    assert!(event.metadata_is("secret", None::<&str>) && event.metadata_is("text", None::<&str>));
    assert!(
        event.metadata_is("level", "mine"),
        "the event's own field wins"
    );
}

#[test]
fn a_rule_is_chosen_by_target_level_and_name() {
    let _taken = take([
        Rule::target("ch::pick::mail", "ch.pick.mail").name("mail sent"),
        Rule::below("ch::pick", "ch.pick.below").level(Level::INFO),
        Rule::all("ch.pick.all").level(Level::ERROR),
    ]);
    let caught = Caught::of("ch.pick.*");
    event!(name: "mail sent", target: "ch::pick::mail", Level::TRACE, "1");
    event!(name: "mail lost", target: "ch::pick::mail", Level::TRACE, "too verbose for the rest");
    event!(name: "mail lost", target: "ch::pick::mail", Level::INFO, "2");
    info!(target: "ch::pick", "3");
    debug!(target: "ch::pick::deeper", "too verbose");
    warn!(target: "ch::picked", "another target");
    error!(target: "ch::picked", "4");
    let seen: Vec<_> = caught
        .take()
        .iter()
        .map(|event| format!("{} {}", event.name(), event.metadata("message").unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            "ch.pick.mail 1",
            "ch.pick.below 2",
            "ch.pick.below 3",
            "ch.pick.all 4"
        ]
    );
}

#[test]
fn an_event_that_nobody_observes_is_not_looked_at() {
    let _taken = take([Rule::target("ch::idle", "ch.idle")]);
    struct Never;
    impl std::fmt::Debug for Never {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            unreachable!("nobody observes it")
        }
    }
    info!(target: "ch::idle", never = ?Never);
}

#[test]
fn whoever_asks_first_is_told_that_it_is_wanted() {
    let _taken = take([Rule::target("ch::asks", "ch.asks").name("by name")]);
    assert!(tracing::enabled!(target: "ch::asks", Level::DEBUG));
}

#[test]
fn of_thousands_of_rules_each_finds_its_own() {
    // Fewer names than there may be.
    let names = |n: usize| format!("ch.many.event-{}", n % 100);
    let rules = (0..5_000).map(|n| match n % 2 {
        0 => Rule::target(format!("ch::many::{n}"), names(n)),
        _ => Rule::below(format!("ch::many::{n}"), names(n)),
    });
    let _taken = take(rules);
    let caught = Caught::of("ch.many.*");
    info!(target: "ch::many::4998", "exactly");
    info!(target: "ch::many::4998::deeper", "not exactly");
    info!(target: "ch::many::4999", "exactly, too");
    info!(target: "ch::many::4999::deeper", "below");
    info!(target: "ch::many::5000", "none");
    let seen: Vec<_> = caught.take().iter().map(OwnedEvent::name).collect();
    assert_eq!(
        seen,
        ["ch.many.event-98", "ch.many.event-99", "ch.many.event-99"]
    );
}

/// The ways in which a layer becomes part of a subscriber that is put together at run time.
#[test]
fn the_layer_may_be_optional_and_boxed() {
    let make = |target: &str, event: &str| take_in().target(target, event).build::<Registry>();
    let boxed: Vec<Box<dyn Layer<Registry> + Send + Sync>> = vec![
        make("ch::boxed", "ch.boxed").unwrap().boxed(),
        Recorder::default().with_filter(LevelFilter::OFF).boxed(),
    ];
    let caught = Caught::of("ch.boxed");
    {
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(boxed));
        info!(target: "ch::boxed", "in a list");
        assert_eq!(caught.take().len(), 1);
    }
    for layer in [Some(make("ch::boxed", "ch.boxed").unwrap()), None] {
        let expected = usize::from(layer.is_some());
        let subscriber = tracing_subscriber::registry().with(layer);
        let _default = tracing::subscriber::set_default(subscriber);
        info!(target: "ch::boxed", "optional");
        assert_eq!(caught.take().len(), expected);
    }
}

/// Two layers of one subscriber take the same event in, each as it says.
#[test]
fn two_layers_take_one_event_in_twice() {
    let make = |event: &str| take_in().target("ch::twice", event);
    let subscriber = tracing_subscriber::registry()
        .with(make("ch.twice.a").build().unwrap())
        .with(make("ch.twice.b").build().unwrap());
    let _default = tracing::subscriber::set_default(subscriber);
    let caught = Caught::of("ch.twice.*");
    info!(target: "ch::twice", "once");
    let seen: Vec<_> = caught.take().iter().map(OwnedEvent::name).collect();
    assert_eq!(seen, ["ch.twice.a", "ch.twice.b"]);
}

#[test]
fn handlers_know_in_which_span_it_was() {
    let _taken = take([Rule::target("ch::span", "ch.span")]);
    let caught = Caught::of("ch.span");
    let context = telemetry::SpanContext::new_root();
    context.in_scope(|| info!(target: "ch::span", "inside"));
    assert_eq!(caught.one().context(), Some(context));
}

#[test]
fn what_cannot_be_is_an_error() {
    let build = |all: TakeIn| -> Result<TakeInLayer<Registry>, _> { all.build() };
    assert_eq!(build(take_in()).unwrap_err(), TakeInError::NoRules);
    let error = build(take_in().target("shop", "shop..stop")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`shop..stop` is not an event name"),
        "{error}"
    );
}
