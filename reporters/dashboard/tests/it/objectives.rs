//! Objectives and alarms on the overview.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::last_value;
use telemetry_slo::{Alarm, AlertState, BurnAlert, Objective, Policy, Severity, Slo};

use crate::program::{Program, find_card, notices};

const A_WHILE: Duration = Duration::from_secs(20);

/// It is judged by the last seconds, and goes on firing as long as a test looks at it.
fn site() -> Objective {
    let alert = |seconds: u64, hours: u64, factor| {
        let short = Duration::from_secs(seconds);
        BurnAlert {
            keep: Duration::from_secs(600),
            ..BurnAlert::new(
                short,
                Duration::from_secs(hours * 3_600),
                factor,
                Severity::Page,
            )
        }
    };
    Objective::availability("dash-site", ["dash_site.endpoint.stop"])
        .target(0.99)
        .policy(Policy::new([alert(3, 1, 14.4), alert(6, 6, 6.0)]))
}

/// A program with one objective and one alarm.
fn program() -> (Program, Arc<Slo>) {
    let mut metrics = site().metrics();
    metrics.extend(["depth", "capacity"].map(|key| {
        last_value(format!("dash_site.mailbox.{key}"))
            .tags(["name"])
            .unchecked()
    }));
    let kept = OnceLock::new();
    let program = Program::over(metrics, |aggregator, builder| {
        let full = Alarm::channel_depth("dash_site.mailbox.depth", "dash_site.mailbox.capacity");
        let slo = Slo::builder(aggregator)
            .objectives([site()])
            .alarms([full.hold(Duration::ZERO)])
            .interval(Duration::from_millis(10));
        let slo = Arc::new(slo.start().unwrap());
        kept.set(slo.clone()).unwrap();
        builder.slo(slo)
    });
    (program, kept.into_inner().unwrap())
}

fn answer(outcome: &'static str, times: u32) {
    for _ in 0..times {
        execute!("dash_site.endpoint.stop", {}, { outcome });
    }
}

/// The cells of the first row, as they are sent.
fn cells(page: &serde_json::Value, card: &str) -> String {
    let section = if card == "alarms" {
        "alarms"
    } else {
        "objectives"
    };
    let card = find_card(page, section, card);
    card["rows"][0]["cells"].to_string()
}

#[tokio::test]
async fn an_objective_is_shown_and_told_of_while_its_budget_burns() {
    let (program, slo) = program();
    let page = program.page("overview").await;
    assert!(cells(&page, "budgets").contains("no traffic"));

    answer("ok", 100);
    let seen = slo.wait_for(|report| report.objectives[0].valid == 100.0, A_WHILE);
    assert!(seen.is_some());
    let page = program.page("overview").await;
    let row = cells(&page, "budgets");
    assert!(row.contains("99 % good") && row.contains("100 %"), "{row}");
    assert!(row.contains("since start") && row.contains("of 30 d"));
    // What is longer than all that is known would say the same again.
    assert!(row.contains("3s: ") && !row.contains("6 h"), "{row}");
    assert!(row.contains("quiet"), "{row}");
    assert!(notices(&page, "error budget").is_empty());

    answer("error", 100);
    let burns = |report: &telemetry_slo::Report| {
        let mut alerts = report.objectives[0].alerts.iter();
        // Until the shortest window is all known, the rest of it is taken for good.
        let is_known = report.running >= Duration::from_secs(3);
        is_known && alerts.all(|alert| alert.state == AlertState::Firing)
    };
    assert!(slo.wait_for(burns, A_WHILE).is_some());
    let page = program.page("overview").await;
    let row = cells(&page, "budgets");
    assert!(row.contains("page for") && row.contains("50 %"), "{row}");
    let told = notices(&page, "error budget");
    assert_eq!(told.len(), 1, "one sentence, however many alerts");
    assert_eq!(told[0]["status"], "bad");
    assert_eq!(told[0]["href"], "metrics?group=Objectives");
    let text = told[0]["text"].as_str().unwrap();
    assert!(
        text.starts_with("The objective dash-site burns its error budget too fast: ")
            && text.contains(
                " within 3s and 50 times within 1h, where 14.4 is the limit. It has fired for"
            ),
        "{text}"
    );
}

#[tokio::test]
async fn of_too_many_the_most_urgent_are_shown_and_the_rest_is_counted() {
    let one = |n: usize| {
        let event = if n == 249 {
            "dash_many.last"
        } else {
            "dash_many.stop"
        };
        Objective::availability(format!("dash-many-{n}"), [event])
            .target(0.999_999)
            .policy(site().alerts().clone())
    };
    let objectives: Vec<_> = (0..250).map(one).collect();
    let kept = OnceLock::new();
    let metrics = objectives.iter().flat_map(Objective::metrics);
    let metrics: Vec<_> = metrics.map(telemetry_metrics::Metric::unchecked).collect();
    let program = Program::over(metrics, |aggregator, builder| {
        let slo = Slo::builder(aggregator).objectives(objectives);
        let slo = slo.interval(Duration::from_millis(50)).start();
        let slo = Arc::new(slo.unwrap());
        kept.set(slo.clone()).unwrap();
        builder.slo(slo)
    });
    execute!("dash_many.last", {}, { outcome: "error" });
    let slo = kept.into_inner().unwrap();
    let fires = |report: &telemetry_slo::Report| report.severity().is_some();
    assert!(slo.wait_for(fires, A_WHILE).is_some());
    let page = program.page("overview").await;
    let card = find_card(&page, "objectives", "budgets");
    assert_eq!(card["rows"].as_array().unwrap().len(), 200);
    let row = cells(&page, "budgets");
    assert!(
        row.contains("dash-many-249") && row.contains("99.9999 % good"),
        "{row}"
    );
    let hint = card["hint"].as_str().unwrap();
    assert!(
        hint.ends_with(" 50 more are not shown, none of which is more urgent."),
        "{hint}"
    );
}

#[tokio::test]
async fn an_alarm_says_what_is_full_and_where() {
    let (program, slo) = program();
    let fill = |depth: u64| {
        execute!("dash_site.mailbox", { depth: depth, capacity: 10 }, { name: "mail" });
        execute!("dash_site.mailbox", { depth: 1, capacity: 10 }, { name: "other" });
    };
    fill(9);
    let fires = |report: &telemetry_slo::Report| report.severity().is_some();
    assert!(slo.wait_for(fires, A_WHILE).is_some());
    let page = program.page("overview").await;
    let row = cells(&page, "alarms");
    assert!(
        row.contains("ChannelFull") && row.contains("dash_site.mailbox.depth, name=mail"),
        "{row}"
    );
    let told = notices(&page, "ChannelFull");
    assert_eq!(told[0]["status"], "warn", "a ticket");
    let text = told[0]["text"].as_str().unwrap();
    assert!(
        text.ends_with("The limit is 80 %. The worst is name=mail with 90 % now."),
        "{text}"
    );
}

#[tokio::test]
async fn without_objectives_there_is_no_such_section() {
    let program = Program::start([]);
    let page = program.page("overview").await;
    assert_eq!(
        find_card(&page, "objectives", "budgets"),
        serde_json::Value::Null
    );
}
