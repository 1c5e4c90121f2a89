//! Random definitions and random events, against the simplest thing that does the same.

mod model;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{Number, Value, display, execute};
use telemetry_metrics::{Aggregator, Data, Kind, MAX_TAG_LEN, Needs, Skip, Unit};

use crate::support::*;
use model::{EVENTS, Emitted, Measure, Rule, Stored, TAGS, Tag, model};

fn any_number() -> impl Strategy<Value = Option<Number>> {
    prop_oneof![
        1 => Just(None),
        6 => (-9i64..200).prop_map(|n| Some(n.into())),
        3 => (-9.0..200.0).prop_map(|n: f64| Some(n.into())),
        1 => any::<i64>().prop_map(|n| Some(n.into())),
        1 => any::<u64>().prop_map(|n| Some(n.into())),
        1 => proptest::num::f64::ANY.prop_map(|n| Some(n.into())),
        4 => (0..10_000_000_000u64).prop_map(|n| Some(Duration::from_nanos(n).into())),
        1 => (any::<u64>(), 0..1_000_000_000u32).prop_map(|(s, n)| Some(Duration::new(s, n).into())),
    ]
}

fn any_tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        2 => Just(Tag::Absent),
        4 => "[ab0-2]?".prop_map(Tag::Text),
        1 => any::<String>().prop_map(Tag::Text),
        2 => (0..3i8).prop_map(Tag::Integer),
        1 => any::<bool>().prop_map(Tag::Flag),
        1 => any::<char>().prop_map(Tag::Long),
        1 => Just(Tag::Bomb),
    ]
}

fn any_event() -> impl Strategy<Value = Emitted> {
    (
        0..EVENTS.len(),
        any_number(),
        any_number(),
        [any_tag(), any_tag()],
    )
        .prop_map(|(event, a, b, tags)| Emitted { event, a, b, tags })
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let kinds = [
        Kind::Counter,
        Kind::Sum,
        Kind::LastValue,
        Kind::Summary,
        Kind::Distribution,
    ];
    let some = |of: usize| proptest::sample::subsequence((0..of).collect::<Vec<_>>(), 0..=of);
    let units = [
        None,
        Some((None, Unit::One)),
        Some((None, Unit::Millisecond)),
        Some((Some(Unit::Millisecond), Unit::Second)),
        Some((Some(Unit::Nanosecond), Unit::Nanosecond)),
        Some((None, Unit::Byte)),
        Some((Some(Unit::Kibibyte), Unit::Megabyte)),
    ];
    (
        proptest::sample::select(kinds.to_vec()),
        some(EVENTS.len()),
        some(TAGS.len()),
        proptest::option::weighted(0.4, (any::<bool>(), 2..4u64)),
        proptest::sample::select(&[Measure::A, Measure::A, Measure::B, Measure::Closure][..]),
        proptest::sample::select(units.to_vec()),
        any::<bool>(),
        proptest::option::weighted(0.05, 1..4usize),
    )
        .prop_map(
            |(kind, mut events, tags, keep, measure, unit, up_down, max_series)| {
                if events.is_empty() {
                    events.push(0);
                }
                let up_down = up_down && kind == Kind::Sum;
                Rule {
                    kind,
                    events,
                    tags,
                    keep,
                    measure,
                    unit,
                    up_down,
                    max_series,
                }
            },
        )
}

fn emit(number: usize, emitted: &Emitted) {
    let long = emitted.tags.clone().map(|tag| match tag {
        // Longer than what is kept of it.
        Tag::Long(one) => one.to_string().repeat(MAX_TAG_LEN),
        _ => String::new(),
    });
    let value = |at: usize| match &emitted.tags[at] {
        Tag::Absent => None,
        Tag::Text(text) => Some(Value::from(text)),
        Tag::Integer(n) => Some(Value::from(*n)),
        Tag::Flag(flag) => Some(Value::from(*flag)),
        Tag::Long(_) => Some(Value::from(&long[at])),
        Tag::Bomb => Some(display(&Bomb)),
    };
    let (a, b, t, u) = (emitted.a, emitted.b, value(0), value(1));
    match emitted.event {
        0 => execute!("conservation.one", { a, b }, { number, t, u }),
        _ => execute!("conservation.two", { b, a }, { u, t, number }),
    }
}

fn check(aggregator: &Aggregator, rules: &[Rule], events: &[Emitted]) -> Result<(), TestCaseError> {
    let snapshot = aggregator.snapshot();
    for (at, rule) in rules.iter().enumerate() {
        let expected = model(rule, events);
        let family = &snapshot.families[at];
        let name = family.definition.name();
        let skips: u64 = all_skipped(&snapshot, name);
        let counts = !matches!(rule.kind, Kind::Sum | Kind::LastValue);
        if counts {
            let counted: u64 = family
                .series
                .iter()
                .map(|series| count_of(&series.data))
                .sum();
            prop_assert_eq!(counted + skips, expected.wanted, "{}: {:?}", name, rule);
        }
        if let Some(limit) = rule.max_series {
            prop_assert!(family.series.len() <= limit + 1);
            continue;
        }
        for reason in Skip::ALL {
            let modelled = expected.skipped.get(&reason).copied().unwrap_or(0);
            prop_assert_eq!(
                skipped(&snapshot, name, reason),
                modelled,
                "{}: {:?}",
                name,
                reason
            );
        }
        let mut left = expected.series.clone();
        for series in &family.series {
            let texts: Vec<String> = series.tags.iter().map(ToString::to_string).collect();
            let Some(cell) = left.remove(&texts) else {
                // Without tags, zero is shown.
                let zero = match &series.data {
                    Data::Sum(amount) => amount.is_zero(),
                    data => count_of(data) == 0,
                };
                prop_assert!(
                    zero && texts.is_empty(),
                    "{}: {:?} {:?}",
                    name,
                    texts,
                    series.data
                );
                continue;
            };
            let same = |amount: telemetry_metrics::Amount, stored: Stored| match (amount, stored) {
                (telemetry_metrics::Amount::Integer(a), Stored::Integer(b)) => a == b,
                (telemetry_metrics::Amount::Real(a), Stored::Real(b)) => a == b,
                _ => false,
            };
            let right = match &series.data {
                Data::Counter(count) => *count == cell.count,
                Data::Sum(amount) => same(*amount, cell.sum),
                Data::LastValue(amount) => same(*amount, cell.last),
                Data::Summary(summary) => {
                    summary.count == cell.count
                        && same(summary.sum, cell.sum)
                        && (summary.min, summary.max) == (cell.min, cell.max)
                }
                Data::Distribution(distribution) => {
                    same(distribution.sum, cell.sum) && distribution.buckets == cell.buckets
                }
                _ => false,
            };
            prop_assert!(right, "{}: {:?} for {:?}", name, series.data, cell);
        }
        prop_assert!(left.is_empty(), "{} lacks {:?}", name, left);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 150, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_defined_and_emitted_every_event_is_counted_or_skipped(
        rules in vec(any_rule(), 1..8),
        events in vec(any_event(), 0..60),
    ) {
        let aggregator = start(rules.iter().enumerate().map(|(at, rule)| rule.metric(at)));
        let mut readers = [aggregator.reader(Needs::Totals), aggregator.reader(Needs::Values)];
        for (number, event) in events.iter().enumerate() {
            emit(number, event);
        }
        check(&aggregator, &rules, &events)?;
        prop_assert!(EVENTS.iter().all(|event| handler_failures(event) == 0));

        // What readers take is what is there, and nothing is left afterwards.
        for reader in &mut readers {
            let scanned = scan(reader);
            scanned.iter().for_each(|one| reader.take(one.mark));
            prop_assert_eq!(scan(reader).len(), 0);
        }
    }
}
