//! The reference of events is made of the catalogue, which is made of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use telemetry::EventKind;

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");

const BEGINNING: &str = "\
# Events

Every event that the crates of this workspace emit, and the demo. A test makes this page of the catalogue, \
`telemetry::catalogue()`, which makes it of the code; so can you, of your program.

A name that begins with `*` gets its beginning from whoever puts the crate to use: `*.query` is `shop.repo.query` if the \
pool was given the prefix `shop.repo`. The ends of spans also have what was measured and set while they ran, which \
the catalogue cannot know: the pages of the [instrumentation](instrumentation/README.md) say what that is.
";

#[test]
fn the_reference_lists_what_is_emitted() {
    // Linked in, so that the catalogue has it.
    let _ = demo_app::telemetry::metrics();
    let reference = reference();
    if std::env::var_os("RENEW_REFERENCE").is_some() {
        std::fs::write(REFERENCE, &reference).expect("a place for the reference");
    }
    let known = std::fs::read_to_string(REFERENCE).unwrap_or_default();
    assert!(
        known == reference,
        "docs/events.md is out of date: run this test with RENEW_REFERENCE=1"
    );
}

#[derive(Default)]
struct Keys {
    measurements: BTreeSet<&'static str>,
    metadata: BTreeSet<&'static str>,
}

fn reference() -> String {
    let mut crates: BTreeMap<&str, BTreeMap<(&str, &str), Keys>> = BTreeMap::new();
    for callsite in telemetry::catalogue() {
        let module = callsite.module();
        let name = module.split("::").next().unwrap_or(module);
        // Not these tests, nor those that stand beside the code.
        if !(name == "demo_app" || name.starts_with("telemetry")) {
            continue;
        }
        let keys = crates.entry(name).or_default();
        let keys = keys
            .entry((callsite.name(), kind(callsite.kind())))
            .or_default();
        keys.measurements.extend(callsite.measurement_keys());
        keys.metadata.extend(callsite.metadata_keys());
    }
    let mut text = BEGINNING.to_owned();
    for (name, events) in crates {
        let name = match name {
            "telemetry" => "telemetry-core".to_owned(),
            name => name.replace('_', "-"),
        };
        let _ = write!(
            text,
            "\n## {name}\n\n| event | kind | measurements | metadata |\n|---|---|---|---|\n"
        );
        for ((event, kind), keys) in events {
            let (measurements, metadata) = (list(&keys.measurements), list(&keys.metadata));
            let _ = writeln!(text, "| `{event}` | {kind} | {measurements} | {metadata} |");
        }
    }
    text
}

fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Event => "event",
        EventKind::SpanStart => "start of a span",
        EventKind::SpanStop | EventKind::SpanException => "end of a span",
        EventKind::SpanComplete => "whole span",
        _ => "other",
    }
}

fn list(keys: &BTreeSet<&str>) -> String {
    let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    keys.join(", ")
}
