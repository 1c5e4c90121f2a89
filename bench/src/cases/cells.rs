//! What the two cells cost alone: a counter, and a distribution of 11 buckets.
//!
//! Nobody can reach a cell but an event, so the cells are a *difference* of events. An event without
//! tags into one counter and one distribution, less the same event with a no-op handler, is
//! everything that the aggregator does; but that is more than cells: it takes the event, finds the
//! plan of its callsite, keeps an account. All of that is there once per event, however many metrics
//! there are. So the same event goes into five counters and five distributions as well, and a
//! quarter of what *that* costs more is one counter and one distribution, with what each of them
//! needs of its own: finding its number in the event and converting it.

use std::time::Duration;

use telemetry::{attach, execute};
use telemetry_metrics::{Aggregator, Metric, counter, distribution};

use super::metric::{BOUNDS, Pattern, counted};
use crate::harness::{Case, Prepared, Run, Table, seen};

const EVENT: &str = "bench.cells";

/// The event alone, into two cells, and into ten.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Metric, format!("metric.cells.{id}"), label, prepare)
    };
    vec![
        case("none", "ours, no tags: a no-op handler instead", || {
            attach("bench-cells", EVENT, |_| seen()).expect("a valid name and a new id");
            Prepared::seen(1, events())
        }),
        case(
            "one",
            "ours, no tags: one counter and one distribution",
            || into(1),
        ),
        case(
            "five",
            "ours, no tags: five counters and five distributions",
            || into(5),
        ),
    ]
}

fn into(pairs: u64) -> Prepared {
    let pair = |at| -> [Metric; 2] {
        [
            counter(format!("bench.cells.count{at}")).event(EVENT),
            distribution(format!("bench.cells.took{at}"))
                .event(EVENT)
                .measurement("duration")
                .buckets(BOUNDS.map(Duration::from_secs_f64)),
        ]
    };
    let aggregator = Aggregator::builder()
        .metrics((0..pairs).flat_map(pair))
        .start()
        .expect("valid definitions");
    Prepared::total(2 * pairs, events(), move || counted(&aggregator))
}

fn events() -> Run {
    Pattern::Same.calls(|s| execute!("bench.cells", { duration: s.fields.duration }))
}
