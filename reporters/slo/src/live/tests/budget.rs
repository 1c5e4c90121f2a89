//! What is left of an error budget, and what knowing it costs.

use super::*;
use crate::live::ring;

#[test]
fn the_budget_is_that_of_what_counted() {
    let mut drive = Drive::new(&objective(0.99));
    drive.run(HOUR, 100.0, 0.0);
    assert_eq!(drive.report().budget_left, 1.0);
    // 72,000 events allow 720 bad ones.
    drive.tick(TICK, 100.0, 0.0);
    let counted = drive.report().valid;
    drive.tick(TICK, 0.0, 0.0);
    drive.tick(TICK, 90.0, 90.0);
    let left = drive.report().budget_left;
    let expected = 1.0 - 90.0 / (0.01 * (counted + 90.0));
    assert!((left - expected).abs() < 1e-9, "{left} {expected}");
    // And it can be overdrawn.
    drive.run(HOUR, 100.0, 100.0);
    assert!(drive.report().budget_left < -40.0);
}

#[test]
fn what_is_older_than_the_window_is_forgiven() {
    let objective = objective(0.99).window(4 * DAY);
    let mut drive = Drive::new(&objective);
    drive.run(HOUR, 100.0, 100.0);
    drive.run(4 * DAY - 2 * HOUR, 100.0, 0.0);
    let report = drive.report();
    assert!(report.budget_left < 0.0 && report.covered < 4 * DAY);
    // It is kept for up to a sixtieth longer.
    drive.run(2 * HOUR + (4 * DAY) / 60, 100.0, 0.0);
    let report = drive.report();
    assert_eq!((report.bad, report.budget_left), (0.0, 1.0));
    assert_eq!(report.covered, 4 * DAY);
}

#[test]
fn an_objective_takes_sixteen_kibibytes_however_long_it_runs() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(32 * DAY, 7.0, 1.0);
    // Seven windows of the policy, and the objective's own; a slot is two times 16 bytes.
    let most = 8 * ring::MOST.next_power_of_two() * 32;
    assert_eq!(most, 16 * 1_024);
    let bytes = drive.engine.bytes();
    assert!(bytes <= most, "{bytes}");
    assert!(bytes > most / 2, "it is used: {bytes}");
}

#[test]
fn an_idle_objective_takes_next_to_nothing() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(5 * DAY, 0.0, 0.0);
    assert!(drive.engine.bytes() <= 8 * 4 * 32);
}
