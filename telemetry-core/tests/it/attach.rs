//! Attaching: ids, lists of events, guards, and when a new handler is first seen.

use std::cell::Cell;

use telemetry::{
    AttachError, AttachGuard, NameError, attach, attach_many, detach, execute, list_handlers,
};

use crate::support::{Log, OnDrop, catch, failures, panic_quietly, row, unstuck};

#[test]
fn a_handler_is_given_the_event() {
    let log = Log::new();
    let _guard = attach("it-attach-given", "it.attach.given", log.writes_event())
        .unwrap()
        .guard();
    execute!("it.attach.given", { n: 1, x: 2.5 }, { route: "/", status: 200 });
    assert_eq!(
        log.take(),
        ["it.attach.given n=1 x=2.5 | route=/ status=200"]
    );
}

#[test]
fn an_id_is_taken_whatever_the_event() {
    let log = Log::new();
    let _guard = attach("it-attach-id", "it.attach.id.a", log.writes("first"))
        .unwrap()
        .guard();
    for event in ["it.attach.id.a", "it.attach.id.b"] {
        let error = attach("it-attach-id", event, log.writes("second")).unwrap_err();
        assert_eq!(
            error,
            AttachError::DuplicateId {
                id: "it-attach-id".into()
            }
        );
        assert!(error.to_string().contains("`it-attach-id`"), "{error}");
    }
    execute!("it.attach.id.a");
    execute!("it.attach.id.b");
    assert_eq!(log.take(), ["first"]);
}

#[test]
fn any_text_is_an_id_and_none_is_a_pattern() {
    let ids = ["", "*", "_", "it-attach-any*", "it-attach-any", "ünï\n\0"];
    let guards: Vec<_> = ids
        .iter()
        .map(|id| attach(*id, "it.attach.any", |_| {}).unwrap().guard())
        .collect();
    assert_eq!(list_handlers("it.attach.any").len(), ids.len());
    assert!(guards.iter().map(AttachGuard::id).eq(ids));
    assert!(detach("*"));
    assert_eq!(list_handlers("it.attach.any").len(), ids.len() - 1);
}

#[test]
fn an_event_listed_twice_runs_the_handler_once() {
    let log = Log::new();
    let events = [
        "it.attach.twice",
        "it.attach.twice.other",
        "it.attach.twice",
    ];
    let _guard = attach_many("it-attach-twice", events, log.writes_name())
        .unwrap()
        .guard();
    execute!("it.attach.twice");
    execute!("it.attach.twice.other");
    assert_eq!(log.take(), ["it.attach.twice", "it.attach.twice.other"]);
    assert_eq!(list_handlers("it.attach.twice").len(), 2);
}

#[test]
fn attach_many_takes_what_yields_texts() {
    let owned = vec![
        String::from("it.attach.texts.a"),
        String::from("it.attach.texts.b"),
    ];
    let _borrowed = attach_many("it-attach-texts-1", &owned, |_| {})
        .unwrap()
        .guard();
    let _filtered = attach_many("it-attach-texts-2", owned.iter().skip(1), |_| {})
        .unwrap()
        .guard();
    assert_eq!(list_handlers("it.attach.texts.a").len(), 1);
    assert_eq!(list_handlers("it.attach.texts.b").len(), 2);
}

#[test]
fn attach_many_attaches_to_all_or_to_none() {
    let id = "it-attach-all";
    let good = "it.attach.all.good";
    let name = |pattern: &str, error| AttachError::Name {
        pattern: pattern.into(),
        error,
    };
    let star = AttachError::Pattern {
        pattern: "it.attach.*.all".into(),
    };
    let cases = [
        (vec![good, ""], name("", NameError::Empty)),
        (vec![good, "a..b"], name("a..b", NameError::EmptySegment)),
        (
            vec!["a b", good],
            name("a b", NameError::InvalidCharacter { at: 1 }),
        ),
        (vec![good, "it.attach.*.all"], star),
        (vec![], AttachError::NoEvents { id: id.into() }),
    ];
    for (events, expected) in cases {
        assert_eq!(attach_many(id, events, |_| {}).unwrap_err(), expected);
        assert_eq!(list_handlers("it.attach.all"), []);
        assert!(!detach(id), "the id is still free");
    }

    let _guard = attach(id, "it.attach.all.first", |_| {}).unwrap().guard();
    attach_many(id, [good, "it.attach.all.first"], |_| {}).unwrap_err();
    assert_eq!(list_handlers("it.attach.all").len(), 1);
}

#[test]
fn a_star_in_a_wrong_place_is_refused_and_the_error_says_what_to_write() {
    for pattern in ["*.stop", "it.at*ch", "**", "it. *", "it.*.stop", "it*"] {
        let error = attach("it-attach-star", pattern, |_| {}).unwrap_err();
        assert_eq!(
            error,
            AttachError::Pattern {
                pattern: pattern.into()
            }
        );
        assert!(error.to_string().contains("`shop.*`"), "{error}");
    }
    assert!(row("it-attach-star").is_none());
}

#[test]
fn a_name_error_is_the_source_of_the_attach_error() {
    let error = attach("it-attach-source", "it..x", |_| {}).unwrap_err();
    let source = std::error::Error::source(&error).expect("it has one");
    assert_eq!(source.downcast_ref(), Some(&NameError::EmptySegment));
    assert!(error.to_string().contains("`it..x`"), "{error}");
    let error = attach_many("it-attach-source", [""; 0], |_| {}).unwrap_err();
    assert!(std::error::Error::source(&error).is_none());
    assert!(error.to_string().contains("it-attach-source"), "{error}");
}

#[test]
fn dropping_what_attach_returns_does_nothing() {
    let log = Log::new();
    drop(attach("it-attach-drop", "it.attach.drop", log.writes("ran")).unwrap());
    execute!("it.attach.drop");
    assert!(detach("it-attach-drop"));
    assert_eq!(log.take(), ["ran"]);
}

#[test]
fn a_guard_detaches_at_the_end_of_its_scope_and_when_it_unwinds() {
    let log = Log::new();
    let emit = || execute!("it.attach.guard");
    {
        let guard = attach("it-attach-guard", "it.attach.guard", log.writes("a"))
            .unwrap()
            .guard();
        assert_eq!(guard.id(), "it-attach-guard");
        emit();
    }
    emit();
    let panic = catch(|| {
        let _guard = attach("it-attach-guard", "it.attach.guard", log.writes("b"))
            .unwrap()
            .guard();
        emit();
        panic_quietly("on purpose");
    });
    assert!(panic.is_err());
    emit();
    assert_eq!(log.take(), ["a", "b"]);
}

#[test]
fn an_old_guard_leaves_a_new_handler_of_the_same_id_alone() {
    let log = Log::new();
    let attached = attach("it-attach-old", "it.attach.old", log.writes("old")).unwrap();
    let old = attached.clone().guard();
    assert!(detach("it-attach-old"));
    let _new = attach("it-attach-old", "it.attach.old", log.writes("new"))
        .unwrap()
        .guard();
    assert!(!attached.detach());
    drop(old);
    execute!("it.attach.old");
    assert_eq!(log.take(), ["new"]);
}

#[test]
fn attached_detaches_once() {
    let attached = attach("it-attach-once", "it.attach.once", |_| {}).unwrap();
    assert_eq!(attached.id(), "it-attach-once");
    assert!(attached.detach());
    assert!(!attached.detach());
}

#[test]
fn a_handler_attached_by_a_handler_sees_the_next_event_not_this_one() {
    let log = Log::new();
    let outer = log.clone();
    let _guard = attach("it-attach-within", "it.attach.within", move |_| {
        outer.push("outer");
        let _ = attach(
            "it-attach-within-2",
            "it.attach.within",
            outer.writes("inner"),
        );
    })
    .unwrap()
    .guard();
    let emit = || execute!("it.attach.within");
    emit();
    assert_eq!(log.take(), ["outer"]);
    emit();
    assert_eq!(log.take(), ["outer", "inner"]);
    assert!(detach("it-attach-within-2"));
    assert_eq!(failures("it-attach-within"), 0);
}

#[test]
fn a_handler_attached_by_a_handler_sees_an_event_emitted_after_that() {
    let log = Log::new();
    let outer = log.clone();
    let _guard = attach("it-attach-nested", "it.attach.nested", move |event| {
        outer.push(format!("outer {}", event.measurements().count()));
        if event.measurement("again").is_none() {
            attach(
                "it-attach-nested-2",
                "it.attach.nested",
                outer.writes("inner"),
            )
            .unwrap();
            execute!("it.attach.nested", { again: 1 });
        }
    })
    .unwrap()
    .guard();
    execute!("it.attach.nested");
    assert!(detach("it-attach-nested-2"));
    // `inner` ran for the nested event only.
    assert_eq!(log.take(), ["outer 0", "outer 1", "inner"]);
}

#[test]
fn a_callsite_met_before_and_one_met_after_are_both_seen() {
    let log = Log::new();
    let early = || execute!("it.attach.met", { early: 1 });
    let late = || execute!("it.attach.met", { late: 1 });
    early();
    for _ in 0..3 {
        let _guard = attach("it-attach-met", "it.attach.met", log.writes_event())
            .unwrap()
            .guard();
        early();
        late();
        assert_eq!(
            log.take(),
            ["it.attach.met early=1 |", "it.attach.met late=1 |"]
        );
    }
    early();
    late();
    assert_eq!(log.len(), 0);
}

#[test]
fn all_callsites_of_a_name_open_and_close_together() {
    let evaluated = Cell::new(0);
    let run = || evaluated.replace(evaluated.get() + 1);
    let emit = || {
        execute!("it.attach.together", { n: run() });
        execute!("it.attach.together", { n: run() });
        execute!("it.attach.together", { n: run() });
    };
    // Met while nobody listens, so only attaching can open them.
    emit();
    for _ in 0..2 {
        assert_eq!(evaluated.take(), 0);
        let guard = attach("it-attach-together", "it.attach.together", |_| {})
            .unwrap()
            .guard();
        emit();
        assert_eq!(evaluated.take(), 3);
        drop(guard);
        emit();
    }
    assert_eq!(evaluated.take(), 0);
}

#[test]
fn a_refused_handler_may_use_the_registry_while_it_is_dropped() {
    let log = Log::new();
    let seen = log.clone();
    unstuck(move || {
        let _guard = attach("it-attach-refused", "it.attach.refused", seen.writes("ran"))
            .unwrap()
            .guard();
        for event in ["it.attach.refused", "not a name"] {
            let on_drop = OnDrop::new(|| {
                assert!(attach("it-attach-refused-2", "it.attach.refused", |_| {}).is_ok());
                execute!("it.attach.refused");
                assert!(detach("it-attach-refused-2"));
            });
            attach("it-attach-refused", event, move |_| {
                let _ = &on_drop;
            })
            .unwrap_err();
        }
    });
    assert_eq!(log.take(), ["ran", "ran"]);
}

#[test]
fn the_list_of_events_may_be_made_by_code_that_attaches() {
    unstuck(|| {
        let events = ["it.attach.lazy.a", "it.attach.lazy.b"].map(|event| {
            move || {
                drop(attach(event, event, |_| {}).unwrap().guard());
                event
            }
        });
        let attached = attach_many("it-attach-lazy", events.iter().map(|event| event()), |_| {});
        let _guard = attached.unwrap().guard();
        assert_eq!(list_handlers("it.attach.lazy").len(), 2);
    });
}
