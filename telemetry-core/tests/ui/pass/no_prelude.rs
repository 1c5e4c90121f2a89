//! Every path in the expansions is absolute, and nothing of them needs the prelude.
#![no_implicit_prelude]
#![deny(warnings, unsafe_code, missing_docs, unused_qualifications)]

/// In the way of names that are not absolute.
pub mod core {}
/// In the way of names that are not absolute.
pub mod std {}
/// In the way of names that are not absolute.
pub mod telemetry {}

/// With the names that the expansions use for themselves.
pub fn all(name: ::telemetry::EventName, parent: u8, span: ::telemetry::SpanName) {
    let n = 1u8;
    ::telemetry::execute!("ui.prelude", { n, parent }, { name: name.as_str() });
    ::telemetry::execute!(name, { n, parent }, { name: name.as_str() });
    ::telemetry::span!("ui.prelude", { n, parent, name: name.as_str() }).finish();
    ::telemetry::span!(span, { n, parent, name: name.as_str() }).finish();
    ::telemetry::span!("*.prelude" => span, { n, parent, name: name.as_str() }).finish();
    ::telemetry::span!(parent: ::telemetry::SpanContext::current(), span, { parent }).finish();
    ::telemetry::completion_span!("ui.prelude", { n, parent }).finish();
    ::telemetry::completion_span!(name, { n, parent, name: name.as_str() }).finish();
}

fn main() {}
