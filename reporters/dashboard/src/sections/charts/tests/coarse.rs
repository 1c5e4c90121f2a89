//! A past that is coarser than what was asked for.

use serde_json::json;
use telemetry::execute;
use telemetry_metrics::history::{Range as Past, Stats};
use telemetry_metrics::{Data, counter};

use super::super::{Line, Number, Of, Role, Spec};
use super::*;

#[test]
fn a_long_range_is_shown_in_steps_that_the_history_has() {
    let stage = stage([counter("charts_lines.long.count")]);
    // Beyond the newest 600, groups of ten.
    while stage.newest() < 760 {
        execute!("charts_lines.long");
        stage.wait(5);
    }
    let spec = || {
        let of = Of::all(&stage.definition(0));
        let spec = Spec::new("long", "", Range(60));
        spec.line(Line::new("rate", "", Role::Total, of.clone(), Number::Rate))
            .line(Line::new("total", "", Role::Total, of, Number::Total))
    };
    let moment = stage.moment();
    let mut fine = Drawn::new(short(spec(), 3, 300));
    fine.advance(&moment);
    assert_eq!(
        (&fine.card["step"], &fine.card["slots"]),
        (&json!(30), &json!(100))
    );
    let mut coarse = Drawn::new(short(spec(), 3, 6_000));
    coarse.advance(&moment);
    assert_eq!(
        (&coarse.card["step"], &coarse.card["slots"]),
        (&json!(100), &json!(600))
    );
    for _ in 0..3 {
        execute!("charts_lines.long");
        stage.wait(15);
        coarse.advance(&stage.moment());
    }
    assert_eq!(coarse.card["step"], json!(100));
    let data = stage
        .aggregator
        .snapshot()
        .find("charts_lines.long.count", &[])
        .cloned();
    let last = newest(&coarse.card, "total").unwrap();
    assert_eq!(data, Some(Data::Counter(last as u64)));
}

#[test]
fn the_newest_of_a_long_range_is_as_fine_as_was_asked_for() {
    let stage = stage([counter("charts_lines.newest.count")]);
    let mut events = 0_u64;
    while stage.newest() < 900 {
        execute!("charts_lines.newest");
        events += 1;
        stage.wait(2);
    }
    let spec = |ticks: u32| {
        let of = Of::all(&stage.definition(0));
        let spec = Spec::new("newest", "", Range(60));
        let line = Line::new("rate", "", Role::Total, of, Number::Rate);
        short(spec.line(line), 3, ticks)
    };
    let moment = stage.moment();
    let (mut long, mut brief) = (Drawn::new(spec(6_000)), Drawn::new(spec(300)));
    long.advance(&moment);
    brief.advance(&moment);
    assert_eq!(long.card["step"], json!(30));
    let (all, newest) = (line(&long.card, "rate"), line(&brief.card, "rate"));
    assert_eq!(all[all.len() - newest.len()..], newest);
    assert!(all.len() * 3 + 20 >= 900, "{}", all.len());
    // What is shared is a rate still: together they are what was counted.
    let counted: f64 = all.iter().flatten().map(|rate| rate * 0.03).sum();
    let expected = events as f64;
    assert!(
        (counted - expected).abs() < expected / 10.0,
        "{counted} {expected}"
    );
    execute!("charts_lines.newest");
    stage.wait(6);
    long.advance(&stage.moment());
    assert!(line(&long.card, "rate").len() > all.len(), "it goes on");
}

#[test]
fn a_quiet_series_that_was_made_coarse_is_drawn_beside_the_others_without_spikes() {
    let metric = counter("charts_lines.coarse.count").tags(["route"]);
    let aggregator = Aggregator::builder().metrics([metric]).start().unwrap();
    let history = History::builder(&aggregator)
        .interval(INTERVAL)
        .budget(70_000);
    let history = Arc::new(history.start().unwrap());
    let sources = Sources::new(&aggregator, history.clone());
    let stage = Stage {
        aggregator,
        sources,
    };
    let quiet = || {
        let series = history.series_of("charts_lines.coarse.count");
        let mut quiet = series.into_iter().filter(|one| one.is_coarse);
        quiet.find(|one| one.tags().any(|(_, route)| route == "quiet"))
    };
    // Until the coarse past is longer than what stays fine.
    let mut turn = 0_u64;
    while stage.newest() < 400 || quiet().is_none() {
        assert!(stage.newest() < 5_000, "{:?}", history.status());
        turn += 1;
        for route in 0..60_u64 {
            for _ in 0..turn % 7 + 10 {
                execute!("charts_lines.coarse", {}, { route });
            }
        }
        execute!("charts_lines.coarse", {}, { route: "quiet" });
        stage.wait(2);
    }
    let id = quiet().unwrap().id;
    let definition = stage.definition(0);
    let spec = Spec::new("coarse", "", Range(60))
        .line(Line::new(
            "total",
            "",
            Role::Total,
            Of::all(&definition),
            Number::Rate,
        ))
        .line(Line::new(
            "quiet",
            "",
            Role::Series,
            Of::some(&definition, [id]),
            Number::Rate,
        ));
    let mut drawn = Drawn::new(short(spec, 1, 300));
    let moment = stage.moment();
    drawn.advance(&moment);
    let step = drawn.card["step"].as_u64().unwrap();
    let total_range = Past::between(Tick::new(moment.tick.number() - 300), moment.tick);
    let total = history.slots(
        &[moment.totals().of(&definition).unwrap().id],
        total_range,
        INTERVAL,
    );
    assert_eq!(
        u128::from(step),
        total.step.as_millis(),
        "as fine as the total is"
    );
    let quiet = line(&drawn.card, "quiet");
    let own = history.slots(&[id], total_range, INTERVAL);
    assert!(own.step > total.step, "{:?}", own.step);
    let known = quiet.iter().flatten().count();
    assert!(known * 10 >= quiet.len() * 9, "{known} of {}", quiet.len());
    let fastest = own
        .stats
        .iter()
        .flatten()
        .filter_map(Stats::rate)
        .fold(0.0, f64::max);
    let shared =
        own.stats.len() * usize::try_from(own.step.as_millis() / total.step.as_millis()).unwrap();
    let old = &quiet[..shared.saturating_sub(usize::try_from(own.step.as_millis() / 10).unwrap())];
    assert!(
        old.iter().flatten().all(|rate| *rate <= fastest * 1.001),
        "{old:?}"
    );
    for _ in 0..5 {
        execute!("charts_lines.coarse", {}, { route: "quiet" });
        stage.wait(3);
        drawn.advance(&stage.moment());
    }
    assert!(newest(&drawn.card, "quiet").is_some());
}
