//! Who is attached where.

use std::time::Instant;

use telemetry::HandlerInfo;

use super::words::{many, short};
use crate::card::{Card, Status, Table, Value};
use crate::live::{Live, Made};

/// More handlers than this are only counted.
const MOST_ROWS: usize = 500;
/// Of a handler that listens to more than this, the others are only counted.
const MOST_PATTERNS: usize = 20;

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

fn card(handlers: &[Handler<'_>], now: Instant) -> Card {
    let mut table = Table::new(["Handler", "Listens to"])
        .numbers(["Events"])
        .texts(["Of these"])
        .numbers(["Failures"])
        .texts(["State"])
        .empty("No handler is attached.")
        .searchable();
    for handler in handlers.iter().take(MOST_ROWS) {
        let info = handler.info;
        let (state, status) = match handler.rests_for(now) {
            Some(rest) => (
                format!("rests for {} s, because it kept failing", rest.ceil()),
                Some(Status::Bad),
            ),
            None if info.failures > 0 => ("has failed".to_owned(), Some(Status::Warn)),
            None => (String::new(), None),
        };
        let which = if info.spans_only {
            "ends of spans"
        } else {
            "all events"
        };
        let cells = [
            Value::code(short(&info.id)),
            Value::code(listens_to(&handler.patterns)),
            handler.patterns.len().into(),
            which.into(),
            info.failures.into(),
            state.into(),
        ];
        table.row_with(info.id.clone(), cells, status, None);
    }
    let mut hint = format!(
        "{}. One that panics is kept and counted; after five failures in a row it rests for a while.",
        many(handlers.len() as u64, "handler", "handlers")
    );
    if handlers.len() > MOST_ROWS {
        hint.push_str(&format!(" Only the first {MOST_ROWS} are shown."));
    }
    Card::table("handlers", table).hint(&hint).wide()
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
        let many: Vec<_> = (0..23)
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
        assert_eq!(rows[0]["cells"][2], 23);
        let listens = rows[0]["cells"][1]["c"].as_str().unwrap();
        assert!(listens.starts_with("dash_handlers.many.n0, "), "{listens}");
        assert!(listens.ends_with(".n19, and 3 more"), "{listens}");
        assert_eq!(rows[1]["cells"][1]["c"], "dash_handlers.many.one");
        assert!(rows[1].get("status").is_none());
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
