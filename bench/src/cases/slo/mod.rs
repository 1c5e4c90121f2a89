//! What objectives cost: the thread that emits, the thread that evaluates, and the heap.
//!
//! The thread that emits has the event of `metric.ours.64`: a counter and a distribution by two tags.
//! An objective adds definitions of its own to it, so what is compared is that event without one, with
//! one of each kind, and with four.

mod evaluation;
mod rings;
mod step;

pub use evaluation::INTERVAL;
pub use rings::weights;

use std::time::Duration;

use telemetry::Event;
use telemetry_metrics::{Aggregator, Data, Metric};
use telemetry_slo::Objective;

use super::metric::{
    Pattern, SERIES, by_tags_counter, by_tags_distribution, counted, emit, samples,
};
use crate::harness::{Case, Prepared, Table};

const EVENT: &str = "bench.request";

/// Of all that are evaluated.
const THRESHOLD: Duration = Duration::from_millis(100);

/// Events, and evaluations.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Objective, format!("slo.event.{id}"), label, prepare)
    };
    let mut cases = vec![
        case("none", "counter and distribution, no objective", || {
            under(&[])
        }),
        case("availability", "the same and an availability", || {
            under(&[availability("one")])
        }),
        case(
            "predicate",
            "the same and an availability, two predicates of its own",
            || under(&[of_pages("one")]),
        ),
        case("latency", "the same and a latency", || {
            under(&[latency("one")])
        }),
        case(
            "four",
            "the same and four: two availabilities, two latencies, predicates on two",
            || under(&four()),
        ),
    ];
    cases.extend(evaluation::cases());
    cases
}

/// Good is what is no failure, by the outcome and the status.
fn availability(name: &str) -> Objective {
    Objective::availability(name, [EVENT]).target(0.999)
}

/// What counts and what is good is asked of two predicates.
fn of_pages(name: &str) -> Objective {
    Objective::availability(name, [EVENT])
        .target(0.999)
        .valid(is_page)
        .good(|event| !event.metadata_is("status", "500"))
}

fn latency(name: &str) -> Objective {
    Objective::latency(name, [EVENT], THRESHOLD).target(0.99)
}

fn four() -> [Objective; 4] {
    [
        availability("one"),
        of_pages("two"),
        latency("three"),
        latency("four").valid(is_page),
    ]
}

fn is_page(event: &Event<'_>) -> bool {
    !event.metadata_is("route", "/health")
}

fn metrics(objectives: &[Objective]) -> impl Iterator<Item = Metric> {
    objectives.iter().flat_map(Objective::metrics)
}

/// Every event must have been counted by both metrics, and by all objectives.
fn under(objectives: &[Objective]) -> Prepared {
    let aggregator = Aggregator::builder()
        .metrics([by_tags_counter(), by_tags_distribution()])
        .metrics(metrics(objectives))
        .start()
        .expect("valid definitions");
    samples(SERIES).iter().for_each(emit);
    for good in totals(&aggregator, ".good") {
        assert_eq!(good, SERIES as u64 / 4 * 3, "a fourth of them failed");
    }
    let per_call = 2 + objectives.len() as u64;
    Prepared::total(per_call, Pattern::InTurn.calls(emit), move || {
        let of = |what| totals(&aggregator, what).sum::<u64>();
        counted(&aggregator) + of(".valid") + of(".duration")
    })
}

/// What the metrics of objectives that end like this have counted.
fn totals(aggregator: &Aggregator, end: &'static str) -> impl Iterator<Item = u64> {
    let families = aggregator.snapshot().families.into_iter();
    let own = families.filter(move |family| {
        let name = family.definition.name();
        name.starts_with("slo.") && name.ends_with(end)
    });
    own.flat_map(|family| family.series)
        .map(|series| match series.data {
            Data::Counter(count) => count,
            Data::Distribution(distribution) => distribution.count,
            other => unreachable!("no part of an objective: {other:?}"),
        })
}
