use std::time::Duration;

use crate::alarm::{Alarm, Reading};
use crate::objective::Objective;
use crate::policy::{BurnAlert, Policy, Severity};
use crate::prometheus::{Look, Rules, RulesProblem};

const SECOND: Duration = Duration::from_secs(1);

fn site() -> Objective {
    Objective::availability("site", ["rules_test.stop"])
}

fn named(definition: &str) -> Option<String> {
    Some(definition.replace('.', "_"))
}

#[test]
fn names_that_nobody_knows_are_all_told() {
    let quick = Objective::latency("quick", ["rules_test.stop"], SECOND);
    let rules = Rules::builder(&[site(), quick])
        .alarms(&[Alarm::channel_depth("a.depth", "a.capacity")])
        .build(|definition| named(definition).filter(|name| name == "slo_site_valid"));
    let unknown = |of: &str, definition: &str| RulesProblem::Unknown {
        of: of.to_owned(),
        definition: definition.to_owned(),
    };
    let error = rules.unwrap_err();
    let expected = [
        unknown("site", "slo.site.good"),
        unknown("quick", "slo.quick.duration"),
        unknown("ChannelFull", "a.depth"),
        unknown("ChannelFull", "a.capacity"),
    ];
    assert_eq!(error.problems(), expected);
    let told = error.to_string();
    assert!(told.contains("`slo.quick.duration`"), "{told}");
}

#[test]
fn a_window_needs_four_scrapes() {
    let five = BurnAlert::new(5 * SECOND, 60 * SECOND, 2.0, Severity::Page);
    let site = || site().policy(Policy::new([five]));
    let with = |scrapes| {
        let builder = Rules::builder(&[site()]).scrape_interval(scrapes);
        builder.build(named).map_err(|error| error.to_string())
    };
    assert!(with(Duration::from_millis(1_250)).is_ok());
    let told = with(Duration::from_millis(1_251)).unwrap_err();
    assert!(
        told.contains("a window of 5s: make it at least 5004ms"),
        "{told}"
    );
    // What says that data is missing looks at a window of its own.
    let builder = Rules::builder(&[site()]).scrape_interval(SECOND);
    let soon = builder.no_data_after(7 * SECOND).build(named);
    assert!(soon.unwrap_err().to_string().contains("at least 4s"));
    let within = Duration::from_secs(59);
    let definitions = vec!["a.b".to_owned()];
    let alarm = Alarm::new(
        "Mine",
        Reading::Rise {
            definitions,
            within,
        },
        1.0,
    );
    let rises = Rules::builder(&[]).alarms(&[alarm]).build(named);
    assert!(rises.unwrap_err().to_string().contains("at least 1m"));
}

#[test]
fn rules_are_evaluated_often_enough() {
    let text = |builder: crate::prometheus::RulesBuilder| builder.build(named).unwrap().to_yaml();
    let usual = || Rules::builder(&[site()]);
    assert!(text(usual()).contains("interval: 30s"));
    assert!(text(usual().interval(SECOND)).contains("interval: 1s"));
    let five = BurnAlert::new(5 * SECOND, 60 * SECOND, 2.0, Severity::Page);
    let short = site().policy(Policy::new([five]));
    let short = || Rules::builder(std::slice::from_ref(&short)).scrape_interval(SECOND);
    assert!(text(short()).contains("interval: 1s"));
    for interval in [6 * SECOND, Duration::ZERO] {
        let error = short().interval(interval).build(named).unwrap_err();
        assert!(
            matches!(error.problems(), [RulesProblem::Interval { .. }]),
            "{error}"
        );
    }
}

#[test]
fn labels_that_cannot_be_are_refused() {
    let builder = Rules::builder(&[site().label("region", "x")]);
    let error = builder
        .selector([("jo b", "x")])
        .targets([("__x", "y")])
        .by(["region", "slo"])
        .alarms(&[Alarm::panics("a.b").label("definition", "x")])
        .build(named)
        .unwrap_err();
    let told = error.to_string();
    for part in [
        "`jo b`",
        "`__x`",
        "by: the label `slo`",
        "site: the label `region`",
        "`definition`",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(error.problems().len(), 5, "{told}");
}

#[test]
fn what_is_wrong_with_an_objective_is_told() {
    let builder = Rules::builder(&[site().target(1.0), site()]);
    let error = builder.build(named).unwrap_err();
    let given = |problem: &&RulesProblem| matches!(problem, RulesProblem::Given(_));
    assert!(
        error.problems().iter().filter(given).count() >= 2,
        "{error}"
    );
}

#[test]
fn long_windows_are_added_up_from_short_ones_unless_told_otherwise() {
    let text = |builder: crate::prometheus::RulesBuilder| builder.build(named).unwrap().to_yaml();
    let usual = text(Rules::builder(&[site()]));
    assert!(usual.contains("rate(slo_site_valid[1h])"));
    assert!(!usual.contains("rate(slo_site_valid[2h])"));
    assert!(usual.contains("sum_over_time(slo:valid:rate5m{slo=\"site\"}[2h])"));
    let all = text(Rules::builder(&[site()]).counters_up_to(Duration::from_secs(30 * 86_400)));
    assert!(all.contains("rate(slo_site_valid[30d])"));
    assert!(!all.contains("sum_over_time"));
}

#[test]
fn runbooks_have_the_alerts_names() {
    let alarms = [Alarm::open_files("a.open", "a.limit")];
    let rules = Rules::builder(&[site()])
        .alarms(&alarms)
        .runbooks("https://x.org/r/");
    let rules = rules.build(named).unwrap();
    let names = [
        "InstanceDown",
        "OpenFilesHigh",
        "SloBurnsFast",
        "SloBurnsSlowly",
        "SloNoData",
    ];
    assert_eq!(rules.alert_names(), names);
    let text = rules.to_yaml();
    for page in [
        "instance-down",
        "open-files-high",
        "slo-burns-fast",
        "slo-no-data",
    ] {
        let url = format!("runbook_url: \"https://x.org/r/{page}.md\"");
        assert!(text.contains(&url), "{page}");
    }
}

#[test]
fn a_dashboard_has_a_row_for_each_objective_and_one_for_alarms() {
    let quick = Objective::latency("quick", ["rules_test.stop"], SECOND);
    let alarms = [Alarm::memory("a.memory", 100), Alarm::panics("a.panics")];
    let rules = Rules::builder(&[site(), quick])
        .alarms(&alarms)
        .by(["region"]);
    let rows = rules.build(named).unwrap().panels();
    let titles: Vec<&str> = rows.iter().map(|row| row.title.as_str()).collect();
    assert_eq!(titles, ["Objective site", "Objective quick", "Saturation"]);
    let rates = rows[0]
        .panels
        .iter()
        .find(|panel| panel.title == "Burn rate");
    let rates = rates.expect("burn rates");
    assert_eq!(rates.look, Look::TimeSeries);
    // One for each window of the policy.
    assert_eq!(rates.queries.len(), 7);
    assert_eq!(
        rates.queries[0],
        (
            "slo:burn_rate:rate5m{slo=\"site\"}".to_owned(),
            "5m {{region}}".to_owned()
        )
    );
    assert_eq!(rows[2].panels.len(), 2);
    for panel in rows.iter().flat_map(|row| &row.panels) {
        let levels: Vec<f64> = panel.thresholds.iter().map(|(from, _)| *from).collect();
        assert!(
            levels.is_sorted() && levels[0] == f64::NEG_INFINITY,
            "{panel:?}"
        );
        assert!(!panel.description.is_empty(), "{panel:?}");
    }
}

#[test]
fn pairs_of_windows_of_one_severity_are_one_incident() {
    let text = Rules::builder(&[site()]).build(named).unwrap();
    let text = text.alertmanager().page("http://127.0.0.1:9/").to_yaml();
    for part in [
        "'long=~\"1h\"'\n    target_matchers:\n      - 'alertname=\"SloBurnsFast\"'\n      - 'long=\"6h\"'",
        "'long=~\"1d\"'\n    target_matchers:\n      - 'alertname=\"SloBurnsSlowly\"'\n      - 'long=\"3d\"'",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(text.contains("group_wait: 15s") && text.contains("repeat_interval: 4h"));
}

#[test]
fn what_servers_add_to_their_alerts_keeps_incidents_apart() {
    let rules = Rules::builder(&[site().label("team", "web")]).build(named);
    let text = rules.unwrap().alertmanager();
    let text = text
        .apart_by(["env", "team", "not a label", "env"])
        .to_yaml();
    let list = |indent: &str, labels: &[&str]| {
        let lines = labels.iter().map(|label| format!("{indent}- {label}\n"));
        lines.collect::<String>()
    };
    let all = ["alertname", "slo", "job", "severity", "team", "env"];
    let no_data = ["alertname", "job", "severity", "team", "env"];
    for part in [
        format!("  group_by:\n{}  group_wait", list("    ", &all)),
        // Data that are missing are one message, whichever the objective.
        format!(
            "- 'alertname=\"SloNoData\"'\n          group_by:\n{}inhibit",
            list("            ", &no_data)
        ),
        format!("equal:\n{}", list("      ", &["slo", "team", "env"])),
        format!("equal:\n{}", list("      ", &["job", "env"])),
    ] {
        assert!(text.contains(&part), "{part}\n{text}");
    }
    assert!(!text.contains("not a label"), "{text}");
}
