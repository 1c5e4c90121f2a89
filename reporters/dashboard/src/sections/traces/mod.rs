//! Traces: lists, one as a waterfall, and N+1 queries.

mod list;
mod n_plus_one;
mod own;
mod paced;
mod pick;
mod spans;
mod waterfall;

use std::collections::HashMap;

use telemetry::{TraceId, Value};
use telemetry_traces::{Finding, SpanRecord};

use super::events::shown::print;
use crate::card::Card;
use crate::live::{Live, Made};
use crate::moment::Moment;
use crate::sources::Sources;
use crate::view::TraceList;
use crate::visible::Visible;
pub(crate) use own::Own;
use paced::Paced;

/// Bytes of a name or a route.
const NAME: usize = 200;

pub(super) fn n_plus_one() -> Box<dyn Live> {
    Box::new(Made::new(Some("N+1 queries"), n_plus_one::cards))
}

pub(super) fn list(list: &TraceList) -> Box<dyn Live> {
    let list = list.clone();
    let made = Made::new(Some("Traces"), move |moment: &Moment<'_>| {
        list::cards(&list, moment)
    });
    Box::new(Paced::new(made))
}

pub(super) fn trace(id: &str) -> Box<dyn Live> {
    Box::new(Paced::new(waterfall::Waterfall::new(id)))
}

/// What to say where no store was given.
fn no_store() -> Card {
    Card::text(
        "traces",
        "No traces are kept. Start a store, and hand it to the dashboard:\n\n\
         `let traces = telemetry_traces::Traces::builder().start()?;`\n\n\
         `Dashboard::builder(&aggregator).traces(Arc::new(traces))`",
    )
}

/// What a trace is about: its request, or whatever began it.
fn what(root: &SpanRecord, visible: &Visible) -> String {
    let text = |key| shown_text(root, key, visible);
    match (text("method"), text("route")) {
        (Some(method), Some(route)) => return format!("{method} {route}"),
        (None, Some(route)) => return route,
        _ => {}
    }
    let name = print(&root.name(), NAME);
    let of = ["worker", "command", "event", "channel", "queue", "host"];
    match of.into_iter().find_map(text) {
        Some(of) => format!("{name} {of}"),
        None => name,
    }
}

/// A text among the metadata that may be shown.
fn shown_text(span: &SpanRecord, key: &str, visible: &Visible) -> Option<String> {
    let value = span.metadata(key)?;
    let is_text = matches!(value, Value::Str(_)) && visible.is_shown_in(span.name(), key);
    is_text.then(|| print(&value, NAME))
}

/// What was found, by trace.
fn findings(sources: &Sources) -> HashMap<TraceId, Vec<Finding>> {
    let mut by_trace: HashMap<_, Vec<_>> = HashMap::new();
    for finding in sources.n_plus_one.iter().flat_map(|one| one.findings()) {
        let trace = finding.context.trace_id();
        by_trace.entry(trace).or_default().push(finding);
    }
    by_trace
}
