//! Settings that cannot be, and what they say.

use std::time::Duration;

use telemetry_traces::{Traces, TracesError};

use crate::support::{patient, start};

#[test]
fn a_setting_out_of_its_range_is_an_error_that_says_what_to_give() {
    let builder = Traces::builder;
    for (builder, says) in [
        (builder().memory(1_000), "give at least"),
        (builder().max_spans(0), "`max_spans(0)`: give 1 to 100000"),
        (builder().max_text(usize::MAX), "give 1 to 1048576"),
        (builder().sample(1.5), "`sample(1.5)`: give 0.0 to 1.0"),
        (builder().sample(f64::NAN), "give 0.0 to 1.0"),
        (builder().kept(-0.5), "`kept(-0.5)`"),
        (
            builder().slow_for("a b", Duration::ZERO),
            "`a b` is neither",
        ),
        (builder().only(["shop*"]), "`shop*` is not"),
        (builder().only([""; 0]), "give at least one"),
    ] {
        let error = builder.start().unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(error.to_string(), format!("{error:?}"));
    }
}

#[test]
fn the_memory_that_an_error_asks_for_is_enough() {
    let Err(TracesError::Memory { least, .. }) = Traces::builder().memory(0).start() else {
        panic!("no memory is enough");
    };
    assert!(Traces::builder().memory(least).start().is_ok());
    assert!(Traces::builder().memory(least - 1).start().is_err());
}

#[test]
fn only_what_matches_a_pattern_is_taken() {
    let traces = start(patient().only(["store.quick.stop"]));
    // Somebody else observes the others, so they have ids.
    let _other = telemetry::attach_spans("store.only", |_| {})
        .unwrap()
        .guard();
    assert!(traces.get(crate::support::slow()).is_none());
    let id = crate::support::quick();
    assert!(traces.get(id).is_some());
    // Below a parent that is not taken, nothing is awaited for ever.
    let root = telemetry::span!("store.root");
    root.context()
        .unwrap()
        .in_scope(|| telemetry::span!("store.quick").finish());
    let id = root.context().unwrap().trace_id();
    root.finish();
    let class = traces.get(id).unwrap().summary().class();
    assert_eq!(class, telemetry_traces::Class::Ordinary);
}

#[test]
fn two_stores_do_not_disturb_each_other() {
    let first = start(patient());
    let second = patient().start().unwrap();
    let id = crate::support::quick();
    assert!(first.get(id).is_some() && second.get(id).is_some());
    second.clear();
    assert!(first.get(id).is_some() && second.get(id).is_none());
    drop(second);
    assert!(first.get(crate::support::quick()).is_some());
}
