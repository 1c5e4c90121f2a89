//! Random definitions and random events, against the simplest thing that does the same.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{Event, Number, Value, display, execute};
use telemetry_metrics::{
    Aggregator, Data, Dimension, Kind, MAX_TAG_LEN, Metric, Needs, Skip, Unit, counter,
    distribution, last_value, sum, summary,
};

use crate::support::*;

const EVENTS: [&str; 2] = ["conservation.one", "conservation.two"];
const TAGS: [&str; 2] = ["t", "u"];
const BOUNDS: [i32; 4] = [-5, 0, 5, 100];

#[derive(Debug, Clone)]
struct Rule {
    kind: Kind,
    events: Vec<usize>,
    tags: Vec<usize>,
    /// Keeps, or drops, events whose number is a multiple of this.
    keep: Option<(bool, u64)>,
    measure: Measure,
    unit: Option<(Option<Unit>, Unit)>,
    up_down: bool,
    max_series: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    A,
    B,
    /// `a`, but panics at multiples of three.
    Closure,
}

#[derive(Debug, Clone)]
enum Tag {
    Absent,
    Text(String),
    Integer(i8),
    Flag(bool),
    Long(char),
    Bomb,
}

#[derive(Debug, Clone)]
struct Emitted {
    event: usize,
    a: Option<Number>,
    b: Option<Number>,
    tags: [Tag; 2],
}

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

fn number_of(event: &Event<'_>) -> u64 {
    event
        .metadata("number")
        .and_then(Value::as_u64)
        .expect("every event has its number")
}

impl Rule {
    fn metric(&self, at: usize) -> Metric {
        let name = format!("conservation.m{at}");
        let mut metric = match self.kind {
            Kind::Counter => counter(name),
            Kind::Sum => sum(name),
            Kind::LastValue => last_value(name),
            Kind::Summary => summary(name),
            _ => distribution(name).buckets(BOUNDS),
        };
        metric = metric
            .events(self.events.iter().map(|at| EVENTS[*at]))
            .tags(self.tags.iter().map(|at| TAGS[*at]));
        metric = match self.keep {
            Some((true, n)) => metric.keep(move |event| number_of(event) % n == 0),
            Some((false, n)) => metric.drop_when(move |event| number_of(event) % n == 0),
            None => metric,
        };
        metric = match self.measure {
            Measure::A => metric.measurement("a"),
            Measure::B => metric.measurement("b"),
            Measure::Closure => metric.measure_with(|event| {
                if number_of(event) % 3 == 0 {
                    panic_quietly()
                }
                event.measurement("a")
            }),
        };
        metric = match self.unit {
            Some((Some(from), to)) => metric.unit((from, to)),
            Some((None, to)) => metric.unit(to),
            None => metric,
        };
        if self.up_down {
            metric = metric.up_down();
        }
        if let Some(limit) = self.max_series {
            metric = metric.max_series(limit);
        }
        metric
    }

    fn wants(&self, number: u64, event: &Emitted) -> bool {
        self.events.contains(&event.event)
            && self.keep.is_none_or(|(keep, n)| (number % n == 0) == keep)
    }

    /// The number as it is stored, or why it is not.
    fn stored(&self, number: u64, event: &Emitted) -> Result<Stored, Skip> {
        if self.kind == Kind::Counter {
            return Ok(Stored::Integer(0));
        }
        let measured = match self.measure {
            Measure::A => event.a,
            Measure::B => event.b,
            Measure::Closure if number % 3 == 0 => return Err(Skip::Panicked),
            Measure::Closure => event.a,
        };
        let (from, shown) = self.unit.unwrap_or((None, Unit::One));
        let stored = store(measured.ok_or(Skip::Missing)?, from, shown.dimension())?;
        if stored.as_f64() < 0.0 && self.kind == Kind::Sum && !self.up_down {
            return Err(Skip::Negative);
        }
        Ok(stored)
    }

    fn texts(&self, event: &Emitted) -> Result<Vec<String>, Skip> {
        self.tags.iter().map(|at| event.tags[*at].text()).collect()
    }
}

impl Tag {
    fn text(&self) -> Result<String, Skip> {
        Ok(match self {
            Self::Absent => String::new(),
            Self::Text(text) => {
                let end = (0..=MAX_TAG_LEN.min(text.len()))
                    .rev()
                    .find(|at| text.is_char_boundary(*at));
                text[..end.unwrap()].to_owned()
            }
            Self::Integer(n) => n.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Long(one) => one.to_string().repeat(MAX_TAG_LEN / one.len_utf8()),
            Self::Bomb => return Err(Skip::Panicked),
        })
    }
}

/// What the model stores.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stored {
    Integer(i64),
    Real(f64),
}

impl Stored {
    fn as_f64(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Real(x) => x,
        }
    }

    fn plus(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.checked_add(b).map(Self::Integer),
            (a, b) => Some(Self::Real(a.as_f64() + b.as_f64())).filter(|n| n.as_f64().is_finite()),
        }
    }
}

fn store(number: Number, from: Option<Unit>, dimension: Dimension) -> Result<Stored, Skip> {
    let fits = |n: i128| {
        i64::try_from(n)
            .map(Stored::Integer)
            .map_err(|_| Skip::Overflow)
    };
    match (number, dimension) {
        (Number::Duration(time), Dimension::Time) => {
            fits((time.as_nanos() as i128).min(i64::MAX.into()))
        }
        (Number::Duration(_), _) => Err(Skip::Unit),
        (_, Dimension::Time) if from.is_none() => Err(Skip::Unit),
        (_, Dimension::None) => {
            let plain = number.as_f64().ok_or(Skip::Unit)?;
            if plain.is_finite() {
                Ok(Stored::Real(plain))
            } else {
                Err(Skip::NotFinite)
            }
        }
        (_, _) => {
            let factor = from.map_or(1, Unit::factor);
            match number {
                Number::Signed(n) => fits(i128::from(n) * i128::from(factor)),
                Number::Unsigned(n) => fits(i128::from(n) * i128::from(factor)),
                Number::Float(x) if !x.is_finite() => Err(Skip::NotFinite),
                Number::Float(x) if (x * factor as f64).abs() >= 2f64.powi(63) => {
                    Err(Skip::Overflow)
                }
                Number::Float(x) => fits((x * factor as f64).round() as i128),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// What the model knows of one series.
#[derive(Debug, Clone, PartialEq)]
struct Cell {
    count: u64,
    sum: Stored,
    last: Stored,
    min: f64,
    max: f64,
    buckets: Vec<u64>,
}

#[derive(Debug, Default)]
struct Modelled {
    wanted: u64,
    series: BTreeMap<Vec<String>, Cell>,
    skipped: HashMap<Skip, u64>,
}

fn model(rule: &Rule, events: &[Emitted]) -> Modelled {
    let (_, shown) = rule.unit.unwrap_or((None, Unit::One));
    let zero = if shown.dimension() == Dimension::None || rule.kind == Kind::Counter {
        Stored::Real(0.0)
    } else {
        Stored::Integer(0)
    };
    // Bounds are in the unit that is shown.
    let bounds = BOUNDS.map(|bound| f64::from(bound) * shown.factor() as f64);
    let mut all = Modelled::default();
    for (number, event) in events.iter().enumerate() {
        if !rule.wants(number as u64, event) {
            continue;
        }
        all.wanted += 1;
        let stored = rule.stored(number as u64, event);
        let recorded = stored.and_then(|stored| {
            let texts = rule.texts(event)?;
            let new = || Cell {
                count: 0,
                sum: zero,
                last: zero,
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
                buckets: vec![0; BOUNDS.len() + 1],
            };
            let cell = all.series.entry(texts).or_insert_with(new);
            if !matches!(rule.kind, Kind::Counter | Kind::LastValue) {
                cell.sum = cell.sum.plus(stored).ok_or(Skip::Overflow)?;
            }
            cell.count += 1;
            cell.last = stored;
            cell.min = cell.min.min(stored.as_f64());
            cell.max = cell.max.max(stored.as_f64());
            cell.buckets[bounds
                .iter()
                .filter(|bound| **bound < stored.as_f64())
                .count()] += 1;
            Ok(())
        });
        if let Err(reason) = recorded {
            *all.skipped.entry(reason).or_default() += 1;
        }
    }
    all.series.retain(|_, cell| cell.count > 0);
    all
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
