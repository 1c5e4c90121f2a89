//! A process that has just begun knows little.

use super::*;

#[test]
fn windows_have_what_there_is() {
    let mut drive = Drive::new(&objective(0.99));
    drive.tick(TICK, 10.0, 5.0);
    let report = drive.report();
    assert!(report.burns.iter().all(|burn| burn.covered == TICK));
    assert!(report.burns.iter().all(|burn| burn.rate == Some(50.0)));
    assert_eq!(report.covered, TICK);
}

#[test]
fn the_first_failure_after_a_start_is_no_outage() {
    let mut drive = Drive::new(&objective(0.999));
    // One request in each second, of which the very first fails.
    drive.tick(TICK, 5.0, 1.0);
    drive.run(7 * HOUR, 5.0, 0.0);
    assert_eq!(drive.told, []);
    // Later it would be none, either.
    drive.tick(TICK, 5.0, 1.0);
    assert_eq!(drive.told, []);
}

#[test]
fn an_outage_from_the_start_is_told_as_soon_as_it_is_one_of_the_short_window() {
    let mut drive = Drive::new(&objective(0.999));
    drive.run(MINUTE, 100.0, 100.0);
    // 0.0144 of five minutes, 0.006 of half an hour, 0.003 of two hours, 0.001 of six.
    let expected = [
        (5, "page 1h fires"),
        (15, "page 6h fires"),
        (25, "ticket 1d fires"),
        (25, "ticket 3d fires"),
    ];
    assert_eq!(
        drive.told(Duration::ZERO),
        expected.map(|(at, what)| (at, what.to_owned()))
    );
}

#[test]
fn what_alerts_are_judged_by_is_what_they_say() {
    let mut drive = Drive::new(&objective(0.99));
    drive.run(MINUTE, 10.0, 5.0);
    let fast = |drive: &Drive| {
        let alert = &drive.report().alerts[0];
        (alert.long_rate, alert.short_rate)
    };
    // A minute of five, and then all of it.
    assert_eq!(fast(&drive), (Some(10.0), Some(10.0)));
    assert_eq!(drive.told, []);
    drive.run(4 * MINUTE, 10.0, 5.0);
    assert_eq!(fast(&drive), (Some(50.0), Some(50.0)));
    assert_eq!(drive.told[0].1, "page 1h fires");
}
