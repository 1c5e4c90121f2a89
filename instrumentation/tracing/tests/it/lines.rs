//! The ids of the current span in the lines of real formats.

use std::fmt;

use telemetry::{SpanContext, span};
use telemetry_tracing::WithIds;
use tracing::{info, info_span};
use tracing_subscriber::fmt::format::{Writer, format};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::prelude::*;

use crate::support::{Buffer, Caught};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn context() -> SpanContext {
    format!("00-{TRACE}-{SPAN}-01").parse().unwrap()
}

/// So that whole lines can be compared.
#[derive(Clone)]
struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        w.write_str("12:00")
    }
}

macro_rules! subscribe {
    ($buffer:expr, $format:expr, ansi: $ansi:expr) => {
        tracing::subscriber::set_default(
            tracing_subscriber::fmt()
                .with_ansi($ansi)
                .with_writer($buffer.clone())
                .event_format(WithIds::new($format))
                .finish(),
        )
    };
}

#[test]
fn the_one_line_formats_have_them_at_the_end() {
    let buffer = Buffer::default();
    {
        let _full = subscribe!(buffer, format().with_timer(Noon), ansi: false);
        context().in_scope(|| info!(target: "shop", items = 3, "paid"));
        let expected = format!("12:00  INFO shop: paid items=3 trace_id={TRACE} span_id={SPAN}\n");
        assert_eq!(buffer.line(), expected);
    }
    let _compact = subscribe!(buffer, format().compact().with_timer(Noon), ansi: false);
    context().in_scope(|| {
        info_span!("request", id = 7).in_scope(|| info!(target: "shop", "paid"));
    });
    let line = buffer.line();
    assert!(
        line.starts_with("12:00  INFO request: shop: paid"),
        "{line}"
    );
    assert!(
        line.ends_with(&format!(" trace_id={TRACE} span_id={SPAN}\n")),
        "{line}"
    );
}

#[test]
fn the_pretty_format_has_them_on_a_line_of_their_own() {
    let buffer = Buffer::default();
    let _pretty = subscribe!(buffer, format().pretty().with_timer(Noon), ansi: false);
    context().in_scope(|| info!(target: "shop", "paid"));
    let text = buffer.take();
    let lines: Vec<_> = text.split('\n').collect();
    let [head, at, with, "", ""] = *lines else {
        panic!("not a block: {lines:?}");
    };
    assert_eq!(head, "  12:00  INFO shop: paid");
    assert!(at.starts_with("    at "), "{at}");
    assert_eq!(with, format!("    with trace_id: {TRACE}, span_id: {SPAN}"));
}

#[test]
fn json_stays_json() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(buffer.clone())
        .event_format(WithIds::new(format().json()));
    let _json = tracing::subscriber::set_default(subscriber.finish());
    context().in_scope(|| info!(target: "shop", items = 3, "a }} \"quoted\"\n{{line}}\u{7}"));
    let line: serde_json::Value = serde_json::from_str(&buffer.line()).unwrap();
    assert_eq!(
        (&line["trace_id"], &line["span_id"]),
        (&TRACE.into(), &SPAN.into())
    );
    assert_eq!(line["fields"]["items"], 3);
    assert_eq!(line["fields"]["message"], "a } \"quoted\"\n{line}\u{7}");

    info!("outside");
    let line: serde_json::Value = serde_json::from_str(&buffer.line()).unwrap();
    assert!(line.get("trace_id").is_none() && line.get("span_id").is_none());
}

#[test]
fn flattened_json_has_no_key_twice() {
    let buffer = Buffer::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(buffer.clone())
        .event_format(WithIds::new(format().json().flatten_event(true)));
    let _json = tracing::subscriber::set_default(subscriber.finish());
    context().in_scope(|| info!(trace_id = "mine"));
    let line = buffer.line();
    assert_eq!(line.matches("trace_id").count(), 1, "{line}");
    assert!(line.contains("\"trace_id\":\"mine\""), "{line}");
}

#[test]
fn colours_are_the_layers() {
    let buffer = Buffer::default();
    {
        let _plain = subscribe!(buffer, format(), ansi: false);
        context().in_scope(|| info!(items = 3, "paid"));
        assert!(!buffer.line().contains('\u{1b}'));
    }
    let _coloured = subscribe!(buffer, format().with_timer(Noon), ansi: true);
    context().in_scope(|| info!(items = 3, "\u{1b}[31mred"));
    let line = buffer.line();
    let (own, ids) = line.split_once("items").unwrap();
    assert!(own.contains("\u{1b}[32m INFO\u{1b}[0m"), "{line:?}");
    assert!(
        !own.contains("\u{1b}[31m"),
        "a value paints nothing: {line:?}"
    );
    let painted = |key: &str| format!(" \u{1b}[3m{key}\u{1b}[0m\u{1b}[2m=\u{1b}[0m");
    let expected = format!(
        "{}{TRACE}{}{SPAN}\n",
        painted("trace_id"),
        painted("span_id")
    );
    assert!(ids.ends_with(&expected), "{line:?}");
    // As the format itself paints a field.
    assert!(line.contains(painted("items").trim_start()), "{line:?}");

    info!("outside");
    assert!(buffer.line().contains('\u{1b}'));
}

#[test]
fn they_are_those_of_the_innermost_span_while_it_is_current() {
    let _observed = Caught::of("lines.nested.*");
    let buffer = Buffer::default();
    let _full = subscribe!(buffer, format().without_time(), ansi: false);
    let ids = |context: Option<SpanContext>| {
        let context = context.unwrap();
        format!(
            " trace_id={} span_id={}\n",
            context.trace_id(),
            context.span_id()
        )
    };
    info!("before");
    assert!(!buffer.line().contains("trace_id"));
    let outer = span!("lines.nested.outer");
    let outer_ids = ids(outer.context());
    outer.in_scope(|| {
        info!("outer");
        assert!(buffer.line().ends_with(&outer_ids));
        let inner = span!("lines.nested.inner");
        let inner_ids = ids(inner.context());
        assert_ne!(inner_ids, outer_ids);
        inner.in_scope(|| info!("inner"));
        assert!(buffer.line().ends_with(&inner_ids));
        info!("outer again");
        assert!(buffer.line().ends_with(&outer_ids));
    });
    info!("after");
    assert!(!buffer.line().contains("trace_id"));
}

#[tokio::test]
async fn they_follow_a_future_across_its_await_points() {
    let _observed = Caught::of("lines.await.*");
    let buffer = Buffer::default();
    let _full = subscribe!(buffer, format().without_time(), ansi: false);
    let work = |name: &'static str| async move {
        for step in 0..3 {
            info!(step, "{name}");
            tokio::task::yield_now().await;
        }
    };
    let (one, two) = (span!("lines.await.one"), span!("lines.await.two"));
    let [one_id, two_id] = [&one, &two].map(|span| span.context().unwrap().span_id().to_string());
    // Both on this thread, in turns, and a third that belongs to neither.
    tokio::join!(one.wrap(work("one")), two.wrap(work("two")), work("none"));
    let text = buffer.take();
    let (mut seen, mut turns) = (0, Vec::new());
    for line in text.lines() {
        let name = ["one", "two", "none"]
            .into_iter()
            .find(|name| line.contains(&format!(" {name} step=")))
            .unwrap();
        assert_eq!(
            line.ends_with(&format!("span_id={one_id}")),
            name == "one",
            "{line}"
        );
        assert_eq!(
            line.ends_with(&format!("span_id={two_id}")),
            name == "two",
            "{line}"
        );
        assert_eq!(line.contains("trace_id"), name != "none", "{line}");
        turns.push(name);
        seen += 1;
    }
    assert_eq!(seen, 9);
    let mut first = turns[..3].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["none", "one", "two"], "they take turns");
}

#[test]
fn they_are_beside_other_layers() {
    let (one, other) = (Buffer::default(), Buffer::default());
    let layer = tracing_subscriber::fmt::layer().with_ansi(false);
    let subscriber = tracing_subscriber::registry()
        .with(
            layer
                .with_writer(one.clone())
                .event_format(WithIds::new(format())),
        )
        .with(tracing_subscriber::fmt::layer().with_writer(other.clone()));
    let _default = tracing::subscriber::set_default(subscriber);
    context().in_scope(|| info!("paid"));
    assert!(one.line().contains(TRACE));
    assert!(!other.line().contains(TRACE));
}
