//! Which alerts of an objective fire, and when.

use super::*;
use crate::policy::{BurnAlert, Policy, Severity};

/// Whether one and the same thing was told, in between two times.
#[track_caller]
fn assert_told(told: &[(u64, String)], expected: &[(&str, u64, u64)]) {
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((at, what), (wanted, from, to)) in told.iter().zip(expected) {
        assert_eq!(what, wanted, "{told:?}");
        assert!((from..=to).contains(&at), "{what} at {at}: {told:?}");
    }
}

#[test]
fn a_total_outage_pages_within_a_minute_and_resolves_when_it_is_over() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(DAY, 100.0, 0.0);
    assert_eq!(drive.told(drive.now), []);
    let began = drive.now;
    drive.run(MINUTE, 100.0, 100.0);
    // 0.0144 of an hour, and at most a sixtieth of the window and a tick more.
    assert_told(&drive.told(began), &[("page 1h fires", 51, 60)]);
    assert!(drive.report().is_firing());
    let ended = drive.now;
    drive.run(2 * HOUR, 100.0, 0.0);
    // The short window has forgotten it after five minutes, and half of that is kept.
    assert_told(&drive.told(ended), &[("page 1h resolves", 440, 470)]);
    assert!(!drive.report().is_firing());
    drive.run(4 * DAY, 100.0, 0.0);
    assert_eq!(drive.told(ended), [], "the longer windows were never above");
}

#[test]
fn an_outage_that_lasts_makes_every_alert_fire_in_turn() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(4 * DAY, 100.0, 0.0);
    let began = drive.now;
    drive.run(HOUR, 100.0, 100.0);
    let told = drive.told(began);
    assert_told(
        &told,
        &[
            ("page 1h fires", 51, 60),
            // 0.006 of six hours, 0.003 of a day, 0.001 of three.
            ("page 6h fires", 129, 140),
            ("ticket 1d fires", 259, 275),
            ("ticket 3d fires", 259, 275),
        ],
    );
}

#[test]
fn a_slow_burn_makes_a_ticket_and_wakes_nobody() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(3 * DAY, 1_000.0, 0.0);
    let began = drive.now;
    // Twice as fast as allowed.
    drive.run(3 * DAY, 1_000.0, 2.0);
    let half = 36 * 3_600;
    assert_told(
        &drive.told(began),
        &[("ticket 3d fires", half, half + 3_600 + 3_700)],
    );
    let ended = drive.now;
    drive.run(DAY, 1_000.0, 0.0);
    // Half of the short window is above, until less than half of it was bad.
    assert_told(
        &drive.told(ended),
        &[("ticket 3d resolves", 6 * 3_600 - 200, 6 * 3_600 + 300)],
    );
}

#[test]
fn errors_within_the_budget_disturb_nobody() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(8 * DAY, 1_000.0, 1.0);
    assert_eq!(drive.told(Duration::ZERO), []);
    let rate = drive.report().burn_rate(3 * DAY).unwrap();
    assert!((rate - 1.0).abs() < 1e-9, "{rate}");
}

#[test]
fn without_traffic_nothing_is_wrong() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(DAY, 0.0, 0.0);
    assert_eq!(drive.told(Duration::ZERO), []);
    let report = drive.report();
    assert!(report.burns.iter().all(|burn| burn.rate.is_none()));
    assert_eq!((report.ratio, report.budget_left), (None, 1.0));
}

#[test]
fn an_alert_resolves_when_traffic_stops() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(DAY, 100.0, 0.0);
    drive.run(MINUTE, 100.0, 100.0);
    assert!(drive.report().is_firing());
    drive.told.clear();
    let ended = drive.now;
    drive.run(2 * HOUR, 0.0, 0.0);
    // Five minutes without anything in the short window, and then it is kept.
    assert_told(&drive.told(ended), &[("page 1h resolves", 445, 465)]);
    assert_eq!(drive.report().burn_rate(5 * MINUTE), None);
}

#[test]
fn a_counter_that_begins_again_neither_hides_nor_makes_errors() {
    let mut drive = Drive::new(&objective(0.99));
    drive.run(HOUR, 100.0, 0.0);
    drive.tally = Tally::default();
    drive.run(HOUR, 100.0, 0.0);
    assert_eq!(drive.told(Duration::ZERO), []);
    let report = drive.report();
    assert_eq!((report.valid, report.bad), (144_000.0, 0.0));
    // What was counted in the meantime counts.
    drive.tally = Tally {
        valid: 50.0,
        good: 10.0,
    };
    drive.now += TICK;
    drive.evaluate();
    let report = drive.report();
    assert_eq!((report.valid, report.bad), (144_050.0, 40.0));
}

fn one_alert(target: f64, factor: f64) -> Objective {
    let alert = BurnAlert::new(5 * MINUTE, HOUR, factor, Severity::Page);
    objective(target).policy(Policy::new([alert]))
}

#[test]
fn exactly_at_the_limit_is_not_above_it() {
    for (target, factor, valid, bad) in [
        (0.99, 10.0, 10.0, 1.0),
        (0.9, 2.0, 5.0, 1.0),
        (0.999, 14.4, 10_000.0, 144.0),
        (0.95, 6.0, 10.0, 3.0),
    ] {
        let mut drive = Drive::new(&one_alert(target, factor));
        drive.run(2 * HOUR, valid, bad);
        assert_eq!(drive.told(Duration::ZERO), [], "{target} {factor}");
        // One more in a thousand is.
        let mut drive = Drive::new(&one_alert(target, factor));
        drive.run(2 * HOUR, valid * 1_000.0, bad * 1_000.0 + 1.0);
        assert_eq!(drive.told.len(), 1, "{target} {factor}");
    }
}

#[test]
fn both_windows_have_to_be_above() {
    let mut drive = Drive::new(&one_alert(0.99, 10.0));
    drive.run(HOUR, 100.0, 0.0);
    // Enough for the short window, not for the long one.
    drive.run(MINUTE, 100.0, 60.0);
    let burn = |drive: &Drive, window| drive.report().burn_rate(window).unwrap();
    assert!(burn(&drive, 5 * MINUTE) > 10.0 && burn(&drive, HOUR) < 10.0);
    assert_eq!(drive.told, []);
    // Enough for the long one, and the short one has forgotten it.
    let mut drive = Drive::new(&one_alert(0.99, 10.0).scaled(1.0));
    drive.run(HOUR, 100.0, 0.0);
    drive.tick(TICK, 20_000.0, 20_000.0);
    assert_eq!(drive.told.len(), 1);
    drive.run(10 * MINUTE, 100.0, 0.0);
    assert!(burn(&drive, HOUR) > 10.0);
    assert_eq!(drive.told.pop().unwrap().1, "page 1h resolves");
}

#[test]
fn a_process_that_was_suspended_or_a_late_thread_finds_the_same_shares() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(2 * HOUR, 1_000.0, 1.0);
    let before = drive.report();
    // Ten hours in which nothing happened, and then a tick like all others.
    drive.tick(10 * HOUR, 1_000.0, 1.0);
    assert_eq!(drive.told, []);
    let after = drive.report();
    for (before, after) in before.burns.iter().zip(&after.burns) {
        let (before, after) = (before.rate.unwrap(), after.rate.unwrap());
        assert!((before - after).abs() < 1e-9, "{before} {after}");
    }
    // Ten hours in which events were counted, and nobody looked.
    drive.tick(10 * HOUR, 1_000_000.0, 1_000.0);
    assert_eq!(drive.told, []);
    assert_eq!(drive.whole_report().late, 2);
}

#[test]
fn time_that_goes_back_is_no_time() {
    let mut drive = Drive::new(&objective(0.99));
    drive.run(HOUR, 10.0, 0.0);
    drive.now -= 30 * MINUTE;
    drive.tick(TICK, 10.0, 10.0);
    assert_eq!(drive.whole_report().running, HOUR);
}

#[test]
fn what_is_good_before_it_counts_is_not_held_against_anybody() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(HOUR, 1.0, 0.0);
    drive.tally.good += 5.0;
    drive.run(10 * MINUTE, 1.0, 0.0);
    let report = drive.report();
    assert_eq!((report.bad, report.ratio), (0.0, Some(1.0)));
    // They come to count when the short window began with them.
    drive.tally.valid += 5.0;
    drive.run(MINUTE, 1.0, 0.0);
    assert!(
        drive
            .report()
            .burns
            .iter()
            .all(|burn| burn.rate == Some(0.0))
    );
    assert_eq!(drive.told, []);
}

#[test]
fn few_events_say_nothing_if_that_is_wanted() {
    let mut drive = Drive::new(&objective(0.99).min_events(100));
    drive.tick(5 * MINUTE, 99.0, 99.0);
    assert_eq!(drive.told, []);
    let report = drive.report();
    assert!(report.burns.iter().all(|burn| burn.rate.is_none()));
    // They are spent all the same.
    assert_eq!(
        (report.ratio, report.budget_left.round()),
        (Some(0.0), -99.0)
    );
    drive.tick(TICK, 1.0, 0.0);
    assert_ne!(drive.told, []);
}
