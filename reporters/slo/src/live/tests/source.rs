//! What is read from snapshots.

use telemetry_metrics::Aggregator;

use super::*;
use crate::live::source::Source;

#[test]
fn what_is_good_is_read_from_the_later_of_two_snapshots() {
    let objectives = [
        Objective::availability("later", ["later.stop"]),
        Objective::latency("later-time", ["later.stop"], TICK),
    ];
    let aggregator = Aggregator::builder()
        .metrics(objectives.iter().flat_map(Objective::metrics))
        .start()
        .unwrap();
    let before = aggregator.snapshot();
    let source = Source::find(&objectives, &[], &before).unwrap();
    let one = || telemetry::execute!("later.stop", { duration: TICK }, { outcome: "ok" });
    one();
    let first = aggregator.snapshot();
    one();
    let second = aggregator.snapshot();
    let tally = |valid, good| Some(Tally { valid, good });
    let readings = source.read(&first, Some(&second));
    // A time is in one bucket or another, so both numbers are of one moment.
    assert_eq!(readings.objectives, [tally(1.0, 2.0), tally(1.0, 1.0)]);
    let readings = source.read(&before, None);
    assert_eq!(readings.objectives, [tally(0.0, 0.0), tally(0.0, 0.0)]);
}
