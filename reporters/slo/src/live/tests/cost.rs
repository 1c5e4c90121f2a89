//! What an evaluation costs, next to two thousand series.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use telemetry_metrics::push::Flush;
use telemetry_metrics::{Aggregator, counter, distribution};

use super::*;
use crate::alarm::Alarm;
use crate::live::worker::Worker;

#[test]
#[ignore = "measures: to be run alone, with --release"]
fn an_evaluation_takes_less_than_a_thousandth_of_its_interval() {
    let objectives: Vec<Objective> = (0..10)
        .map(|n| Objective::availability(format!("cost-{n}"), ["cost.stop"]))
        .collect();
    let tagged = [
        counter("cost.stop.count").tags(["route"]),
        distribution("cost.stop.duration").tags(["route"]),
    ];
    let aggregator = Aggregator::builder()
        .metrics(objectives.iter().flat_map(Objective::metrics))
        .metrics(tagged)
        .metrics(crate::metrics())
        .start()
        .unwrap();
    for route in 0..1_000 {
        let duration = Duration::from_millis(route);
        telemetry::execute!("cost.stop", { duration }, { route, status: 200 });
    }
    let alarms = [
        Alarm::panics("cost.stop.count").limit(1e9),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
    ];
    let snapshot = {
        let began = Instant::now();
        for _ in 0..100 {
            let _ = aggregator.snapshot();
        }
        began.elapsed() / 100
    };
    let mut worker = Worker::new(&aggregator, &objectives, &alarms, TICK).unwrap();
    let began = Instant::now();
    for _ in 0..100 {
        worker.flush(began).unwrap();
    }
    let evaluation = began.elapsed() / 100;
    println!("a snapshot of 2,000 series takes {snapshot:?}, an evaluation {evaluation:?}");
    // Beside other tests, and without optimisation, it only has to be done in time.
    let part = if cfg!(debug_assertions) { 2 } else { 1_000 };
    assert!(evaluation < TICK / part, "{evaluation:?}");
}
