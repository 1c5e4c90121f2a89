//! Objectives and alarms of many shapes: what Prometheus and Alertmanager say of the files.

use std::time::Duration;

use telemetry_slo::prometheus::Rules;
use telemetry_slo::{Alarm, BurnAlert, Count, Objective, Policy, Reading, Severity};

use super::Files;
use super::cases::{Case, assert_cases, burns};
use super::source::{FAST, ODD, SLOWLY, UP, builder, name, rules, site};

fn assert_checked(rules: &Rules, count: usize) {
    let files = Files::new(&[("rules.yml", &rules.to_yaml())]);
    let (passed, said) = files.run("promtool", &["check", "rules", "rules.yml"]);
    let found = said.contains(&format!("SUCCESS: {count} rules found"));
    assert!(passed && found, "{said}\n{}", rules.to_yaml());
}

fn odd() -> (Vec<Objective>, Vec<Alarm>) {
    let events = ["promtool_test.web.stop"];
    let objectives = vec![
        site().label("team", ODD).description(ODD),
        Objective::latency("quick-1", events, Duration::from_millis(250)).target(0.99),
        Objective::ratio(
            "bytes_sent",
            Count::sum(events, "a"),
            Count::sum(events, "b"),
        )
        .target(0.5)
        .policy(Policy::new([BurnAlert {
            hold: Duration::from_secs(90),
            ..BurnAlert::new(
                Duration::from_secs(90),
                Duration::from_secs(5_400),
                1.5,
                Severity::Ticket,
            )
        }])),
    ];
    let within = Duration::from_secs(120);
    let definitions = vec!["a.b.count".to_owned(), "c.d.count".to_owned()];
    let alarms = vec![
        Alarm::channel_depth("app.depth", "app.capacity")
            .label("team", ODD)
            .summary(ODD),
        Alarm::memory("app.memory", 1 << 30),
        Alarm::new(
            "Mine",
            Reading::Rise {
                definitions,
                within,
            },
            1e-9,
        ),
        Alarm::panics("app.panic.count").severity(Severity::Page),
        Alarm::series_overflow(),
        Alarm::reporter_failures(),
    ];
    (objectives, alarms)
}

#[test]
#[ignore = "needs promtool"]
fn files_are_good_whatever_the_texts_are() {
    assert_checked(&Rules::builder(&[]).build(name).unwrap(), 2);
    assert_checked(&rules(site()), 24 + 2);
    let (objectives, alarms) = odd();
    let all = Rules::builder(&objectives)
        .alarms(&alarms)
        .selector([("job", "shop"), ("env", ODD)])
        .by(["region", "zone"])
        .runbooks(ODD)
        .dashboard(ODD)
        .group_prefix(ODD)
        .build(name)
        .unwrap();
    assert_checked(&all, 24 + 24 + 11 + 6 + 2);
    assert_eq!(all.to_yaml(), all.clone().to_yaml());
}

#[test]
#[ignore = "needs promtool"]
fn thresholds_are_found_however_their_bounds_are_written() {
    for (millis, spellings) in [
        (1_000, ["1", "1.0"]),
        (250, ["0.25", "0.25"]),
        (10_000, ["10", "10.0"]),
    ] {
        let quick = Objective::latency(
            "quick",
            ["promtool_test.web.stop"],
            Duration::from_millis(millis),
        );
        let rules = rules(quick.target(0.99));
        for le in spellings {
            let bucket = |le: &str| {
                format!(
                    "slo_quick_duration_seconds_bucket{{job=\"shop\", instance=\"a\", le={le:?}}}"
                )
            };
            let count = "slo_quick_duration_seconds_count{job=\"shop\", instance=\"a\"}";
            let with = |share: u32| {
                Case::every("15s")
                    .series(UP, "1x400")
                    .series(bucket("0.1"), "0+1x400")
                    .series(bucket(le), format!("0+{share}x400"))
                    // Bounds that only begin or end like it.
                    .series(bucket("1.05"), "0+90x400")
                    .series(bucket("21"), "0+95x400")
                    .series(bucket("+Inf"), "0+100x400")
                    .series(count, "0+100x400")
            };
            let ratio = "round(sum(slo:error_ratio:rate5m), 0.0001)";
            let slow = [
                burns("quick", FAST, "6h"),
                burns("quick", SLOWLY, "1d"),
                burns("quick", SLOWLY, "3d"),
            ];
            let cases = [
                with(100).value("1h", ratio, Some(0.0)).quiet("1h"),
                with(90).value("1h", ratio, Some(0.1)).firing("1h", slow),
            ];
            assert_cases(&rules, "30s", &cases);
        }
    }
}

#[test]
#[ignore = "needs promtool"]
fn windows_of_seconds_work_with_scrapes_each_second() {
    let by = 1.0 / 60.0;
    let site = site()
        .policy(Policy::standard().scaled(by))
        .window(Duration::from_secs(43_200));
    let second = Duration::from_secs(1);
    let rules = builder(&[site]).interval(second).scrape_interval(second);
    let rules = rules.build(name).unwrap();
    let case = Case::every("1s")
        .series(UP, "1x900")
        .series(super::source::VALID, "0+10x900")
        .series(super::source::GOOD, "0+10x120 1200x30 1210+10x700")
        .quiet("2m")
        .firing(
            "2m10s",
            [
                burns("site", FAST, "1m"),
                burns("site", FAST, "6m"),
                burns("site", SLOWLY, "24m"),
                burns("site", SLOWLY, "72m"),
            ],
        )
        // Without the fastest: five seconds, and two and a half.
        .firing(
            "2m42s",
            [
                burns("site", FAST, "6m"),
                burns("site", SLOWLY, "24m"),
                burns("site", SLOWLY, "72m"),
            ],
        );
    assert_cases(&rules, "1s", &[case]);
}
