//! Lines that go on.

use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use telemetry::execute;
use telemetry_metrics::history::{Range as Past, Show, Tick};
use telemetry_metrics::{Data, counter, distribution, last_value, sum, summary};

use super::super::{Line, Number, Of, Role, Spec};
use super::*;
use crate::card::milliseconds;

fn all_lines(stage: &Stage) -> Spec {
    let of = |at: usize| Of::all(&stage.definition(at));
    let lines = [
        ("rate", of(0), Number::Rate),
        ("total", of(0), Number::Total),
        ("sum", of(1), Number::Total),
        ("level", of(2), Number::Value),
        ("p95", of(3), Number::Quantile(0.95)),
        ("max", of(3), Number::Max),
        ("mean", of(4), Number::Mean),
        ("share", of(4), Number::Share(of(0))),
        (
            "none",
            Of::some(&stage.definition(4), []),
            Number::Share(of(0)),
        ),
    ];
    let spec = Spec::new("all", "All", Range(60));
    lines.into_iter().fold(spec, |spec, (key, of, number)| {
        spec.line(Line::new(key, key, Role::Series, of, number))
    })
}

/// The two charts where both have slots.
fn assert_same(one: &Json, other: &Json) {
    assert_eq!(one["step"], other["step"]);
    assert_eq!(one["slots"], other["slots"]);
    let step = one["step"].as_u64().unwrap();
    let start = |card: &Json| card["start"].as_u64().unwrap();
    let begin = start(one).max(start(other));
    let skip = |card: &Json| {
        assert_eq!((begin - start(card)) % step, 0);
        usize::try_from((begin - start(card)) / step).unwrap()
    };
    for series in one["lines"].as_array().unwrap() {
        let key = series["key"].as_str().unwrap();
        let values = |card: &Json| line(card, key)[skip(card)..].to_vec();
        assert!(values(one).len() > 3, "{key} has an overlap");
        for (one, other) in values(one).into_iter().zip(values(other)) {
            let is_same = match (one, other) {
                // What is known of the largest number of all helps with those of a bucket.
                (Some(one), Some(other)) if ["p95", "max"].contains(&key) => {
                    (one - other).abs() <= 0.011 * one
                }
                (one, other) => one == other,
            };
            assert!(is_same, "{key}: {one:?} {other:?}");
        }
    }
}

#[test]
fn what_is_appended_is_what_a_new_chart_would_begin_with() {
    let stage = stage([
        counter("charts_lines.go.count").tags(["route"]),
        sum("charts_lines.go.bytes").bytes(),
        last_value("charts_lines.go.level"),
        summary("charts_lines.go.duration").tags(["route"]),
        distribution("charts_lines.go.time")
            .seconds()
            .tags(["route"]),
    ]);
    // Longer than its range, so that slots are dropped, too.
    let mut drawn = Drawn::new(short(all_lines(&stage), 2, 40));
    for n in 0..60_u64 {
        let duration = Duration::from_millis(n % 7 + 1);
        for route in ["/", "/users"] {
            execute!("charts_lines.go", { bytes: n, level: n, duration, time: duration }, { route });
        }
        stage.wait(0);
        drawn.advance(&stage.moment());
        if n % 20 == 19 {
            let moment = stage.moment();
            drawn.advance(&moment);
            let mut fresh = Drawn::new(short(all_lines(&stage), 2, 40));
            fresh.advance(&moment);
            assert_same(&drawn.card, &fresh.card);
        }
    }
    let held = |key: &str| newest(&drawn.card, key);
    assert_eq!(drawn.card["slots"], json!(20));
    assert!(held("rate").unwrap() > 0.0);
    assert_eq!(held("share"), Some(1.0), "each event is counted by both");
    assert_eq!(
        held("none"),
        Some(0.0),
        "of series that are not there, nothing"
    );
    stage.wait(2);
    drawn.advance(&stage.moment());
    let last = |key: &str| newest(&drawn.card, key);
    assert_eq!(last("total"), Some(120.0));
    assert_eq!(last("sum"), Some((0..60).sum::<u64>() as f64 * 2.0));
    assert_eq!(last("level"), Some(59.0));
}

#[test]
fn values_are_those_of_the_history_in_the_units_of_the_browser() {
    let stage = stage([
        counter("charts_lines.units.count"),
        sum("charts_lines.units.duration"),
        distribution("charts_lines.units.time")
            .seconds()
            .buckets([0.25, 0.5, 1.0]),
    ]);
    for _ in 0..3 {
        let duration = Duration::from_millis(500);
        execute!("charts_lines.units", { duration, time: duration });
    }
    stage.wait(3);
    let mut drawn = Drawn::new(short(
        Spec::new("units", "", Range(60))
            .line(Line::new(
                "time",
                "",
                Role::Total,
                Of::all(&stage.definition(2)),
                Number::Max,
            ))
            .line(Line::new(
                "sum",
                "",
                Role::Total,
                Of::all(&stage.definition(1)),
                Number::Rate,
            ))
            .line(Line::new(
                "rate",
                "",
                Role::Total,
                Of::all(&stage.definition(0)),
                Number::Rate,
            )),
        1,
        6_000,
    ));
    let moment = stage.moment();
    drawn.advance(&moment);
    assert_eq!(drawn.card["unit"], json!("seconds"));
    let biggest = |key: &str| {
        line(&drawn.card, key)
            .into_iter()
            .flatten()
            .fold(0.0, f64::max)
    };
    assert_eq!(biggest("time"), 0.5);
    let ids = [moment.totals().of(&stage.definition(0)).unwrap().id];
    let range = Past::between(Tick::default(), moment.tick);
    let points = stage
        .sources
        .history
        .points(&ids, Show::Rate, range, INTERVAL);
    let rounded = |rate: f64| super::super::scale::rounded(rate).as_f64();
    let expected: Vec<_> = points
        .values
        .into_iter()
        .map(|rate| rate.and_then(rounded))
        .collect();
    assert_eq!(line(&drawn.card, "rate"), expected);
    // One and a half seconds in however long it took: half as much as there were events.
    let pairs = line(&drawn.card, "sum")
        .into_iter()
        .zip(line(&drawn.card, "rate"));
    for (seconds, events) in pairs {
        let (seconds, events) = (seconds.unwrap_or(0.0), events.unwrap_or(0.0));
        assert!(
            (seconds - events / 2.0).abs() <= events * 1e-5,
            "{seconds} {events}"
        );
    }
}

#[test]
fn a_value_that_was_not_there_yet_is_a_gap() {
    let stage = stage([last_value("charts_lines.gap.level")]);
    stage.wait(5);
    execute!("charts_lines.gap", { level: 7 });
    stage.wait(1);
    let of = Of::all(&stage.definition(0));
    let spec = Spec::new("gap", "", Range(60));
    let spec = spec.line(Line::new("level", "", Role::Total, of, Number::Value));
    let mut drawn = Drawn::new(short(spec, 1, 6_000));
    drawn.advance(&stage.moment());
    let values = line(&drawn.card, "level");
    assert_eq!(values[0], None);
    assert_eq!(newest(&drawn.card, "level"), Some(7.0));
    let begins = values.iter().position(Option::is_some).unwrap();
    assert!(
        values[begins..]
            .iter()
            .all(|value| value.is_none_or(|value| value == 7.0))
    );
}

#[test]
fn a_chart_of_what_is_not_there_yet_begins_when_it_comes() {
    let stage = stage([summary("charts_lines.late.duration").tags(["route"])]);
    stage.wait(3);
    let of = Of::all(&stage.definition(0));
    let spec = Spec::new("late", "", Range(60));
    let spec = spec.line(Line::new(
        "p95",
        "",
        Role::Total,
        of,
        Number::Quantile(0.95),
    ));
    let mut drawn = Drawn::new(short(spec, 1, 6_000));
    drawn.advance(&stage.moment());
    assert!(line(&drawn.card, "p95").iter().all(Option::is_none));
    execute!("charts_lines.late", { duration: Duration::from_millis(2) }, { route: "/" });
    stage.wait(20);
    drawn.advance(&stage.moment());
    let found: Vec<_> = line(&drawn.card, "p95").into_iter().flatten().collect();
    assert_eq!(found, [0.002]);
}

#[test]
fn totals_are_those_that_prometheus_shows_overflow_and_what_was_before_the_history_included() {
    let metric = counter("charts_lines.before.count")
        .tags(["route"])
        .max_series(2);
    let bytes = sum("charts_lines.before.bytes").tags(["route"]).bytes();
    let aggregator = Aggregator::builder()
        .metrics([metric, bytes])
        .start()
        .unwrap();
    for route in ["/a", "/b", "/c", "/d"] {
        execute!("charts_lines.before", { bytes: 100 }, { route });
    }
    let stage = stage_on(aggregator);
    for route in ["/a", "/c", "/e"] {
        execute!("charts_lines.before", { bytes: 11 }, { route });
    }
    stage.wait(3);
    let of = |at: usize| Of::all(&stage.definition(at));
    let spec = Spec::new("before", "", Range(60))
        .line(Line::new("count", "", Role::Total, of(0), Number::Total))
        .line(Line::new("bytes", "", Role::Total, of(1), Number::Total));
    let mut drawn = Drawn::new(short(spec, 1, 6_000));
    let moment = stage.moment();
    drawn.advance(&moment);
    let snapshot = stage.aggregator.snapshot();
    let of_family = |at: usize| {
        let series = snapshot.families[at].series.iter();
        let numbers = series.map(|series| match series.data {
            Data::Counter(count) => count as f64,
            Data::Sum(sum) => sum.as_f64(),
            _ => panic!("{series:?}"),
        });
        numbers.sum::<f64>()
    };
    let last = |key: &str| newest(&drawn.card, key).unwrap();
    assert_eq!((last("count"), of_family(0)), (7.0, 7.0));
    assert_eq!((last("bytes"), of_family(1)), (433.0, 433.0));
    let first = line(&drawn.card, "count").into_iter().flatten().next();
    let first = first.unwrap();
    assert!(
        (4.0..=7.0).contains(&first),
        "what was there before: {first}"
    );
    let (mut shown, mut shown_sum) = (stage.open(&stage.key(0)), stage.open(&stage.key(1)));
    assert_eq!(figure(shown.advance(&stage), "since start"), Some(7.0));
    let card = shown_sum.advance(&stage);
    assert_eq!(figure(card, "since start"), Some(433.0));
    assert_eq!(
        card["figures"][1]["value"],
        json!({ "n": 433, "u": "bytes" })
    );
}

/// Before the history began there is nothing to show.
#[test]
fn a_range_longer_than_the_past_begins_with_it_and_grows() {
    static SHORTER: [(u64, u64); 2] = [(200, 20), (600, 50)];
    let stage = stage([
        counter("charts_lines.young.count"),
        last_value("charts_lines.young.level"),
    ]);
    let of = |at: usize| Of::all(&stage.definition(at));
    let mut spec = Spec::new("young", "", Range(60))
        .more("All have x=1")
        .line(Line::new("total", "", Role::Total, of(0), Number::Total))
        .line(Line::new("level", "", Role::Total, of(1), Number::Value));
    spec.timing.shorter = &SHORTER;
    spec.tells_reach = true;
    let mut drawn = Drawn::new(spec);
    drawn.advance(&stage.moment());
    let (mut seen, mut events) = (vec![drawn.card["step"].as_u64().unwrap()], 0);
    while seen.last() != Some(&1_000) {
        execute!("charts_lines.young", { level: events });
        events += 1;
        stage.wait(0);
        drawn.advance(&stage.moment());
        let now = milliseconds(SystemTime::now());
        let card = &drawn.card;
        let number = |key: &str| card[key].as_u64().unwrap();
        // Where there is none yet, the range ends where the first will begin.
        let count = match line(card, "total").len() as u64 {
            0 => number("slots"),
            held => held,
        };
        let end = number("start") + count * number("step");
        assert!(end <= now + 20, "{end} is in the future of {now}");
        assert!(now <= end + 2 * number("step") + 1_000, "{end} {now}");
        let more = card["more"].as_str().unwrap();
        match number("step") {
            1_000 => assert_eq!(more, "All have x=1"),
            _ => assert_eq!(
                more,
                "All have x=1. Since the start, less than a minute ago"
            ),
        }
        if seen.last() != Some(&number("step")) {
            seen.push(number("step"));
        }
    }
    assert_eq!(seen, [20, 50, 1_000]);
}
