//! The limit on names introduced at run time. It is global and has no way back, so this test has a
//! process to itself.

use telemetry::{
    AttachError, EventName, MAX_RUNTIME_NAMES, NameError, SpanName, attach, attach_many, detach,
    execute, list_handlers,
};

fn too_many(error: &AttachError) -> bool {
    matches!(
        error,
        AttachError::Name {
            error: NameError::TooMany,
            ..
        }
    )
}

#[test]
fn beyond_the_limit_new_names_are_refused_and_everything_else_goes_on() {
    // Met before the limit is reached, but not emitted.
    let literal = |n: u32| execute!("limit.literal", { n });
    let known = |n: usize| format!("limit.known.{n}");

    // Invalid names, and names that exist, use nothing up.
    for _ in 0..2 * MAX_RUNTIME_NAMES {
        EventName::new("not a name").unwrap_err();
        EventName::new("limit.known.0").unwrap();
    }
    for n in 0..MAX_RUNTIME_NAMES {
        EventName::new(&known(n)).unwrap_or_else(|error| panic!("{n}: {error}"));
    }

    let error = EventName::new("limit.one.more").unwrap_err();
    assert_eq!(error, NameError::TooMany);
    assert!(
        error.to_string().contains("put what varies into metadata"),
        "{error}"
    );
    assert_eq!(SpanName::new("limit.one.more"), Err(NameError::TooMany));

    // Refused whole: not even the name that exists is attached to, and the id stays free.
    let error = attach("limit", "limit.one.more", |_| {}).unwrap_err();
    assert!(too_many(&error), "{error}");
    // It is a name; there is just no room for it.
    let says = error.to_string();
    assert!(
        says.starts_with("`limit.one.more` cannot become an event name"),
        "{says}"
    );
    let error = attach_many("limit", [known(1).as_str(), "limit.one.more"], |_| {}).unwrap_err();
    assert!(too_many(&error), "{error}");
    assert_eq!(list_handlers(""), []);
    assert!(!detach("limit"));

    // Failures can always be listened to.
    assert!(attach("limit", telemetry::HANDLER_FAILURE, |_| {}).is_ok());
    assert!(detach("limit"));

    // Names that exist still serve.
    let last = known(MAX_RUNTIME_NAMES - 1);
    let name = EventName::new(&last).unwrap();
    let (send, seen) = std::sync::mpsc::channel();
    let on_known = send.clone();
    let guard = attach("limit", &last, move |_| on_known.send("known").unwrap())
        .unwrap()
        .guard();
    execute!(name);
    drop(guard);

    // The text of the program is not counted: a literal is new and works, and once it has been
    // met, handlers can be attached to it.
    attach("limit", "limit.literal", |_| {}).unwrap_err();
    literal(1);
    let _guard = attach("limit", "limit.literal", move |_| {
        send.send("literal").unwrap();
    });
    literal(2);
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["known", "literal"]);
}
