//! `assert_emitted!` and `assert_not_emitted!`.

use telemetry::testing::capture;
use telemetry::{any, assert_emitted, assert_not_emitted, execute, span};

use super::panic_of;

#[test]
fn an_event_with_the_keys_asked_for_passes_whatever_else_it_has() {
    let captured = capture("assert.pass");
    let (total, currency) = (3u8, String::from("EUR"));
    execute!("assert.pass", { total, items: 2.5, time: std::time::Duration::from_millis(7) },
        { currency, "http.status": 200u16, none: None::<&str>, list: any(&vec![1, 2]) });

    assert_emitted!(captured, "assert.pass");
    assert_emitted!(captured, "assert.pass",);
    assert_emitted!(captured, "assert.pass", {});
    assert_emitted!(captured, "assert.pass", { total: 3 },);
    assert_emitted!(captured, "assert.pass", { total });
    assert_emitted!(captured, "assert.pass", { items: 2.5, total: 3i64, }, { currency, });
    assert_emitted!(captured, "assert.pass", { time: std::time::Duration::from_micros(7000) }, {});
    assert_emitted!(captured, "assert.pass", {}, { "http.status": 200, list: "[1, 2]" });
    assert_emitted!(captured, "assert.pass", { other: None::<u8> }, { none: None::<u8> });
    assert_emitted!(&captured, String::from("assert.pass"));
    let event = assert_emitted!(captured, "assert.*", {}, { r#currency: "EUR" });
    assert!(event.metadata_is("http.status", 200));
}

#[test]
fn the_first_event_that_passes_is_answered() {
    let captured = capture("assert.first");
    for (n, key) in [(1, "a"), (2, "b"), (3, "b")] {
        execute!("assert.first", { n }, { key });
    }
    let event = assert_emitted!(captured, "assert.first", {}, { key: "b" });
    assert_eq!(event.measurement("n"), Some(2.into()));
    assert_eq!(captured.len(), 3, "nothing is taken");
}

#[test]
fn a_failure_shows_the_closest_events_and_how_they_differ() {
    let captured = capture("assert.fail.*");
    execute!("assert.fail.other");
    execute!("assert.fail.placed", { total: 3 }, { currency: "USD" });
    execute!("assert.fail.placed", { total: 3.0 }, { currency: "EUR", user: 7 });
    let text = panic_of(|| {
        assert_emitted!(captured, "assert.fail.placed", { total: 3, items: 1 }, { currency: "EUR" });
    });
    let expected = r#"expected: assert.fail.placed {total: 3, items: 1} {currency: "EUR"}
closest:  assert.fail.placed {total: 3} {currency: "USD"}
            items: expected 1, is absent
            currency: expected "EUR", is "USD"
closest:  assert.fail.placed {total: 3.0} {currency: "EUR", user: 7}
            total: expected 3, is 3.0
            items: expected 1, is absent"#;
    assert_eq!(text, expected);

    // The fewer keys differ, the closer.
    let text = panic_of(|| {
        assert_emitted!(captured, "assert.fail.placed", { total: 3.0 }, { currency: "EUR", user: None::<u8> });
    });
    let first = text.lines().nth(1).unwrap();
    assert!(first.contains("user: 7"), "{text}");
    assert!(text.contains("{currency: \"EUR\", user: absent}"), "{text}");
    assert!(text.contains("user: expected absent, is 7"), "{text}");
}

#[test]
fn many_events_of_the_name_are_not_all_shown() {
    let captured = capture("assert.many");
    for n in 0..9 {
        execute!("assert.many", { n });
    }
    let text = panic_of(|| assert_emitted!(captured, "assert.many", { n: 9 }));
    assert_eq!(text.matches("closest:").count(), 5, "{text}");
    assert!(text.ends_with("… and 4 more of that name"), "{text}");
}

#[test]
fn if_there_is_none_of_the_name_the_others_are_shown() {
    let captured = capture("assert.none.*");
    let missing = || panic_of(|| assert_emitted!(captured, "assert.none.a", { n: 1 }));
    assert_eq!(
        missing(),
        "expected: assert.none.a {n: 1} {}\nno event was captured"
    );
    execute!("assert.none.b", {}, { key: true });
    let text = missing();
    assert!(
        text.ends_with("1 event was captured:\n  assert.none.b {} {key: true}"),
        "{text}"
    );
}

#[test]
fn an_event_that_should_not_be_there_is_shown() {
    let captured = capture("assert.not.*");
    execute!("assert.not.a", { n: 1 });
    span!("assert.not.span").finish();
    assert_not_emitted!(captured, "assert.not.b");
    assert_not_emitted!(captured, "assert.not.a", { n: 2 });
    assert_not_emitted!(captured, "assert.not.a", {}, { key: "value" });
    assert_not_emitted!(captured, "assert.not.span.exception");
    let text = panic_of(|| assert_not_emitted!(captured, "assert.not.a", { n: 1 }));
    let expected =
        "not expected: assert.not.a {n: 1} {}; 1 event was captured:\n  assert.not.a {n: 1} {}";
    assert_eq!(text, expected);
    let text = panic_of(|| assert_not_emitted!(captured, "assert.not.*"));
    assert!(text.contains("3 events were captured"), "{text}");
}

#[test]
fn a_name_that_the_capture_cannot_have_fails_both_asserts() {
    let captured = capture("assert.typo.*");
    let text = panic_of(|| assert_not_emitted!(captured, "assert.tpyo.a"));
    assert!(
        text.contains("captures `assert.typo.*` and never `assert.tpyo.a`"),
        "{text}"
    );
    let text = panic_of(|| assert_emitted!(captured, "assert.tpyo.a"));
    assert!(text.contains("and never"), "{text}");
}
