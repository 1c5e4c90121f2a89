//! Which names the events of a line have, where its beginning is chosen at run time, too.

use std::collections::{BTreeSet, HashSet};

use telemetry::HandlerInfo;

use super::line::{Line, fold};
use crate::sections::events::TAIL;

/// The full names of each line's events. Of one that is named at run time those that somebody listens
/// to by name, if no other place is known to emit them; with one event of a span come the others.
pub(super) fn names(lines: &[Line], handlers: &[HandlerInfo]) -> Vec<BTreeSet<String>> {
    let is_fixed = |name: &&str| !name.starts_with('*');
    let fixed: HashSet<&str> = lines
        .iter()
        .flat_map(Line::events)
        .filter(is_fixed)
        .collect();
    let mut names: Vec<BTreeSet<String>> = lines
        .iter()
        .map(|line| {
            let own = line.events().filter(is_fixed);
            own.map(ToOwned::to_owned).collect()
        })
        .collect();
    let heard: BTreeSet<&str> = handlers
        .iter()
        .filter(|handler| !handler.id.starts_with(TAIL) && !handler.pattern.ends_with('*'))
        .map(|handler| &*handler.pattern)
        .filter(|name| !fixed.contains(name))
        .collect();
    for name in heard {
        let end = |line: &Line| longest_end(line, name);
        // `*.attempt` says more about `shop.jobs.attempt.stop` than `*` does.
        let Some(longest) = lines.iter().filter_map(end).max() else {
            continue;
        };
        let prefix = &name[..name.len() - longest];
        for (line, names) in lines.iter().zip(&mut names) {
            if end(line) == Some(longest) {
                let ends = line.events().filter_map(|event| event.strip_prefix('*'));
                names.extend(ends.map(|end| format!("{prefix}{end}")));
            }
        }
    }
    names
}

/// How much of a name is written in the code, if it may be that of an event of this line.
fn longest_end(line: &Line, name: &str) -> Option<usize> {
    let ends = line.events().filter_map(|event| event.strip_prefix('*'));
    ends.filter(|end| name.len() > end.len() && name.ends_with(end))
        .map(str::len)
        .max()
}

/// All names that the events of this program are known to have.
pub(in crate::sections::events) fn known(handlers: &[HandlerInfo]) -> BTreeSet<String> {
    let callsites: Vec<_> = telemetry::catalogue().collect();
    let names = names(&fold(&callsites), handlers);
    names.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use telemetry::{EventName, SpanName, attach, list_handlers};

    use super::*;

    #[allow(dead_code, reason = "the catalogue knows what is never called")]
    fn emits(name: EventName, span: SpanName) {
        telemetry::execute!("dashboard.names.fixed", { a: 1 });
        telemetry::execute!("*.dashboard_names" => name, { a: 1 });
        telemetry::span!("*.dashboard_names_span" => span, { a: 1 }).finish();
    }

    #[test]
    fn of_what_is_named_at_run_time_the_names_are_those_that_are_listened_to() {
        let ids = |n: usize| format!("dashboard-names-{n}");
        let _guards: Vec<_> = [
            "dashboard.names.fixed",
            "dashboard.names.x.dashboard_names",
            "dashboard.names.x.dashboard_names_span.stop",
            "dashboard.names.nobody_emits",
            "dashboard.names.y.*",
        ]
        .into_iter()
        .enumerate()
        .map(|(n, name)| attach(ids(n), name, |_| {}).unwrap().guard())
        .collect();
        let tail = format!("{TAIL}names");
        let name = "dashboard.names.watched.dashboard_names";
        let _tail = attach(tail, name, |_| {}).unwrap().guard();
        let known = known(&list_handlers("dashboard.names"));
        let own: Vec<_> = known
            .iter()
            .filter_map(|name| name.strip_prefix("dashboard.names."))
            .collect();
        assert_eq!(
            own,
            [
                "fixed",
                "x.dashboard_names",
                "x.dashboard_names_span.exception",
                "x.dashboard_names_span.start",
                "x.dashboard_names_span.stop",
            ]
        );
    }
}
