//! [`Line`]: an event, or the events of a span, with all places that emit it.

use std::collections::BTreeMap;

use telemetry::{CallsiteInfo, EventKind, HandlerInfo};

use super::place;
use crate::sections::handlers::owner;

/// A row of the table.
pub(super) struct Line {
    /// Its own among all lines; a pattern to watch it by, where there is one.
    pub(super) key: String,
    /// Of an event or a span; it begins with `*` if the beginning is chosen at run time.
    pub(super) name: String,
    what: What,
    pub(super) measurements: Vec<&'static str>,
    pub(super) metadata: Vec<&'static str>,
    /// `src/cart.rs:12`.
    pub(super) places: Vec<String>,
    /// What is emitted under which name.
    events: Vec<(&'static str, EventKind)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Event,
    Span,
    WholeSpan,
}

/// What all spans have.
const TIMES: [&str; 2] = ["monotonic_time", "system_time"];

/// The name and kind under which a callsite is listed.
fn listed(callsite: &CallsiteInfo) -> (&'static str, What) {
    let name = callsite.name();
    let without = |end| name.strip_suffix(end).unwrap_or(name);
    match callsite.kind() {
        EventKind::SpanStart => (without(".start"), What::Span),
        EventKind::SpanStop => (without(".stop"), What::Span),
        EventKind::SpanException => (without(".exception"), What::Span),
        EventKind::SpanComplete => (name, What::WholeSpan),
        _ => (name, What::Event),
    }
}

/// In the order of names.
pub(super) fn fold(callsites: &[&'static CallsiteInfo]) -> Vec<Line> {
    let mut lines: BTreeMap<_, Line> = BTreeMap::new();
    for callsite in callsites {
        let (name, what) = listed(callsite);
        let line = lines.entry((name, what)).or_insert_with(|| Line {
            key: String::new(),
            name: name.to_owned(),
            what,
            measurements: Vec::new(),
            metadata: Vec::new(),
            places: Vec::new(),
            events: Vec::new(),
        });
        let keys = callsite.measurement_keys().iter().copied();
        let is_shown = |key: &&str| what == What::Event || !TIMES.contains(key);
        add(&mut line.measurements, keys.filter(is_shown));
        add(&mut line.metadata, callsite.metadata_keys());
        let place = format!("{}:{}", place::short(callsite.file()), callsite.line());
        add(&mut line.places, [place]);
        add(&mut line.events, [(callsite.name(), callsite.kind())]);
    }
    let mut lines: Vec<_> = lines.into_values().collect();
    let mut keys = std::collections::HashSet::new();
    for line in &mut lines {
        let mut key = line.pattern().unwrap_or_else(|| line.name.clone());
        if keys.contains(&key) {
            key = format!("{key} ({})", line.kind());
        }
        keys.insert(key.clone());
        line.key = key;
    }
    lines
}

fn add<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

impl Line {
    /// The names of its events, as they stand in the code.
    pub(super) fn events(&self) -> impl Iterator<Item = &'static str> {
        self.events.iter().map(|(name, _)| *name)
    }

    pub(super) fn has_runtime_name(&self) -> bool {
        self.name.starts_with('*')
    }

    pub(super) fn kind(&self) -> String {
        let what = match self.what {
            What::Event => "event",
            What::Span => "span",
            What::WholeSpan => "span, one event",
        };
        match self.has_runtime_name() {
            true => format!("{what}; named at run time"),
            false => what.to_owned(),
        }
    }

    /// What to attach to for it.
    pub(super) fn pattern(&self) -> Option<String> {
        match self.what {
            _ if self.has_runtime_name() => None,
            What::Span => Some(format!("{}.*", self.name)),
            What::Event | What::WholeSpan => Some(self.name.clone()),
        }
    }

    /// The ids of the handlers that some event of this line reaches; of those that have one owner, the
    /// owner's. Of a line that is named at run time that is known of those who listen to everything, or
    /// to one name that it may have.
    pub(super) fn listeners(&self, handlers: &[HandlerInfo]) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for handler in handlers {
            let hears = self
                .events
                .iter()
                .any(|(name, kind)| match name.strip_prefix('*') {
                    None => handler.hears(name, *kind),
                    Some(end) => {
                        let is_one =
                            !handler.pattern.ends_with('*') && handler.pattern.ends_with(end);
                        let event = if is_one { &*handler.pattern } else { "*" };
                        (is_one || handler.pattern == "*") && handler.hears(event, *kind)
                    }
                });
            let id = owner(handler).unwrap_or(&handler.id);
            if hears && !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use telemetry::{AttachOptions, EventName, attach, attach_with, list_handlers};

    use super::*;

    #[allow(dead_code, reason = "the catalogue knows what is never called")]
    fn emits(name: EventName) {
        telemetry::span!("dashboard.line.work", { route: "/" }).finish();
        telemetry::span!("dashboard.line.owned").finish();
        telemetry::completion_span!("dashboard.line.once", { repo: "r" }).finish();
        telemetry::execute!("dashboard.line.once", { more: 1 });
        telemetry::execute!("dashboard.line.twice", { a: 1 });
        telemetry::execute!("dashboard.line.twice", { b: 1 }, { c: 2 });
        telemetry::execute!("*.dashboard_line" => name, { a: 1 });
    }

    fn lines() -> Vec<Line> {
        let callsites: Vec<_> = telemetry::catalogue().collect();
        fold(&callsites)
    }

    fn line<'l>(lines: &'l [Line], key: &str) -> &'l Line {
        let found = lines.iter().find(|line| line.key == key);
        found.unwrap_or_else(|| panic!("no line {key}"))
    }

    #[test]
    fn a_span_is_one_line_and_so_are_all_places_of_one_event() {
        let lines = lines();
        let span = line(&lines, "dashboard.line.work.*");
        assert_eq!(
            (&*span.name, &*span.kind()),
            ("dashboard.line.work", "span")
        );
        assert_eq!(span.events.len(), 3);
        assert!(span.measurements.contains(&"duration"));
        assert!(span.metadata.contains(&"route") && span.metadata.contains(&"outcome"));
        assert_eq!(span.places.len(), 1);
        assert!(span.places[0].contains("line.rs:"), "{}", span.places[0]);
        let event = line(&lines, "dashboard.line.twice");
        assert_eq!(event.measurements, ["a", "b"]);
        assert_eq!((&*event.metadata, event.places.len()), (&["c"][..], 2));
        let keys: std::collections::HashSet<_> = lines.iter().map(|line| &line.key).collect();
        assert_eq!(keys.len(), lines.len());
        assert!(keys.contains(&"dashboard.line.once (span, one event)".to_owned()));
    }

    #[test]
    fn a_line_that_is_named_at_run_time_says_so_and_is_not_to_be_watched() {
        let lines = lines();
        let line = line(&lines, "*.dashboard_line");
        assert_eq!(line.kind(), "event; named at run time");
        assert_eq!(line.pattern(), None);
        let name = "dashboard.run_time.dashboard_line";
        let _guard = attach("line-run-time", name, |_| {}).unwrap().guard();
        assert!(
            line.listeners(&list_handlers("dashboard.run_time"))
                .contains(&"line-run-time".to_owned())
        );
    }

    #[test]
    fn whoever_hears_any_event_of_a_line_listens() {
        let lines = lines();
        let span = line(&lines, "dashboard.line.work.*");
        let _stop = attach("line-stop", "dashboard.line.work.stop", |_| {})
            .unwrap()
            .guard();
        let options = AttachOptions::new().spans_only(true);
        let _ends = attach_with("line-ends", ["dashboard.line.*"], options, |_| {})
            .unwrap()
            .guard();
        let _other = attach("line-other", "dashboard.line.worker", |_| {})
            .unwrap()
            .guard();
        let handlers = list_handlers("dashboard.line");
        assert_eq!(span.listeners(&handlers), ["line-stop", "line-ends"]);
        let event = line(&lines, "dashboard.line.twice");
        assert_eq!(event.listeners(&handlers), [""; 0]);
    }

    #[test]
    fn handlers_of_one_owner_are_that_owner() {
        let names = ["dashboard.line.owned.start", "dashboard.line.owned.stop"];
        let _guards = names.map(|name| {
            attach(format!("line-owner-1:{name}"), name, |_| {})
                .unwrap()
                .guard()
        });
        let lines = lines();
        let span = line(&lines, "dashboard.line.owned.*");
        let handlers = list_handlers("dashboard.line.owned");
        assert_eq!(span.listeners(&handlers), ["line-owner-1"]);
    }
}
