//! Starting, refusing to start, several aggregators, and the end.

use std::sync::atomic::{AtomicBool, Ordering};

use telemetry::{NameError, execute, list_handlers};
use telemetry_metrics::{
    Aggregator, Amount, Data, DefinitionProblem, Kind, Needs, Problem, StartError, Unit, counter,
    distribution, last_value, sum, summary,
};

use crate::support::*;

#[test]
fn an_error_lists_all_problems_and_attaches_nothing() {
    let error = Aggregator::builder()
        .constant_tag("env", "prod")
        .constant_tag("env", "test")
        .constant_tag("", "x")
        .metrics([
            counter("lifecycle.bad.fine"),
            counter("lifecycle..bad"),
            counter("single"),
            counter("telemetry.lifecycle.count"),
            counter("lifecycle.bad.tags").tags(["", "k", "k", "env"]),
            counter("lifecycle.bad.fine"),
            counter("lifecycle.bad.rules")
                .keep(|_| true)
                .drop_when(|_| true),
            summary("lifecycle.bad.pair").unit((Unit::Byte, Unit::Second)),
            distribution("lifecycle.bad.items"),
            distribution("lifecycle.bad.order").buckets([2, 1]),
            distribution("lifecycle.bad.none").buckets([0u64; 0]),
            distribution("lifecycle.bad.bound").buckets([f64::NAN]),
            sum("lifecycle.bad.buckets").buckets([1.0]),
            last_value("lifecycle.bad.fall").up_down(),
            counter("lifecycle.bad.limit").max_series(0),
            counter("lifecycle.bad.events").events(["lifecycle.bad.ok", "not ok", "a..b"]),
            summary("lifecycle.bad.measurement").measurement(""),
        ])
        .metrics([counter("lifecycle.bad.fine_too")])
        .start()
        .unwrap_err();
    let StartError::Definitions(found) = &error else {
        panic!("{error}")
    };
    let problem = |metric: &str, problem| Found(metric.to_owned(), problem);
    let expected = [
        problem("constant_tag", Problem::DuplicateTag("env".into())),
        problem("constant_tag", Problem::EmptyTag),
        problem("lifecycle..bad", Problem::Name(NameError::EmptySegment)),
        problem("single", Problem::NoEvent),
        problem("telemetry.lifecycle.count", Problem::Reserved),
        problem("lifecycle.bad.tags", Problem::EmptyTag),
        problem("lifecycle.bad.tags", Problem::DuplicateTag("k".into())),
        problem("lifecycle.bad.tags", Problem::ConstantTag("env".into())),
        problem("lifecycle.bad.fine", Problem::Duplicate),
        problem("lifecycle.bad.rules", Problem::KeepAndDrop),
        problem(
            "lifecycle.bad.pair",
            Problem::UnitPair(Unit::Byte, Unit::Second),
        ),
        problem("lifecycle.bad.items", Problem::NoBuckets),
        problem(
            "lifecycle.bad.order",
            Problem::BucketOrder {
                first: 2.0,
                then: 1.0,
            },
        ),
        problem("lifecycle.bad.none", Problem::EmptyBuckets),
        problem("lifecycle.bad.bound", Problem::Bound("NaN".into())),
        problem("lifecycle.bad.buckets", Problem::BucketsOn(Kind::Sum)),
        problem("lifecycle.bad.fall", Problem::UpDownOn(Kind::LastValue)),
        problem("lifecycle.bad.limit", Problem::NoSeries),
        problem(
            "lifecycle.bad.events",
            Problem::Event {
                event: "not ok".into(),
                error: NameError::InvalidCharacter { at: 3 },
            },
        ),
        problem(
            "lifecycle.bad.events",
            Problem::Event {
                event: "a..b".into(),
                error: NameError::EmptySegment,
            },
        ),
        problem("lifecycle.bad.measurement", Problem::EmptyMeasurement),
    ];
    let found: Vec<_> = found.iter().cloned().map(Found::from).collect();
    assert_eq!(found, expected);
    // The text names each of them, and says how many there are.
    let text = error.to_string();
    assert!(
        text.starts_with("21 problems in the metric definitions:"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 22);
    assert!(
        text.contains("`lifecycle.bad.rules`: give `keep` or `drop_when`, not both"),
        "{text}"
    );

    assert_eq!(list_handlers("lifecycle.bad"), []);
    assert!(
        list_handlers("")
            .iter()
            .all(|row| !row.pattern.starts_with("lifecycle.bad"))
    );
}

/// A [`DefinitionProblem`] that a test can write down: the original cannot be made outside of its
/// crate.
#[derive(Debug, PartialEq)]
struct Found(String, Problem);

impl From<DefinitionProblem> for Found {
    fn from(found: DefinitionProblem) -> Self {
        Self(found.metric, found.problem)
    }
}

#[test]
fn an_empty_list_of_events_is_a_problem() {
    assert_eq!(
        problems([counter("lifecycle.no_events.count").events([""; 0])]).len(),
        1
    );
}

#[test]
fn one_handler_per_event_and_none_after_the_end() {
    let aggregator = start([
        counter("lifecycle.drop.count").events(["lifecycle.drop.a", "lifecycle.drop.b"]),
        sum("lifecycle.drop.a.n"),
        sum("lifecycle.drop.a.m").tags(["k"]),
    ]);
    let patterns = || -> Vec<String> {
        list_handlers("lifecycle.drop")
            .into_iter()
            .map(|row| row.pattern)
            .collect()
    };
    assert_eq!(patterns(), ["lifecycle.drop.a", "lifecycle.drop.b"]);
    let (snapshots, mut reader) = (aggregator.snapshots(), aggregator.reader(Needs::Totals));
    execute!("lifecycle.drop.a", { n: 1, m: 2 }, { k: "x" });
    drop(aggregator);
    assert_eq!(patterns(), [] as [&str; 0]);
    execute!("lifecycle.drop.a", { n: 10, m: 20 }, { k: "x" });

    // What was counted can still be read, for a last flush.
    let snapshot = snapshots.take();
    assert_eq!(
        snapshot.find("lifecycle.drop.count", &[]),
        Some(&Data::Counter(1))
    );
    assert_eq!(
        amount_of(snapshot.find("lifecycle.drop.a.n", &[])),
        Some(Amount::Real(1.0))
    );
    let scanned = scan(&mut reader);
    assert_eq!(scanned.len(), 3);
    scanned.iter().for_each(|one| reader.take(one.mark));
    assert_eq!(scan(&mut reader).len(), 0);
}

#[test]
fn an_aggregator_may_be_dropped_while_events_come_in() {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _ends = Ends(&done);
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    execute!("lifecycle.come", { n: 1 }, { k: "x" });
                }
            });
        }
        for _ in 0..50 {
            let aggregator = start([sum("lifecycle.come.n").tags(["k"])]);
            execute!("lifecycle.come", { n: 1 }, { k: "mine" });
            let mine = aggregator.snapshot();
            assert_eq!(
                amount_of(mine.find("lifecycle.come.n", &[("k", "mine")])),
                Some(Amount::Real(1.0))
            );
        }
    });
    assert_eq!(list_handlers("lifecycle.come"), []);
}

#[test]
fn two_aggregators_on_the_same_events_are_both_right() {
    let metrics = || {
        [
            counter("lifecycle.two.count").tags(["k"]),
            sum("lifecycle.two.n"),
        ]
    };
    let first = start(metrics());
    execute!("lifecycle.two", { n: 1 }, { k: "a" });
    // The same, and one that would be a problem in the other.
    let second = Aggregator::builder()
        .metrics(metrics())
        .metrics([counter("lifecycle.two.panics").keep(|_| panic_quietly())])
        .constant_tag("env", "test")
        .start()
        .unwrap();
    execute!("lifecycle.two", { n: 10 }, { k: "a" });
    let numbers = |aggregator: &Aggregator| {
        let snapshot = aggregator.snapshot();
        let n = amount_of(snapshot.find("lifecycle.two.n", &[]))
            .unwrap()
            .as_f64();
        (
            total_count(&snapshot, Kind::Counter, "lifecycle.two.count"),
            n,
        )
    };
    assert_eq!((numbers(&first), numbers(&second)), ((2, 11.0), (1, 10.0)));
    drop(first);
    execute!("lifecycle.two", { n: 100 }, { k: "b" });
    assert_eq!(numbers(&second), (2, 110.0));
    assert_eq!(list_handlers("lifecycle.two").len(), 1);
}

#[test]
fn an_aggregator_without_definitions_has_only_its_own_numbers() {
    let aggregator = start([]);
    let snapshot = aggregator.snapshot();
    assert!(
        snapshot
            .families
            .iter()
            .all(|one| one.definition.name().starts_with("telemetry.")),
        "{snapshot:?}"
    );
    assert_eq!(scan(&mut aggregator.reader(Needs::Values)).len(), 0);
}

#[test]
fn a_builder_can_be_used_again() {
    let builder = Aggregator::builder().metrics([counter("lifecycle.again.count")]);
    let (first, second) = (builder.clone().start().unwrap(), builder.start().unwrap());
    execute!("lifecycle.again");
    for aggregator in [first, second] {
        assert_eq!(
            counter_counts(&aggregator, "lifecycle.again.count"),
            owned(&[("", 1)])
        );
    }
}
