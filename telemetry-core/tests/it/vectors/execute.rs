//! Cases of the area `execute`.

use telemetry::{EventName, MAX_NESTING, NameError, attach, execute, list_handlers};

use crate::support::Log;

#[test]
fn exec_001_an_event_without_a_handler_evaluates_nothing() {
    let mut evaluated = false;
    execute!("v.exec001", { n: { evaluated = true; 1 } });
    assert!(!evaluated);
}

#[test]
fn exec_003_handlers_run_in_the_order_of_attaching() {
    let log = Log::new();
    let _guards = ["v-exec-003-h1", "v-exec-003-h2", "v-exec-003-h3"]
        .map(|id| attach(id, "v.exec003", log.writes(id)).unwrap().guard());
    execute!("v.exec003");
    assert_eq!(
        log.take(),
        ["v-exec-003-h1", "v-exec-003-h2", "v-exec-003-h3"]
    );
}

#[test]
fn exec_006_what_is_not_a_name_cannot_be_made_one() {
    let name = EventName::new("\"a\".\"b\"");
    assert_eq!(name, Err(NameError::InvalidCharacter { at: 0 }));
}

#[test]
fn exec_007_metadata_may_be_left_out() {
    let log = Log::new();
    let _guard = attach("v-exec-007", "v.exec007", log.writes_event())
        .unwrap()
        .guard();
    execute!("v.exec007", { n: 1 });
    assert_eq!(log.take(), ["v.exec007 n=1 |"]);
}

#[test]
fn exec_009_a_handler_may_emit_and_that_goes_depth_first() {
    let log = Log::new();
    let seen = log.clone();
    let _outer = attach("v-exec-009-1", "v.exec009.outer", move |_| {
        seen.push("before");
        execute!("v.exec009.inner");
        seen.push("after");
    });
    let _inner = attach("v-exec-009-2", "v.exec009.inner", log.writes("inner"));
    let _guards = [_outer, _inner].map(|attached| attached.unwrap().guard());
    execute!("v.exec009.outer");
    assert_eq!(log.take(), ["before", "inner", "after"]);
}

#[test]
fn exec_010_a_handler_that_feeds_itself_is_stopped() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("v-exec-010", "v.exec010", move |_| {
        seen.push("ran");
        execute!("v.exec010");
    })
    .unwrap()
    .guard();
    execute!("v.exec010");
    assert_eq!(log.len(), MAX_NESTING as usize);
    assert_eq!(list_handlers("v.exec010")[0].failures, 0);
}
