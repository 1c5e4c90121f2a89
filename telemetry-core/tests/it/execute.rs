//! `execute!`: its spellings, when its arguments run, and how handlers are taken through an event.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use telemetry::{EventName, Number, Value, any, attach, debug, display, execute};

use crate::support::{Log, catch, failures, panic_quietly};

#[test]
fn arguments_run_only_if_a_handler_is_attached() {
    let name = EventName::new("it.execute.lazy.runtime").unwrap();
    let runs = AtomicU32::new(0);
    let run = || runs.fetch_add(1, Ordering::Relaxed);
    let emit = || {
        execute!("it.execute.lazy", { n: run() }, { text: run().to_string() });
        execute!(name, { n: run() }, { text: run().to_string() });
    };
    emit();
    assert_eq!(runs.load(Ordering::Relaxed), 0);
    let events = ["it.execute.lazy", "it.execute.lazy.runtime"];
    let guard = telemetry::attach_many("it-execute-lazy", events, |_| {})
        .unwrap()
        .guard();
    emit();
    assert_eq!(runs.load(Ordering::Relaxed), 4);
    drop(guard);
    emit();
    assert_eq!(runs.load(Ordering::Relaxed), 4);
}

#[test]
fn arguments_run_once_and_in_order_however_many_handlers_there_are() {
    let log = Log::new();
    let _guards = ["it-execute-once-1", "it-execute-once-2"].map(|id| {
        attach(id, "it.execute.once", log.writes_event())
            .unwrap()
            .guard()
    });
    let order = RefCell::new(Vec::new());
    let run = |n: u32| {
        order.borrow_mut().push(n);
        n
    };
    execute!("it.execute.once", { a: run(1), b: run(2) }, { c: run(3), d: run(4) });
    assert_eq!(order.into_inner(), [1, 2, 3, 4]);
    assert_eq!(log.take(), ["it.execute.once a=1 b=2 | c=3 d=4"; 2]);
}

#[test]
fn nothing_is_moved() {
    struct Body(Vec<u8>);
    let _guard = attach("it-execute-moved", "it.execute.moved", |_| {})
        .unwrap()
        .guard();
    let (route, shared, body) = (String::from("/"), Arc::<str>::from("x"), Body(vec![1, 2]));
    let maybe = Some(String::from("ada"));
    execute!("it.execute.moved", { bytes: body.0.len() }, { route, shared, maybe, again: route });
    assert_eq!((route.as_str(), &*shared, body.0.len()), ("/", "x", 2));
    assert_eq!(maybe.as_deref(), Some("ada"));
}

#[test]
fn every_spelling_means_what_it_says() {
    let log = Log::new();
    let _guard = attach("it-execute-spell", "it.execute.spell", log.writes_event())
        .unwrap()
        .guard();
    let (n, route, r#type) = (7, "/", "card");
    execute!("it.execute.spell");
    execute!("it.execute.spell",);
    execute!("it.execute.spell", {});
    execute!("it.execute.spell", {},);
    execute!("it.execute.spell", {}, {});
    execute!("it.execute.spell", {}, {},);
    assert_eq!(log.take(), ["it.execute.spell |"; 6]);

    execute!("it.execute.spell", { n });
    execute!("it.execute.spell", { n, },);
    execute!("it.execute.spell", { n: n }, {});
    execute!("it.execute.spell", { "n": n, });
    assert_eq!(log.take(), ["it.execute.spell n=7 |"; 4]);

    execute!("it.execute.spell", {}, { route });
    execute!("it.execute.spell", {}, { route, },);
    execute!("it.execute.spell", {}, { "route": route });
    assert_eq!(log.take(), ["it.execute.spell | route=/"; 3]);

    execute!("it.execute.spell", { "a.b": 1, n, r#fn: 2 }, { r#type, "http.route": route, r#in: 3, });
    assert_eq!(
        log.take(),
        ["it.execute.spell a.b=1 n=7 fn=2 | type=card http.route=/ in=3"]
    );

    let name = EventName::new("it.execute.spell").unwrap();
    execute!(name);
    execute!(name,);
    execute!(name, { n, }, { r#type, "http.route": route },);
    assert_eq!(
        log.take(),
        [
            "it.execute.spell |",
            "it.execute.spell |",
            "it.execute.spell n=7 | type=card http.route=/"
        ]
    );
}

#[test]
fn a_key_may_stand_in_both_braces_and_be_any_text() {
    let log = Log::new();
    let _guard = attach("it-execute-keys", "it.execute.keys", log.writes_event())
        .unwrap()
        .guard();
    execute!("it.execute.keys", { size: 1 }, { size: "L", "a b": 2, "ü": 3 });
    assert_eq!(log.take(), ["it.execute.keys size=1 | size=L a b=2 ü=3"]);
}

#[test]
fn it_is_an_expression_and_its_arguments_are_ordinary_code() {
    let log = Log::new();
    let _guard = attach("it-execute-code", "it.execute.code", log.writes_event())
        .unwrap()
        .guard();
    fn parse(text: &str) -> Result<(), std::num::ParseIntError> {
        match text {
            "" => execute!("it.execute.code", {}, { empty: true }),
            text => execute!("it.execute.code", { n: text.parse::<u32>()? }),
        }
        Ok(())
    }
    parse("").unwrap();
    parse("7").unwrap();
    parse("x").unwrap_err();
    let emit = |flag: bool| execute!("it.execute.code", { n: if flag { 1 } else { return } });
    emit(true);
    emit(false);
    for n in 0.. {
        execute!("it.execute.code", { n: if n < 2 { n } else { break } });
    }
    assert_eq!(
        log.take(),
        [
            "it.execute.code | empty=true",
            "it.execute.code n=7 |",
            "it.execute.code n=1 |",
            "it.execute.code n=0 |",
            "it.execute.code n=1 |"
        ]
    );
}

#[test]
fn temporaries_live_until_the_handlers_have_run() {
    let log = Log::new();
    let _guard = attach("it-execute-temp", "it.execute.temp", log.writes_event())
        .unwrap()
        .guard();
    let cell = RefCell::new(vec![1, 2, 3]);
    execute!(
        "it.execute.temp",
        { n: cell.borrow().len(), time: Duration::from_millis(1) * 3 },
        {
            text: format!("{}-{}", 1, 2),
            part: String::from("  x ").trim(),
            shown: display(&String::from("made here")),
            listed: debug(&cell.borrow()),
        }
    );
    assert_eq!(
        log.take(),
        ["it.execute.temp n=3 time=3ms | text=1-2 part=x shown=made here listed=[1, 2, 3]"]
    );
}

#[test]
fn names_of_the_callers_variables_do_not_matter() {
    let log = Log::new();
    let _guard = attach(
        "it-execute-hygiene",
        "it.execute.hygiene",
        log.writes_event(),
    )
    .unwrap()
    .guard();
    let event = EventName::new("it.execute.hygiene").unwrap();
    let (name, number, value, callsite) = ("n", 1, 2.5, 'c');
    execute!(event, { number, value }, { name, callsite });
    execute!("it.execute.hygiene", { number, value }, { name, callsite });
    assert_eq!(
        log.take(),
        ["it.execute.hygiene number=1 value=2.5 | name=n callsite=c"; 2]
    );
}

#[test]
fn a_generic_function_emits_whatever_its_type() {
    fn emit<T: std::fmt::Display, const N: usize>(value: &T, _: [u8; N]) {
        execute!("it.execute.generic", { size: N, bytes: size_of::<T>() }, { value: display(value) });
    }
    let log = Log::new();
    emit(&1u8, [0; 1]);
    let _guard = attach(
        "it-execute-generic",
        "it.execute.generic",
        log.writes_event(),
    )
    .unwrap()
    .guard();
    emit(&1u8, [0; 1]);
    emit(&'x', [0; 2]);
    assert_eq!(
        log.take(),
        [
            "it.execute.generic size=1 bytes=1 | value=1",
            "it.execute.generic size=2 bytes=4 | value=x"
        ]
    );
}

#[test]
fn an_empty_option_is_an_absent_key() {
    let _guard = attach("it-execute-none", "it.execute.none", |event| {
        assert_eq!(event.measurement("n"), None);
        assert_eq!(event.measurement("m"), Some(Number::from(1)));
        assert_eq!(event.measurements().count(), 1);
        assert_eq!(event.metadata("user"), None);
        assert!(event.metadata_is("user", None::<&str>));
        assert!(event.metadata_is("never written", None::<u8>));
        assert!(!event.metadata_is("user", ""), "absent is not empty");
        let all: Vec<_> = event.all_metadata().map(|(key, _)| key).collect();
        assert_eq!(all, ["role"]);
    })
    .unwrap()
    .guard();
    let user: Option<&String> = None;
    execute!("it.execute.none", { n: None::<u32>, m: Some(Some(1)) }, { user, role: Some("admin") });
    assert_eq!(failures("it-execute-none"), 0);
}

#[test]
fn values_arrive_as_what_they_are() {
    #[derive(Debug, PartialEq)]
    struct Order(u8);
    let _guard = attach("it-execute-values", "it.execute.values", |event| {
        assert_eq!(event.measurement("small"), Some(Number::from(i64::MIN)));
        assert_eq!(
            event.measurement("large").and_then(Number::as_u64),
            Some(u64::MAX)
        );
        let time = event.measurement("time").and_then(Number::as_duration);
        assert_eq!(time, Some(Duration::from_micros(300)));
        assert!(
            event
                .measurement("nan")
                .and_then(Number::as_f64)
                .is_some_and(f64::is_nan)
        );
        assert!(event.metadata_is("status", 200i64) && event.metadata_is("status", 200u8));
        assert!(!event.metadata_is("status", "200"));
        assert_eq!(event.metadata("cow").and_then(Value::as_str), Some("cow"));
        assert_eq!(event.metadata("flag").and_then(Value::as_bool), Some(true));
        let order = event
            .metadata("order")
            .and_then(Value::downcast_ref::<Order>);
        assert_eq!(order, Some(&Order(7)));
        let text = format!("{event:?}");
        assert!(
            text.contains("it.execute.values") && text.contains("Order(7)"),
            "{text}"
        );
    })
    .unwrap()
    .guard();
    execute!(
        "it.execute.values",
        { small: i64::MIN, large: u64::MAX, time: Duration::from_micros(300), nan: f64::NAN },
        { status: 200u16, cow: Cow::Borrowed("cow"), flag: &&true, order: any(&Order(7)) }
    );
    assert_eq!(failures("it-execute-values"), 0);
}

#[test]
fn a_panic_in_an_argument_is_the_emitters_own() {
    let log = Log::new();
    let _guard = attach("it-execute-own", "it.execute.own", log.writes_event())
        .unwrap()
        .guard();
    let emit = |n: Option<u32>| {
        execute!("it.execute.own", { n: n.unwrap_or_else(|| panic_quietly("mine")) });
    };
    assert_eq!(
        catch(|| emit(None)).unwrap_err().downcast_ref(),
        Some(&"mine")
    );
    emit(Some(1));
    assert_eq!(log.take(), ["it.execute.own n=1 |"]);
}

#[test]
fn names_of_the_caller_are_not_hidden_by_those_of_the_macros() {
    const CALLSITE: u32 = 1;
    const SHAPE: u32 = 2;
    const START: u32 = 3;
    const STOP: u32 = 4;
    const EXCEPTION: u32 = 5;
    let log = Log::new();
    let events = ["it.execute.hidden", "it.execute.hidden.start"];
    let _guard = telemetry::attach_many("it-execute-hidden", events, log.writes_event())
        .unwrap()
        .guard();
    let (callsite, name, slot) = (6, EventName::new("it.execute.hidden").unwrap(), 7);
    execute!("it.execute.hidden", { n: CALLSITE }, { callsite, slot });
    execute!(name, { n: SHAPE }, { callsite, slot });
    telemetry::span!("it.execute.hidden", { n: START + STOP + EXCEPTION, name: callsite }).finish();
    assert_eq!(log.take().len(), 3);
    assert_eq!(failures("it-execute-hidden"), 0);
}
