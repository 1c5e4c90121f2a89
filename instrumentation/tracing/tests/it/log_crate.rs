//! What the crate `log` records, passed on by `tracing-log`.

use std::sync::Once;

use telemetry::span;
use telemetry_tracing::{MAX_TEXT, Rule, WithIds, take_in};
use tracing_subscriber::fmt::format::format;
use tracing_subscriber::prelude::*;

use crate::support::{Buffer, Caught};

/// The logger of the process passes on to the subscriber of the thread.
fn bridge() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_log::LogTracer::init().unwrap());
}

#[test]
fn a_record_is_taken_in_by_its_own_target() {
    bridge();
    let layer = take_in()
        .rule(Rule::target("lg::named", "lg.named").name("some event"))
        .rule(Rule::below("lg", "lg.record").level(tracing::Level::INFO))
        .rule(Rule::target("log", "lg.log"))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    let _default = tracing::subscriber::set_default(subscriber);
    let caught = Caught::of("lg.*");
    log::info!(target: "lg::mail", "sent {}", 3);
    let event = caught.one();
    assert_eq!(event.name(), "lg.record");
    let metadata: Vec<_> = event
        .all_metadata()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        metadata,
        ["message=sent 3", "level=INFO", "target=lg::mail"]
    );
    assert_eq!(event.measurements().count(), 0, "the line is none");

    log::debug!(target: "lg::mail", "too verbose");
    log::info!(target: "lgs", "another target");
    log::info!(target: "lg::named", "a record has no name of its own");
    assert_eq!(caught.one().name(), "lg.record");

    let huge = "ä".repeat(MAX_TEXT);
    log::info!(target: &format!("lg::{huge}"), "{huge}");
    let event = caught.one();
    for key in ["message", "target"] {
        let text = event.metadata(key).unwrap();
        assert!(text.as_str().unwrap().len() <= MAX_TEXT);
    }
}

#[test]
fn a_rule_may_ask_where_a_record_comes_from() {
    bridge();
    let rule = Rule::target("lg::place", "lg.place")
        .metadata("log.line")
        .rename("log.module_path", "module");
    let layer = take_in().rule(rule).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    let _default = tracing::subscriber::set_default(subscriber);
    let caught = Caught::of("lg.place");
    log::warn!(target: "lg::place", "here");
    let event = caught.one();
    assert!(event.metadata_is("module", module_path!()));
    assert!(
        event
            .metadata("log.line")
            .unwrap()
            .to_string()
            .parse::<u32>()
            .unwrap()
            > 0
    );
    assert!(event.metadata("log.file").is_none());
}

#[test]
fn a_record_has_the_ids_in_its_line() {
    bridge();
    let _observed = Caught::of("lg.line.*");
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(buffer.clone())
        .event_format(WithIds::new(format()));
    let _default = tracing::subscriber::set_default(subscriber.finish());
    let span = span!("lg.line.a");
    let id = span.context().unwrap().span_id();
    span.in_scope(|| log::info!("from log"));
    assert!(buffer.line().ends_with(&format!("span_id={id}\n")));
}
