//! Who is attached where.

use std::collections::HashMap;
use std::time::Instant;

use telemetry::HandlerInfo;

use super::words::{many, short};
use crate::card::{Card, Status, Table, Value};
use crate::live::{Live, Made};

/// More handlers than this are only counted.
const MOST_ROWS: usize = 500;
/// Of a handler that listens to more than this, the others are only counted.
const MOST_PATTERNS: usize = 100;

pub(super) fn handlers() -> Box<dyn Live> {
    Box::new(Made::new(None, |moment| {
        vec![card(&grouped(moment.handlers()), Instant::now())]
    }))
}

/// A handler and all that it listens to.
#[derive(Debug)]
pub(super) struct Handler<'i> {
    pub(super) info: &'i HandlerInfo,
    patterns: Vec<&'i str>,
}

impl Handler<'_> {
    /// For how long it is not called any more, because it kept failing.
    pub(super) fn rests_for(&self, now: Instant) -> Option<f64> {
        let until = self.info.resting_until?;
        let rest = until.checked_duration_since(now)?.as_secs_f64();
        (rest > 0.0).then_some(rest)
    }
}

/// There is a row for each pattern; those of one handler stand together.
pub(super) fn grouped(rows: &[HandlerInfo]) -> Vec<Handler<'_>> {
    let mut handlers: Vec<Handler<'_>> = Vec::new();
    for info in rows {
        match handlers.last_mut() {
            Some(last) if last.info.id == info.id => last.patterns.push(&info.pattern),
            _ => handlers.push(Handler {
                info,
                patterns: vec![&info.pattern],
            }),
        }
    }
    handlers
}

/// Whose handler it is, if that has one for each event: `telemetry-metrics-1` of the handler
/// `telemetry-metrics-1:shop.order.placed` of the event `shop.order.placed`.
pub(super) fn owner(info: &HandlerInfo) -> Option<&str> {
    info.id.strip_suffix(&info.pattern)?.strip_suffix(':')
}

/// One row of the table: a handler, or several that belong together.
struct Row<'h> {
    id: &'h str,
    /// Whether it stands for all handlers of an owner.
    is_owner: bool,
    patterns: Vec<&'h str>,
    spans_only: bool,
    failures: u64,
    rests_for: Option<f64>,
}

/// Those that failed come first. Of the others, those of one owner are one row: an aggregator has a handler
/// for each event, `telemetry-metrics-1:shop.order.placed`.
fn folded<'h>(handlers: &'h [Handler<'_>], now: Instant) -> Vec<Row<'h>> {
    let mut rows: Vec<Row<'h>> = Vec::new();
    let mut owners: HashMap<(&str, bool), usize> = HashMap::new();
    for handler in handlers {
        let info = handler.info;
        let row = Row {
            id: &info.id,
            is_owner: false,
            patterns: handler.patterns.clone(),
            spans_only: info.spans_only,
            failures: info.failures,
            rests_for: handler.rests_for(now),
        };
        let (Some(owner), 0) = (owner(info), info.failures) else {
            rows.push(row);
            continue;
        };
        match owners.get(&(owner, info.spans_only)) {
            Some(at) => {
                rows[*at].patterns.extend(&handler.patterns);
            }
            None => {
                owners.insert((owner, info.spans_only), rows.len());
                rows.push(Row {
                    id: owner,
                    is_owner: true,
                    ..row
                });
            }
        }
    }
    // Stable: otherwise in the order of attaching.
    rows.sort_by_key(|row| (row.rests_for.is_none(), row.failures == 0));
    rows
}

fn card(handlers: &[Handler<'_>], now: Instant) -> Card {
    let rows = folded(handlers, now);
    let mut table = Table::new(["Handler", "Listens to"])
        .numbers(["Patterns"])
        .texts(["Of these"])
        .numbers(["Failures"])
        .texts(["State"])
        .empty("No handler is attached.")
        .searchable();
    for row in rows.iter().take(MOST_ROWS) {
        let (state, status) = match row.rests_for {
            Some(rest) => (
                format!("rests for {} s, because it kept failing", rest.ceil()),
                Some(Status::Bad),
            ),
            None if row.failures > 0 => ("has failed".to_owned(), Some(Status::Warn)),
            None => (String::new(), None),
        };
        let which = if row.spans_only {
            "ends of spans"
        } else {
            "all events"
        };
        let cells = [
            Value::code(short(row.id)),
            Value::code(listens_to(&row.patterns)),
            row.patterns.len().into(),
            which.into(),
            row.failures.into(),
            state.into(),
        ];
        let key = format!("{}{}", row.id, if row.is_owner { ":" } else { "" });
        table.row_with(key, cells, status, None);
    }
    let mut hint = many(handlers.len() as u64, "handler", "handlers");
    if rows.len() < handlers.len() {
        let groups = many(rows.len() as u64, "group", "groups");
        hint.push_str(&format!(", in {groups}"));
    }
    hint.push_str(
        ". One that panics is kept and counted; after five failures in a row it rests for a while. The filter \
         finds patterns such as `*` only as they are written.",
    );
    if rows.len() > MOST_ROWS {
        hint.push_str(&format!(" Only the first {MOST_ROWS} are shown."));
    }
    Card::table("handlers", table)
        .hint(&hint)
        .hint_link("events", "Who listens to an event")
        .wide()
}

fn listens_to(patterns: &[&str]) -> String {
    let shown: Vec<_> = patterns.iter().take(MOST_PATTERNS).copied().collect();
    let mut text = shown.join(", ");
    if patterns.len() > MOST_PATTERNS {
        text.push_str(&format!(", and {} more", patterns.len() - MOST_PATTERNS));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_handler_is_one_row_with_all_that_it_listens_to() {
        let many: Vec<_> = (0..103)
            .map(|n| format!("dash_handlers.many.n{n}"))
            .collect();
        let _many = telemetry::attach_many("dash-handlers-many", &many, |_| {})
            .unwrap()
            .guard();
        let _one = telemetry::attach("dash-handlers-one", "dash_handlers.many.one", |_| {})
            .unwrap()
            .guard();
        let rows = telemetry::list_handlers("dash_handlers.many");
        let handlers = grouped(&rows);
        let card = card(&handlers, Instant::now()).whole();
        let rows = card["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0]["cells"][2], 103);
        let listens = rows[0]["cells"][1]["c"].as_str().unwrap();
        assert!(listens.starts_with("dash_handlers.many.n0, "), "{listens}");
        assert!(listens.ends_with(".n99, and 3 more"), "{listens}");
        assert_eq!(rows[1]["cells"][1]["c"], "dash_handlers.many.one");
        assert!(rows[1].get("status").is_none());
    }

    #[test]
    fn handlers_of_one_owner_are_one_row_but_for_those_that_failed() {
        let events = ["dash_owner.a", "dash_owner.b", "dash_owner.c"];
        let attach = |event: &'static str| {
            let id = format!("dash-owner-1:{event}");
            let handler = move |_: &telemetry::Event<'_>| assert_ne!(event, "dash_owner.c");
            telemetry::attach(id, event, handler).unwrap().guard()
        };
        let _guards = events.map(attach);
        let table = || {
            let rows = telemetry::list_handlers("dash_owner");
            card(&grouped(&rows), Instant::now()).whole()
        };
        let made = table();
        let before = &made["rows"];
        assert_eq!(before.as_array().unwrap().len(), 1);
        assert_eq!(before[0]["cells"][0]["c"], "dash-owner-1");
        assert_eq!(before[0]["cells"][2], 3);
        let hint = made["hint"].as_str().unwrap();
        assert!(hint.starts_with("3 handlers, in 1 group. "), "{hint}");
        assert_eq!(made["hint_link"]["href"], "events");
        telemetry::execute!("dash_owner.c");
        let after = table()["rows"].clone();
        assert_eq!(after.as_array().unwrap().len(), 2);
        assert_eq!(after[0]["cells"][0]["c"], "dash-owner-1:dash_owner.c");
        assert_eq!(after[1]["cells"][2], 2);
    }

    #[test]
    fn a_handler_that_failed_is_marked_and_one_that_rests_more_so() {
        let _guard = telemetry::attach("dash-handlers-failing", "dash_handlers.failing", |_| {
            panic!("on purpose")
        })
        .unwrap()
        .guard();
        let row = || {
            let rows = telemetry::list_handlers("dash_handlers.failing");
            let made = card(&grouped(&rows), Instant::now()).whole();
            let later = Instant::now() + Duration::from_secs(3_600);
            let rested = card(&grouped(&rows), later).whole();
            (made["rows"][0].clone(), rested["rows"][0].clone())
        };
        telemetry::execute!("dash_handlers.failing");
        assert_eq!(row().0["status"], "warn");
        for _ in 0..4 {
            telemetry::execute!("dash_handlers.failing");
        }
        let (resting, rested) = row();
        assert_eq!(
            (&resting["status"], &resting["cells"][4]),
            (&"bad".into(), &5.into())
        );
        assert_eq!(rested["status"], "warn");
    }
}
