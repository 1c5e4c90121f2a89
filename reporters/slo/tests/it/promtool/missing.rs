//! Series that are missing, which is not the same as no traffic.

use std::time::Duration;

use telemetry_slo::Objective;

use super::cases::{Case, assert_cases, of_slo};
use super::source::{DOWN, GOOD, NO_DATA, UP, VALID, builder, name, rules, site};

fn down() -> String {
    format!("alertname={DOWN:?}")
}

fn no_data(slo: &str) -> String {
    of_slo(slo, NO_DATA)
}

#[test]
#[ignore = "needs promtool"]
fn missing_series_fire_after_ten_minutes_and_nothing_else_does() {
    let vanish = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0+150x240 stale")
        .series(GOOD, "0+150x240 stale")
        .firing("80m", [no_data("site")])
        .value("80m", "sum(slo:error_ratio:rate5m)", None);
    let never = Case::every("15s")
        .series(UP, "1x1000")
        .quiet("4m30s")
        .firing("5m", [no_data("site")]);
    let come = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "_x40 0+150x960")
        .series(GOOD, "_x40 0+150x960")
        .firing("9m", [no_data("site")])
        .quiet("10m30s");
    let pause = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0+150x240 _x32 41000+150x700")
        .series(GOOD, "0+150x240 _x32 41000+150x700")
        .quiet("65m")
        .quiet("68m")
        .quiet("75m");
    assert_cases(&rules(site()), "30s", &[vanish, never, come, pause]);
}

#[test]
#[ignore = "needs promtool"]
fn series_without_traffic_are_not_missing() {
    let nobody = Case::every("15s")
        .series(UP, "1x1000")
        .series(VALID, "0x1000")
        .series(GOOD, "0x1000")
        .quiet("1h")
        .quiet("4h");
    assert_cases(&rules(site()), "30s", &[nobody]);
}

#[test]
#[ignore = "needs promtool"]
fn an_instance_that_does_not_answer_is_told_by_itself() {
    let b = "{job=\"shop\", instance=\"b\"}";
    let one_of_two = Case::every("15s")
        .series(UP, "1x40 0x200")
        .series(format!("up{b}"), "1x1000")
        .series(VALID, "0+150x40 stale")
        .series(GOOD, "0+150x40 stale")
        .series(format!("slo_site_valid_total{b}"), "0+150x1000")
        .series(format!("slo_site_good_total{b}"), "0+150x1000")
        .quiet("14m")
        .firing("16m", [down()])
        .value(
            "16m",
            "count(ALERTS{alertstate=\"firing\", severity=\"page\"})",
            None,
        );
    let all = Case::every("15s")
        .series(UP, "1x40 0x200")
        .series(VALID, "0+150x40 stale")
        .series(GOOD, "0+150x40 stale")
        .quiet("12m")
        .firing("13m", [down()])
        .value(
            "13m",
            "count(ALERTS{alertstate=\"firing\", severity=\"page\"})",
            Some(1.0),
        )
        .firing("30m", [down(), no_data("site")]);
    let others = Case::every("15s")
        .series(UP, "1x1000")
        .series("up{job=\"else\", instance=\"a\"}", "0x1000")
        .series(VALID, "0+150x1000")
        .series(GOOD, "0+150x1000")
        .quiet("1h");
    assert_cases(&rules(site()), "30s", &[one_of_two, all, others]);
}

#[test]
#[ignore = "needs promtool"]
fn a_bucket_that_is_missing_is_no_judgement() {
    let quick = Objective::latency("quick", ["promtool_test.web.stop"], Duration::from_secs(1));
    let series = |rest: &str| format!("slo_quick_duration_seconds_{rest}");
    let missing = Case::every("15s")
        .series(UP, "1x1000")
        .series(series("count{job=\"shop\"}"), "0+150x1000")
        .series(series("bucket{job=\"shop\", le=\"0.5\"}"), "0+150x1000")
        .firing("20m", [no_data("quick")])
        .value("20m", "sum(slo:error_ratio:rate5m)", None);
    assert_cases(&rules(quick), "30s", &[missing]);
}

#[test]
#[ignore = "needs promtool"]
fn instances_with_another_threshold_are_not_judged_while_a_new_one_is_rolled_out() {
    let quick = Objective::latency("quick", ["promtool_test.web.stop"], Duration::from_secs(1));
    let of = |case: Case, instance: &str, bound: &str, slow: bool| {
        let series = |what: &str, more: &str| {
            format!(
                "slo_quick_duration_seconds_{what}{{job=\"shop\", instance={instance:?}{more}}}"
            )
        };
        let quick = if slow { "0x1000" } else { "0+150x1000" };
        case.series(series("count", ""), "0+150x1000")
            .series(series("bucket", &format!(", le={bound:?}")), quick)
    };
    let case = || Case::every("15s").series(UP, "1x1000");
    let healthy = of(
        of(of(case(), "a", "1", false), "b", "2", false),
        "c",
        "2",
        false,
    )
    .quiet("20m")
    .quiet("4h")
    .value("20m", "sum(slo:error_ratio:rate5m)", Some(0.0))
    .value("20m", "sum(slo:valid:rate5m)", Some(10.0));
    // One that is judged, and bad, is told however many are not.
    let bad = of(of(case(), "a", "1.0", true), "b", "2", false)
        .value("20m", "sum(slo:error_ratio:rate5m)", Some(1.0))
        .value(
            "20m",
            "count(ALERTS{alertname=\"SloBurnsFast\", alertstate=\"firing\", long=\"1h\"})",
            Some(1.0),
        );
    assert_cases(&rules(quick), "30s", &[healthy, bad]);
}

#[test]
#[ignore = "needs promtool"]
fn each_value_of_a_label_has_a_budget_and_may_be_missing() {
    let rules = builder(&[site()]).by(["region"]).build(name).unwrap();
    let of = |region: &str| format!("{{job=\"shop\", instance=\"{region}\", region=\"{region}\"}}");
    let both = |case: Case, region: &str, valid: &str, good: &str| {
        case.series(format!("slo_site_valid_total{}", of(region)), valid)
            .series(format!("slo_site_good_total{}", of(region)), good)
    };
    let case = Case::every("15s").series(UP, "1x1000");
    let case = both(case, "north", "0+150x1000", "0+150x1000");
    let case = both(case, "south", "0+150x1000", "0x1000");
    let case = both(case, "west", "0+150x240 stale", "0+150x240 stale");
    let fires = |alert: &str| {
        format!(
            "count by (region) (ALERTS{{alertname=\"{alert}\", alertstate=\"firing\"}}) > bool 0"
        )
    };
    let case = case
        .value("50m", format!("sum({})", fires("SloBurnsFast")), Some(1.0))
        .value(
            "50m",
            "sum(ALERTS{alertname=\"SloBurnsFast\", alertstate=\"firing\", region=\"south\"}) > bool 0",
            Some(1.0),
        )
        .value("50m", format!("sum({})", fires(NO_DATA)), None)
        .value("80m", format!("sum({})", fires(NO_DATA)), Some(1.0))
        .value(
            "80m",
            "sum(ALERTS{alertname=\"SloNoData\", alertstate=\"firing\", region=\"west\"})",
            Some(1.0),
        );
    assert_cases(&rules, "30s", &[case]);
}
