//! Budgets that burn fast, do not burn, and recover.

use telemetry_slo::{BurnAlert, Policy, Severity};

use super::cases::{Case, assert_cases, burns, run_cases};
use super::source::{FAST, GOOD, SLOWLY, UP, VALID, rules, site};

fn fast(long: &str) -> String {
    burns("site", FAST, long)
}

fn slowly(long: &str) -> String {
    burns("site", SLOWLY, long)
}

/// Ten events a second, of which so many of 150 are good, for so many quarters of a minute; and the
/// series for it, one after the other.
fn traffic(parts: &[(u32, u32)]) -> (String, String) {
    let (mut valid, mut good) = ("0 ".to_owned(), "0 ".to_owned());
    let mut totals = (0, 0);
    for (share, scrapes) in parts {
        let steps = scrapes - 1;
        valid.push_str(&format!("{}+150x{steps} ", totals.0 + 150));
        good.push_str(&format!("{}+{share}x{steps} ", totals.1 + share));
        totals = (totals.0 + 150 * scrapes, totals.1 + share * scrapes);
    }
    (valid, good)
}

fn case(parts: &[(u32, u32)]) -> Case {
    let (valid, good) = traffic(parts);
    let up = Case::every("15s").series(UP, "1x5760");
    up.series(VALID, valid).series(GOOD, good)
}

const HOUR: u32 = 240;

#[test]
#[ignore = "needs promtool"]
fn an_outage_fires_within_two_minutes_and_resolves_after_it() {
    // Two hours of good service, ten minutes of none, and good service again.
    let outage = case(&[(150, 2 * HOUR), (0, 40), (150, 10 * HOUR)])
        .quiet("2h")
        .quiet("2h30s")
        // 1.44 % of an hour are 52 seconds, and 0.1 % of the two hours that there are 7.
        .firing("2h1m30s", [fast("1h"), slowly("3d")])
        .firing("2h4m", [fast("1h"), fast("6h"), slowly("1d"), slowly("3d")])
        .value("2h10m", "sum(slo:error_ratio:rate5m)", Some(1.0))
        // Five minutes for the short window, and half of that to be sure.
        .firing("2h20m", [fast("6h"), slowly("1d"), slowly("3d")])
        // Half an hour and a quarter.
        .firing("3h5m", [slowly("1d"), slowly("3d")])
        // Two hours and one.
        .firing("5h20m", [slowly("3d")])
        // Six hours and three.
        .quiet("11h20m");
    assert_cases(&rules(site()), "30s", &[outage]);
}

#[test]
#[ignore = "needs promtool"]
fn few_errors_no_errors_and_no_traffic_are_quiet() {
    let some = "sum(slo:error_ratio:rate5m)";
    let left = "sum(slo:error_budget_left:ratio)";
    let few = Case::every("15s")
        .series(UP, "1x2000")
        .series(VALID, "0+2000x2000")
        .series(GOOD, "0+1999x2000")
        .quiet("5m")
        .quiet("6h")
        .value("6h", format!("round({left}, 0.01)"), Some(0.5));
    let none = Case::every("15s")
        .series(UP, "1x2000")
        .series(VALID, "0+2000x2000")
        .series(GOOD, "0+2000x2000")
        .quiet("6h")
        .value("6h", some, Some(0.0))
        .value("6h", left, Some(1.0));
    let nobody = Case::every("15s")
        .series(UP, "1x2000")
        .series(VALID, "0x2000")
        .series(GOOD, "0x2000")
        .quiet("20m")
        .quiet("6h")
        .value("6h", some, None)
        .value("6h", left, Some(1.0));
    assert_cases(&rules(site()), "30s", &[few, none, nobody]);
}

#[test]
#[ignore = "needs promtool"]
fn a_firing_alert_resolves_when_traffic_stops() {
    let (valid, good) = traffic(&[(150, 2 * HOUR), (0, 40)]);
    let still = Case::every("15s")
        .series(UP, "1x2000")
        .series(VALID, format!("{valid} 78000x800"))
        .series(GOOD, format!("{good} 72000x800"))
        .firing(
            "2h11m",
            [fast("1h"), fast("6h"), slowly("1d"), slowly("3d")],
        )
        .firing("2h20m", [fast("6h"), slowly("1d"), slowly("3d")])
        .value("2h20m", "sum(slo:error_ratio:rate5m)", None);
    assert_cases(&rules(site()), "30s", &[still]);
}

#[test]
#[ignore = "needs promtool"]
fn exactly_at_the_threshold_is_quiet() {
    let pair = BurnAlert::new(
        std::time::Duration::from_secs(300),
        std::time::Duration::from_secs(3_600),
        2.0,
        Severity::Page,
    );
    // Half of everything is what twice a quarter allows; both are exact in binary.
    let rules = rules(site().target(0.75).policy(Policy::new([pair])));
    let at = |good: u32| {
        Case::every("15s")
            .series(UP, "1x400")
            .series(VALID, "0+128x400")
            .series(GOOD, format!("0+{good}x400"))
    };
    let exactly = at(64).quiet("30m").quiet("90m");
    let above = at(63).firing("30m", [fast("1h")]);
    assert_cases(&rules, "30s", &[exactly, above]);
}

#[test]
#[ignore = "needs promtool"]
fn restarts_and_new_instances_are_no_errors() {
    let restart = Case::every("15s")
        .series(UP, "1x1000")
        // In the middle of a minute all begins again.
        .series(VALID, "0+150x400 40+150x400")
        .series(GOOD, "0+150x400 40+150x400")
        .quiet("101m")
        .quiet("102m")
        .quiet("3h")
        .value("3h", "sum(slo:error_budget_left:ratio)", Some(1.0));
    let (b, c) = ("instance=\"b\"", "instance=\"c\"");
    let joins = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0+150x1000")
        .series(GOOD, "0+150x1000")
        // One that has just been started, and one that has been running for long.
        .series(
            format!("slo_site_valid_total{{job=\"shop\", {b}}}"),
            "_x200 0+90x800",
        )
        .series(
            format!("slo_site_good_total{{job=\"shop\", {b}}}"),
            "_x200 0+90x800",
        )
        .series(
            format!("slo_site_valid_total{{job=\"shop\", {c}}}"),
            "_x300 50000+90x700",
        )
        .series(
            format!("slo_site_good_total{{job=\"shop\", {c}}}"),
            "_x300 49000+90x700",
        )
        .quiet("51m")
        .quiet("76m")
        .quiet("80m")
        .quiet("4h");
    // Another job has the same names, and is none of ours.
    let other = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0+150x1000")
        .series(GOOD, "0+150x1000")
        .series(
            "slo_site_valid_total{job=\"else\", instance=\"a\"}",
            "0+150x1000",
        )
        .series(
            "slo_site_good_total{job=\"else\", instance=\"a\"}",
            "0x1000",
        )
        .quiet("2h");
    assert_cases(&rules(site()), "30s", &[restart, joins, other]);
}

#[test]
#[ignore = "needs promtool"]
fn one_bad_instance_of_three_burns_the_budget_of_all() {
    let mut case = Case::every("15s").series(UP, "1x500");
    for (instance, good) in [("a", "0+150x500"), ("b", "0x500"), ("c", "0+150x500")] {
        let of = format!("{{job=\"shop\", instance=\"{instance}\"}}");
        case = case
            .series(format!("slo_site_valid_total{of}"), "0+150x500")
            .series(format!("slo_site_good_total{of}"), good);
    }
    let ratio = "round(sum(slo:error_ratio:rate5m), 0.0001)";
    let case = case
        .value("1h", ratio, Some(0.3333))
        .firing("1h", [fast("1h"), fast("6h"), slowly("1d"), slowly("3d")]);
    assert_cases(&rules(site()), "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn without_a_series_of_what_is_good_all_is_bad() {
    let case = Case::every("15s")
        .series(UP, "1x500")
        .series(VALID, "0+150x500")
        .value("1h", "sum(slo:error_ratio:rate5m)", Some(1.0))
        .firing("1h", [fast("1h"), fast("6h"), slowly("1d"), slowly("3d")]);
    assert_cases(&rules(site()), "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn a_few_lost_scrapes_change_nothing() {
    let case = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0+150x200 _x12 31950+150x700")
        .series(GOOD, "0+150x200 _x12 31950+150x700")
        .quiet("51m")
        .quiet("53m")
        .quiet("54m")
        .value("54m", "sum(slo:error_ratio:rate5m)", Some(0.0))
        .quiet("2h");
    assert_cases(&rules(site()), "30s", &[case]);
}

#[test]
#[ignore = "needs promtool"]
fn windows_with_too_few_events_are_not_judged() {
    // Twelve events in an hour, of which a quarter is bad: one in five minutes, and 72 in six hours.
    let few = |hours: u32| {
        let steps = |step: u32, good: bool| {
            let count = (step + 1) / 4;
            let bad = count.div_ceil(4);
            if good { count - bad } else { count }
        };
        // A scrape a minute, one event in each five.
        let minutes = 0..hours * 60;
        let values = |good: bool| -> String {
            let values = minutes
                .clone()
                .map(|minute| steps(minute * 4 / 5, good).to_string());
            values.collect::<Vec<_>>().join(" ")
        };
        Case::every("1m")
            .series(UP, format!("1x{}", hours * 60))
            .series(VALID, values(false))
            .series(GOOD, values(true))
    };
    let minute = std::time::Duration::from_secs(60);
    let with = |events: u64| {
        let objectives = [site().min_events(events)];
        let rules = super::source::builder(&objectives).interval(minute);
        rules
            .scrape_interval(minute)
            .build(super::source::name)
            .unwrap()
    };
    // Of the long windows, those that have 20 in both: two hours have 24, half an hour 6.
    let twenty = few(9).firing("8h", [slowly("1d"), slowly("3d")]);
    assert_cases(&with(20), "1m", &[twenty]);
    let hundred = few(9).quiet("5h").quiet("8h59m");
    assert_cases(&with(100), "1m", &[hundred]);
}

#[test]
#[ignore = "needs promtool"]
fn a_case_that_is_wrong_fails() {
    let wrong = case(&[(150, 2 * HOUR), (0, 40)]).quiet("2h10m");
    let (passed, said) = run_cases(&rules(site()), "30s", &[wrong]);
    assert!(!passed && said.contains("SloBurnsFast"), "{said}");
}
