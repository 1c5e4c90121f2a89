//! The check of definitions in a program with a span whose name is chosen altogether at run time,
//! which makes every `*.stop` one that might be emitted. Hence a binary of its own.

#![forbid(unsafe_code)]

use telemetry::{SpanName, span};
use telemetry_metrics::{Aggregator, Check, Metric, counter};

/// What the program emits. Nothing calls it.
#[expect(dead_code, reason = "it is known nevertheless")]
fn emits(name: SpanName) {
    span!("web.request").finish();
    span!("app.slow").finish();
    span!(name).finish();
}

fn denied(metric: Metric) -> Option<String> {
    let builder = Aggregator::builder().metrics([metric]);
    let started = builder.check_definitions(Check::Deny).start();
    started.err().map(|error| error.to_string())
}

#[test]
fn a_slip_in_one_segment_of_a_written_name_is_denied() {
    for (event, meant) in [
        ("web.requst.stop", "web.request.stop"),
        ("web.reqest.stop", "web.request.stop"),
        ("web.reqeust.exception", "web.request.exception"),
        ("app.slw.stop", "app.slow.stop"),
    ] {
        let said = denied(counter(format!("{event}.count"))).expect(event);
        let found =
            format!("only a name made at run time could be `{event}`, did you mean `{meant}`?");
        assert!(said.contains(&found), "{said}");
    }
}

#[test]
fn names_that_somebody_may_have_chosen_are_not_denied() {
    for event in [
        "web.request.stop",
        "web.requests.stop",
        "web2.request.stop",
        "webs.request.stop",
        "wob.request.stop",
        "api.request.stop",
        "app.show.stop",
        "app.slower.stop",
        "request.stop",
        "any.thing.stop",
    ] {
        assert_eq!(denied(counter(format!("{event}.count"))), None, "{event}");
    }
    let unchecked = counter("web.requst.stop.count").unchecked();
    assert_eq!(denied(unchecked), None);
}
