//! Cases of the area `attach`.

use std::thread;

use telemetry::{AttachError, attach, attach_many, detach, execute, list_handlers, span};

use crate::support::Log;

#[test]
fn attach_001_a_handler_runs_once_in_the_emitting_thread() {
    let log = Log::new();
    let (seen, config) = (log.clone(), "config");
    let _guard = attach("v-attach-001", "v.attach001", move |event| {
        seen.push(format!("{:?} {config}", thread::current().id()));
        seen.push(crate::support::line(event));
    })
    .unwrap()
    .guard();
    let emitter = thread::spawn(|| {
        execute!("v.attach001", { v: 1 });
        thread::current().id()
    });
    let emitter = emitter.join().unwrap();
    assert_eq!(
        log.take(),
        [format!("{emitter:?} config"), "v.attach001 v=1 |".into()]
    );
}

#[test]
fn attach_003_an_id_is_unique_over_all_events() {
    let _guard = attach("v-attach-003", "v.attach003.a", |_| {})
        .unwrap()
        .guard();
    let error = attach("v-attach-003", "v.attach003.c", |_| {}).unwrap_err();
    assert_eq!(
        error,
        AttachError::DuplicateId {
            id: "v-attach-003".into()
        }
    );
    assert_eq!(list_handlers("v.attach003.c"), []);
}

#[test]
fn attach_004_an_empty_list_is_an_error() {
    let error = attach_many("v-attach-004", [""; 0], |_| {}).unwrap_err();
    assert_eq!(
        error,
        AttachError::NoEvents {
            id: "v-attach-004".into()
        }
    );
    assert!(!detach("v-attach-004"));
    let _guard = attach("v-attach-004", "v.attach004", |_| {})
        .unwrap()
        .guard();
}

#[test]
fn attach_006_attach_many_is_all_or_nothing() {
    let _guard = attach("v-attach-006", "v.attach006.a", |_| {})
        .unwrap()
        .guard();
    let events = ["v.attach006.z", "v.attach006.a"];
    let error = attach_many("v-attach-006", events, |_| {}).unwrap_err();
    assert!(matches!(error, AttachError::DuplicateId { .. }));
    assert_eq!(list_handlers("v.attach006.z"), []);
}

#[test]
fn attach_007_an_invalid_name_is_an_error_and_attaches_nothing() {
    for invalid in ["", "v..x", "v.\"string\""] {
        let events = ["v.attach007", invalid];
        let error = attach_many("v-attach-007", events, |_| {}).unwrap_err();
        assert!(matches!(error, AttachError::Name { .. }), "{error}");
        assert_eq!(list_handlers("v.attach007"), []);
    }
}

#[test]
fn attach_009_a_closure_and_a_function_attach_alike() {
    fn function(_: &telemetry::Event<'_>) {}
    let _function = attach("v-attach-009-1", "v.attach009", function)
        .unwrap()
        .guard();
    let captured = String::from("captured");
    let _closure = attach("v-attach-009-2", "v.attach009", move |event| {
        assert_ne!(event.name(), captured);
    })
    .unwrap()
    .guard();
    execute!("v.attach009");
    assert!(
        list_handlers("v.attach009")
            .iter()
            .all(|row| row.failures == 0)
    );
}

#[test]
fn attach_010_a_closure_under_a_taken_id_is_refused() {
    let _guard = attach("v-attach-010", "v.attach010", |_| {})
        .unwrap()
        .guard();
    let error = attach("v-attach-010", "v.attach010", |_| {}).unwrap_err();
    assert!(matches!(error, AttachError::DuplicateId { .. }));
}

#[test]
fn attach_012_nothing_has_to_be_started() {
    execute!("v.attach012", { n: 1 });
    assert_eq!(list_handlers("v.attach012"), []);
    assert!(!detach("v-attach-012"));
    assert_eq!(span!("v.attach012").in_scope(|| 7), 7);
    let _guard = attach("v-attach-012", "v.attach012", |_| {})
        .unwrap()
        .guard();
}

#[test]
fn attach_013_a_handler_attached_by_a_handler_runs_from_the_next_event_on() {
    let log = Log::new();
    let seen = log.clone();
    let _guard = attach("v-attach-013", "v.attach013", move |_| {
        let _ = attach("v-attach-013-2", "v.attach013", seen.writes("new"));
    })
    .unwrap()
    .guard();
    let emit = || execute!("v.attach013");
    emit();
    assert_eq!(log.len(), 0);
    emit();
    assert_eq!(log.take(), ["new"]);
    assert!(detach("v-attach-013-2"));
}
