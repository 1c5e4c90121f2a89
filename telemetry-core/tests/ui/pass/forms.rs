//! Every form that the macros take.
#![deny(warnings, unsafe_code)]

use telemetry::{EventName, NameError, SpanContext, SpanName, any, completion_span, debug};
use telemetry::{display, execute, span};

struct Endpoint {
    stop: EventName,
    request: SpanName,
}

fn main() -> Result<(), NameError> {
    let endpoint = Endpoint {
        stop: EventName::new("ui.endpoint.stop")?,
        request: SpanName::new("ui.request")?,
    };
    let (bytes, route, r#type) = (3usize, String::from("/"), "a");

    execute!("ui.stop");
    execute!("ui.stop",);
    execute!("ui.stop", {});
    execute!("ui.stop", {}, {});
    execute!("ui.stop", {}, {},);
    execute!("ui.stop", { bytes });
    execute!("ui.stop", { bytes, },);
    execute!("ui.stop", { bytes, n: bytes + 1, "http.bytes": bytes as f64, }, { route, r#type, "http.route": route });
    execute!("ui.stop", { none: None::<u64> }, { a: &route, b: display(&1), c: debug(&bytes), d: any(&bytes) });
    execute!("ui.stop", { n: if bytes > 1 { 1 } else { 2 }, m: { bytes } }, { c: match bytes { 0 => "a", _ => "b" } });
    execute!(endpoint.stop);
    execute!(endpoint.stop, { bytes });
    execute!({ endpoint.stop }, { bytes });
    span!({ endpoint.request }, { bytes }).finish();
    completion_span!({ endpoint.stop }, { bytes }).finish();
    execute!(&endpoint.stop, { bytes }, { route },);
    execute!("*" => endpoint.stop);
    execute!("*.stop" => endpoint.stop, { bytes }, { route });

    span!("ui.span").finish();
    span!("ui.span",).finish();
    span!("ui.span", {}).finish();
    span!("ui.span", { route, bytes, "a b": 1, },).finish();
    span!(endpoint.request).finish();
    span!(&endpoint.request, { route }).finish();
    span!("*" => endpoint.request).finish();
    span!("*.request" => endpoint.request,).finish();
    span!("*.request" => &endpoint.request, { route, bytes, "a b": 1, },).finish();
    span!("*.request" => { endpoint.request }, {}).finish();
    span!(parent: None, "*.request" => endpoint.request, { route }).finish();
    span!(parent: &SpanContext::new_root(), "*.request" => endpoint.request).finish();
    span!(parent: None, "ui.span").finish();
    span!(parent: SpanContext::current(), "ui.span", { route }).finish();
    span!(parent: &SpanContext::new_root(), endpoint.request, { route }).finish();

    completion_span!("ui.query").finish();
    completion_span!("ui.query", { route }).finish();
    completion_span!(endpoint.stop).finish();
    completion_span!(endpoint.stop, { route },).finish();
    completion_span!("*.stop" => endpoint.stop).finish();
    completion_span!("*.stop" => endpoint.stop, { route }).finish();
    completion_span!(parent: None, "*.stop" => &endpoint.stop, { route }).finish();

    // As expressions, and in generic functions and constants of traits.
    let _unit: () = execute!("ui.stop", { bytes });
    let closure = |n: u8| execute!("ui.stop", { n });
    closure(1);
    Ok(())
}
