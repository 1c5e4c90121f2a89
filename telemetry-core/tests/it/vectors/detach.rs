//! Cases of the area `detach`.

use telemetry::{attach, attach_many, detach, execute, list_handlers};

use crate::support::{Log, catch, panic_quietly};

#[test]
fn detach_001_an_id_is_removed_from_all_its_events() {
    attach_many("v-detach-001", ["v.detach001.a", "v.detach001.b"], |_| {}).unwrap();
    assert_eq!(list_handlers("v.detach001").len(), 2);
    assert!(detach("v-detach-001"));
    assert_eq!(list_handlers("v.detach001"), []);
}

#[test]
fn detach_002_an_unknown_id_is_told() {
    assert!(!detach("v-detach-002"));
}

#[test]
fn detach_004_an_id_is_never_a_pattern() {
    let _other = attach("v-detach-004", "v.detach004", |_| {})
        .unwrap()
        .guard();
    let _underscore = attach("_", "v.detach004", |_| {}).unwrap().guard();
    assert!(detach("_"));
    assert_eq!(list_handlers("v.detach004").len(), 1);
}

#[test]
fn detach_005_a_handler_may_detach_itself() {
    let log = Log::new();
    let seen = log.clone();
    attach("v-detach-005", "v.detach005", move |_| {
        seen.push(format!("{}", detach("v-detach-005")));
    })
    .unwrap();
    for _ in 0..2 {
        execute!("v.detach005");
    }
    assert_eq!(log.take(), ["true"]);
}

#[test]
fn detach_007_a_guard_detaches_when_its_owner_is_gone() {
    struct Reporter {
        _handlers: telemetry::AttachGuard,
    }
    let log = Log::new();
    let crashed = catch(|| {
        let attached = attach("v-detach-007", "v.detach007", log.writes("ran")).unwrap();
        let _reporter = Reporter {
            _handlers: attached.guard(),
        };
        panic_quietly("the reporter crashed");
    });
    assert!(crashed.is_err());
    execute!("v.detach007");
    assert_eq!(log.len(), 0);
    assert_eq!(list_handlers("v.detach007"), []);
}
