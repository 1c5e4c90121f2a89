//! Days of slow burning, minute by minute.

use super::cases::{Case, assert_cases, burns};
use super::source::{FAST, GOOD, SLOWLY, UP, VALID, by_the_minute, site};

fn slowly(long: &str) -> String {
    burns("site", SLOWLY, long)
}

const DAY: u32 = 1_440;

/// Of 10,000 events a minute so many are good for two days.
fn after_a_good_day(good: u32) -> Case {
    let (day, days) = (DAY, 2 * DAY);
    Case::every("1m")
        .series(UP, format!("1x{}", 3 * DAY))
        .series(
            VALID,
            format!("0+10000x{day} {}+10000x{days}", (day + 1) * 10_000),
        )
        .series(
            GOOD,
            format!("0+10000x{day} {}+{good}x{days}", day * 10_000 + good),
        )
}

#[test]
#[ignore = "needs promtool"]
fn twice_too_many_errors_are_told_by_the_slowest_pair_alone() {
    let left = "round(sum(slo:error_budget_left:ratio), 0.1)";
    let twice = after_a_good_day(9_980)
        .quiet("1d")
        .quiet("1d6h")
        // Half of the time at twice the rate is exactly the budget.
        .quiet("1d23h50m")
        .firing("2d1h", [slowly("3d")])
        .firing("2d20h", [slowly("3d")])
        // Of the three days that there are, two burnt at twice the rate.
        .value("3d", left, Some(-0.3));
    assert_cases(&by_the_minute(site()), "1m", &[twice]);
}

#[test]
#[ignore = "needs promtool"]
fn four_times_too_many_make_tickets_and_wake_nobody() {
    let four = after_a_good_day(9_960)
        .quiet("1d")
        // Of what there is of three days from 8 hours on, of one day from 18.
        .firing("1d12h", [slowly("3d")])
        .firing("1d22h", [slowly("1d"), slowly("3d")]);
    assert_cases(&by_the_minute(site()), "1m", &[four]);
}

#[test]
#[ignore = "needs promtool"]
fn eight_times_too_many_wake_somebody_within_hours() {
    let fast = |long| burns("site", FAST, long);
    let eight = after_a_good_day(9_920)
        .quiet("1d")
        .quiet("1d2h")
        .firing("1d6h", [fast("6h"), slowly("3d")]);
    assert_cases(&by_the_minute(site()), "1m", &[eight]);
}

#[test]
#[ignore = "needs promtool"]
fn one_per_cent_is_told_when_the_table_says() {
    let fast = |long| burns("site", FAST, long);
    // The table of docs/slo/alerts.md: 3 h 36 m for a page and 7 h 12 m for the day's ticket, both two
    // and a half minutes late; here three days have one of past only, so the slowest is sooner.
    let one = after_a_good_day(9_900)
        .quiet("1d2h30m")
        .firing("1d3h35m", [slowly("3d")])
        .firing("1d3h42m", [fast("6h"), slowly("3d")])
        .firing("1d7h11m", [fast("6h"), slowly("3d")])
        .firing("1d7h18m", [fast("6h"), slowly("1d"), slowly("3d")])
        .firing("2d", [fast("6h"), slowly("1d"), slowly("3d")]);
    assert_cases(&by_the_minute(site()), "1m", &[one]);
}
