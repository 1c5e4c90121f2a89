//! The store against a model that keeps every event.

use proptest::prelude::*;
use telemetry::execute;

use super::{Clock, HOUR, SECOND, start};
use crate::Kind;
use crate::amount::Amount;
use crate::history::{Range, Show, Tick};
use crate::metric::{counter, distribution, last_value, sum, summary};

/// The truth: nearest rank over the numbers themselves.
fn nearest_rank(values: &mut [i64], q: f64) -> Option<f64> {
    values.sort_unstable();
    let rank = (q * values.len() as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil() as usize;
    values.get(rank.max(1) - 1).map(|value| *value as f64)
}

#[derive(Debug, Clone)]
struct Round {
    ticks: u64,
    /// Which series, and which number.
    events: Vec<(usize, i64)>,
    /// A series that becomes coarse then, or fine.
    coarse: Option<(usize, bool)>,
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let ticks = prop_oneof![40 => Just(1u64), 2 => 2u64..30, 1 => 500u64..2_000];
    let event = (
        0usize..3,
        prop_oneof![-50i64..50, 1_000_000i64..1_000_000_000],
    );
    let events = prop_oneof![
        2 => Just(Vec::new()).boxed(),
        1 => proptest::collection::vec(event, 0..6).boxed(),
    ];
    let coarse = proptest::option::weighted(0.05, (0usize..40, any::<bool>()));
    let round = (ticks, events, coarse).prop_map(|(ticks, events, coarse)| Round {
        ticks,
        events,
        coarse,
    });
    proptest::collection::vec(round, 1..1_500)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_past_is_what_it_would_be_if_every_event_had_been_kept(
        rounds in rounds(),
        budget in 32_000usize..70_000,
        ranges in proptest::collection::vec((0.0f64..1.0, 0.0f64..1.0), 8),
    ) {
        const TAGS: [&str; 3] = ["a", "b", "c"];
        let aggregator = start([
            counter("past.model.n").tags(["tag"]),
            sum("past.model.bytes").bytes().up_down().tags(["tag"]),
            last_value("past.model.bytes").bytes().tags(["tag"]),
            summary("past.model.bytes").bytes().tags(["tag"]),
            distribution("past.model.bytes").bytes().tags(["tag"]),
        ]);
        let mut clock = Clock::start(&aggregator, HOUR, budget);
        // So that most of them may become coarse.
        clock.store.busiest = 2;
        let mut all: Vec<(u64, usize, i64)> = Vec::new();
        for Round { ticks, events, coarse } in &rounds {
            for (tag, bytes) in events {
                execute!("past.model", { bytes: *bytes }, { tag: TAGS[*tag] });
                all.push((clock.tick + ticks, *tag, *bytes));
            }
            clock.advance(*ticks, &aggregator.snapshot());
            if let Some((place, coarse)) = coarse {
                let series = clock.store.series();
                clock.store.set_coarse(series[place % series.len()].id.0, *coarse);
            }
        }
        prop_assert_eq!(clock.store.status().left_out, 0);
        let newest = clock.tick as f64;
        for (begin, end) in ranges.into_iter().chain([(0.0, 1.0)]) {
            let range = Range::between(Tick((begin * newest) as u64), Tick((end * newest) as u64));
            let (after, to) = clock.store.resolve(range);
            let totals = clock.store.totals();
            let totals = totals.iter().filter(|total| total.is_total);
            let all_series = clock.store.series();
            for series in all_series.iter().chain(totals) {
                // Where the steps really begin and end: of one that ends beyond, nobody knows how much
                // is within.
                let until = clock.store.tracks[&series.id.0].coarse_until;
                let covered = |after, to| clock.store.axes.span(until, after, to);
                let (begin, end) = covered(after, to);
                if !series.definition.name().starts_with("past.model") {
                    continue;
                }
                let tag = TAGS.iter().position(|tag| series.tags.iter().any(|own| *tag == &**own));
                prop_assert_eq!(tag.is_none(), series.is_total);
                let is_of_tag = |event: &&(u64, usize, i64)| tag.is_none_or(|tag| event.1 == tag);
                let of_tag = all.iter().filter(is_of_tag);
                let within = of_tag.clone().filter(|event| event.0 > begin && event.0 <= end);
                let mut within: Vec<i64> = within.map(|event| event.2).collect();
                let total: i64 = within.iter().sum();
                let id = [series.id];
                let stats = clock.stats(&id, range);
                prop_assert_eq!(stats.covered(), SECOND * (end - begin) as u32);
                let chart = |show| clock.points(&id, show, range, SECOND);
                let kind = series.definition.kind();
                if !matches!(kind, Kind::Sum | Kind::LastValue) {
                    prop_assert_eq!(stats.count(), within.len() as u64);
                    let points = chart(Show::Count);
                    let (begin, end) = covered(points.begin.number(), points.end.number());
                    let charted = of_tag.clone().filter(|event| event.0 > begin && event.0 <= end);
                    let drawn: f64 = points.values.iter().flatten().sum();
                    prop_assert_eq!(drawn, charted.count() as f64);
                }
                if matches!(kind, Kind::Sum | Kind::Summary | Kind::Distribution) {
                    let sum = stats.sum().unwrap_or(Amount::Integer(0));
                    prop_assert_eq!(sum, Amount::Integer(total));
                }
                if kind == Kind::LastValue {
                    // A step that ends beyond the range is not part of it.
                    let last = of_tag.clone().rfind(|event| event.0 <= end);
                    let value = stats.value().map(Amount::as_f64);
                    prop_assert_eq!(value, last.map(|event| event.2 as f64));
                }
                if kind == Kind::Summary {
                    for q in [0.0, 0.3, 0.5, 0.99, 1.0] {
                        let truth = nearest_rank(&mut within, q);
                        let answer = stats.quantile(q);
                        prop_assert_eq!(truth.is_some(), answer.is_some());
                        let (truth, answer) = (truth.unwrap_or(0.0), answer.unwrap_or(0.0));
                        prop_assert!((answer - truth).abs() <= truth.abs() * 0.010831);
                    }
                }
            }
        }
    }
}
