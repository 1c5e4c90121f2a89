//! Names chosen at run time, and what is a name at all.

use std::collections::HashSet;

use proptest::prelude::*;
use telemetry::{AttachError, EventName, NameError, SpanName, attach, execute, span};

use crate::support::Log;

/// The grammar once more, written the other way round: by splitting.
fn is_name(text: &str) -> bool {
    let segment = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    };
    text.len() <= 255 && text.split('.').all(segment)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exactly_what_follows_the_grammar_is_a_name(text in r"[ab.]{0,4}|\PC{0,6}|[a-z.*\n]{1,8}") {
        prop_assert_eq!(EventName::new(&text).is_ok(), is_name(&text));
        prop_assert_eq!(SpanName::new(&text).is_ok(), is_name(&text));
    }

    #[test]
    fn an_invalid_character_is_pointed_at(good in "[a-z]{0,5}", bad in r"[^A-Za-z0-9_.\-]") {
        let text = format!("{good}{bad}x");
        let at = good.len();
        prop_assert_eq!(EventName::new(&text), Err(NameError::InvalidCharacter { at }));
    }
}

#[test]
fn a_name_has_at_most_255_bytes() {
    let longest = format!("it.names.{}", "x".repeat(255 - 9));
    let too_long = format!("{longest}x");
    let name = EventName::new(&longest).unwrap();
    assert_eq!(name.as_str().len(), 255);
    assert_eq!(EventName::new(&too_long), Err(NameError::TooLong));

    let log = Log::new();
    let _guard = attach("it-names-long", &longest, log.writes("ran"))
        .unwrap()
        .guard();
    execute!(name);
    assert_eq!(log.take(), ["ran"]);
    let error = attach("it-names-too-long", &too_long, |_| {}).unwrap_err();
    assert!(
        matches!(
            error,
            AttachError::Name {
                error: NameError::TooLong,
                ..
            }
        ),
        "{error}"
    );
    // A hostile megabyte is refused like any other.
    assert_eq!(
        EventName::new(&"x".repeat(1 << 20)),
        Err(NameError::TooLong)
    );
}

#[test]
fn the_names_of_all_events_of_a_span_must_fit() {
    let longest = "y".repeat(255 - ".exception".len());
    assert_eq!(SpanName::new(&longest).unwrap().as_str(), longest);
    assert_eq!(
        SpanName::new(&format!("{longest}y")),
        Err(NameError::TooLong)
    );
}

#[test]
fn one_callsite_serves_two_prefixes() {
    fn emit(name: EventName, evaluated: &mut u32) {
        execute!(name, { n: { *evaluated += 1; *evaluated } }, { of: name.as_str() });
    }
    let shop = EventName::new("it.names.shop.stop").unwrap();
    let admin = EventName::new("it.names.admin.stop").unwrap();
    let log = Log::new();
    let mut evaluated = 0;
    emit(shop, &mut evaluated);
    emit(admin, &mut evaluated);
    assert_eq!(evaluated, 0);

    let on_shop = attach("it-names-shop", "it.names.shop.stop", log.writes_event())
        .unwrap()
        .guard();
    emit(shop, &mut evaluated);
    emit(admin, &mut evaluated);
    assert_eq!(evaluated, 1, "nobody observes the other");
    let _on_admin = attach("it-names-admin", "it.names.admin.stop", log.writes_event())
        .unwrap()
        .guard();
    drop(on_shop);
    emit(shop, &mut evaluated);
    emit(admin, &mut evaluated);
    assert_eq!(
        log.take(),
        [
            "it.names.shop.stop n=1 | of=it.names.shop.stop",
            "it.names.admin.stop n=2 | of=it.names.admin.stop"
        ]
    );
}

#[test]
fn a_literal_and_a_run_time_name_of_one_text_are_one_event() {
    let log = Log::new();
    let name = EventName::new("it.names.same").unwrap();
    let _guard = attach("it-names-same", "it.names.same", log.writes_event())
        .unwrap()
        .guard();
    execute!("it.names.same", { n: 1 });
    execute!(name, { n: 2 });
    assert_eq!(log.take(), ["it.names.same n=1 |", "it.names.same n=2 |"]);
    assert_eq!(name, EventName::new("it.names.same").unwrap());
}

#[test]
fn the_name_may_be_any_expression_and_is_evaluated_once() {
    struct Endpoint {
        stop: EventName,
    }
    impl Endpoint {
        fn emit(&self) {
            execute!(self.stop, { n: 1 });
        }
    }
    let log = Log::new();
    let _guard = attach("it-names-expr", "it.names.expr", log.writes_event())
        .unwrap()
        .guard();
    let stop = EventName::new(&String::from("it.names.expr")).unwrap();
    Endpoint { stop }.emit();
    let names = [stop];
    let mut evaluated = 0;
    execute!(&names[0], { n: 2 });
    execute!({ evaluated += 1; names[0] }, { n: 3 });
    assert_eq!(evaluated, 1);
    assert_eq!(
        log.take(),
        [1, 2, 3].map(|n| format!("it.names.expr n={n} |"))
    );
}

#[test]
fn a_name_knows_whether_it_is_observed() {
    let name = EventName::new("it.names.observed").unwrap();
    assert!(!name.is_observed());
    let guard = attach("it-names-observed", "it.names.observed", |_| {})
        .unwrap()
        .guard();
    assert!(name.is_observed());
    drop(guard);
    assert!(!name.is_observed());
    // Made while a handler is attached already.
    let _guard = attach("it-names-observed", "it.names.observed.2", |_| {})
        .unwrap()
        .guard();
    assert!(EventName::new("it.names.observed.2").unwrap().is_observed());
}

#[test]
fn a_span_name_is_observed_if_one_of_its_events_is() {
    let name = SpanName::new("it.names.span").unwrap();
    for event in [
        "it.names.span.start",
        "it.names.span.stop",
        "it.names.span.exception",
    ] {
        assert!(!name.is_observed());
        let _guard = attach("it-names-span", event, |_| {}).unwrap().guard();
        assert!(name.is_observed(), "{event}");
        assert!(span!(name).is_observed());
    }
    let _guard = attach("it-names-span", "it.names.span", |_| {})
        .unwrap()
        .guard();
    assert!(
        !name.is_observed(),
        "the prefix itself is not an event of the span"
    );
}

#[test]
#[expect(
    clippy::mutable_key_type,
    reason = "a name is hashed by its text, which never changes"
)]
fn names_are_values() {
    fn is_shared<T: Copy + Send + Sync + 'static>(_: T) {}
    let (one, other) = (
        EventName::new("it.names.value").unwrap(),
        EventName::new("it.names.value-2").unwrap(),
    );
    is_shared(one);
    is_shared(SpanName::new("it.names.value").unwrap());
    let set = HashSet::from([one, other, EventName::new("it.names.value").unwrap()]);
    assert_eq!(set.len(), 2);
    assert_eq!(
        format!("{one} {one:?}"),
        "it.names.value EventName(\"it.names.value\")"
    );
    assert_eq!(
        SpanName::new("it.names.value").unwrap().to_string(),
        "it.names.value"
    );
}

#[test]
fn every_name_error_says_what_is_wrong() {
    let says = |error: NameError, text: &str| assert!(error.to_string().contains(text), "{error}");
    says(NameError::Empty, "at least one segment");
    says(NameError::EmptySegment, "dot");
    says(NameError::InvalidCharacter { at: 12 }, "12");
    says(NameError::TooLong, "255");
    says(NameError::TooMany, "10000");
}
