//! `execute!` with three fields, by who listens and by how the name is given.

use std::hint::black_box;

use telemetry::{Event, EventName, attach, detach, execute};

use crate::harness::{Case, Churn, Prepared, Run, Table, fields, must_be_seen, repeat, seen};

const NAME: &str = "bench.event";

/// The grid: who listens × how the name is given.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Event, format!("event.ours.{id}"), label, prepare)
    };
    vec![
        case("none.literal", "`execute!`, no handler", || {
            Prepared::unseen(literal())
        }),
        case(
            "none.runtime",
            "`execute!`, no handler, run-time name",
            || Prepared::unseen(runtime()),
        ),
        case(
            "other.literal",
            "`execute!`, handler on another event",
            || {
                listen_elsewhere();
                Prepared::unseen(literal())
            },
        ),
        case(
            "other.runtime",
            "`execute!`, handler on another event, run-time name",
            || {
                listen_elsewhere();
                Prepared::unseen(runtime())
            },
        ),
        case("noop.literal", "`execute!`, 1 handler, no-op", || {
            listen(NAME, noop);
            Prepared::seen(1, literal())
        })
        .churn(CHURN),
        case(
            "noop.runtime",
            "`execute!`, 1 handler, no-op, run-time name",
            || {
                listen(NAME, noop);
                Prepared::seen(1, runtime())
            },
        ),
        case(
            "visit.literal",
            "`execute!`, 1 handler that visits 3 fields",
            || {
                listen(NAME, visit);
                Prepared::seen(1, literal())
            },
        ),
        case(
            "visit.runtime",
            "`execute!`, 1 handler that visits 3 fields, run-time name",
            || {
                listen(NAME, visit);
                Prepared::seen(1, runtime())
            },
        ),
        case(
            "by_name.literal",
            "`execute!`, 1 handler that asks for 3 fields by name",
            || {
                listen(NAME, by_name);
                Prepared::seen(1, literal())
            },
        ),
        case(
            "by_name.runtime",
            "`execute!`, 1 handler that asks for 3 fields by name, run-time name",
            || {
                listen(NAME, by_name);
                Prepared::seen(1, runtime())
            },
        ),
        case("eight.literal", "`execute!`, 8 handlers, no-op", || {
            (0..8).for_each(|_| listen(NAME, noop));
            Prepared::seen(8, literal())
        }),
        case(
            "eight.runtime",
            "`execute!`, 8 handlers, no-op, run-time name",
            || {
                (0..8).for_each(|_| listen(NAME, noop));
                Prepared::seen(8, runtime())
            },
        ),
        case(
            "nested.literal",
            "`execute!`, 1 visiting handler that emits another, visited",
            || {
                listen(NAME, emit_another);
                listen("bench.nested", visit);
                Prepared::seen(2, literal())
            },
        ),
    ]
}

/// Attaches for ever.
fn listen(event: &str, handler: fn(&Event<'_>)) {
    let id = format!("bench-{}", telemetry::list_handlers("").len());
    attach(id, event, handler).expect("a valid name and a new id");
}

fn listen_elsewhere() {
    listen("bench.another", noop);
    must_be_seen(|| execute!("bench.another"));
}

fn literal() -> Run {
    let f = fields();
    repeat(move |_| {
        execute!("bench.event", { duration: f.duration }, { route: f.route, status: f.status });
    })
}

fn runtime() -> Run {
    let f = fields();
    let name = EventName::new(NAME).expect("a valid name");
    repeat(move |_| {
        execute!(name, { duration: f.duration }, { route: f.route, status: f.status });
    })
}

fn noop(_: &Event<'_>) {
    seen();
}

/// Looks at every field, whatever it is called, as the peers' visitors do.
pub fn visit(event: &Event<'_>) {
    let mut fields = 0;
    for field in event.measurements() {
        black_box(field);
        fields += 1;
    }
    for field in event.all_metadata() {
        black_box(field);
        fields += 1;
    }
    if fields == 3 {
        seen();
    }
}

/// Asks for the fields that it knows.
pub fn by_name(event: &Event<'_>) {
    if let (Some(duration), Some(route), Some(status)) = (
        event.measurement("duration"),
        event.metadata("route"),
        event.metadata("status"),
    ) {
        black_box((duration, route, status));
        seen();
    }
}

fn emit_another(event: &Event<'_>) {
    let f = fields();
    visit(event);
    execute!("bench.nested", { duration: f.duration }, { route: f.route, status: f.status });
}

const CHURN: Churn = Churn {
    emitter: || {
        listen(NAME, noop);
        let run = literal();
        Box::new(move || run(1))
    },
    cycle: || {
        let owned = [1_u8; 64].to_vec();
        attach("bench-churn", NAME, move |_| {
            black_box(&owned);
        })
        .expect("detached below");
        assert!(detach("bench-churn"), "attached above");
    },
};
