//! The same series, evaluated here and by Prometheus's own tool: the same alerts fire at the same time.

use std::fmt::Write as _;
use std::process::Command;

use super::*;
use crate::prometheus::Rules;
use crate::report::AlertState;

/// Between evaluations, and between samples.
const STEP: Duration = Duration::from_secs(30);

/// For so long, so much counts in each step, of which so much is bad.
const DAYS: [(Duration, u32, u32); 12] = [
    (Duration::from_secs(3 * 3_600), 100, 0),
    // An outage,
    (Duration::from_secs(600), 100, 100),
    (Duration::from_secs(3 * 3_600), 100, 0),
    // a tenth that fails,
    (Duration::from_secs(3_600), 100, 10),
    // nobody comes,
    (Duration::from_secs(2 * 3_600), 0, 0),
    (Duration::from_secs(2 * 3_600), 100, 0),
    // within the budget,
    (Duration::from_secs(2 * 3_600), 1_000, 1),
    // one in fifty,
    (Duration::from_secs(2 * 3_600), 1_000, 20),
    // an outage in the middle of which nobody comes any more,
    (Duration::from_secs(300), 1_000, 900),
    (Duration::from_secs(2 * 3_600), 0, 0),
    // much traffic, and then little of which half is bad.
    (Duration::from_secs(3 * 3_600), 5_000, 0),
    (Duration::from_secs(2 * 3_600), 10, 5),
];

/// When it was not so sure: moments of the windows differ, and long ones are sums of short ones there.
fn margin(long: Duration) -> Duration {
    long / 60 + 2 * STEP + if long > HOUR { 5 * MINUTE } else { MINUTE / 2 }
}

#[test]
#[ignore = "needs promtool"]
fn prometheus_fires_the_same_alerts_at_the_same_time() {
    let objective = objective(0.999);
    let mut drive = Drive::new(&objective);
    // A process that is not young any more: days without traffic are in no sum.
    drive.tick(3 * DAY, 0.0, 0.0);
    let began = drive.now;
    // Which alerts fire, at each step.
    let mut firing: Vec<Vec<bool>> = Vec::new();
    let mut series = [String::from("0"), String::from("0")];
    let mut look = |drive: &Drive| {
        let alerts = drive.report().alerts;
        let is_firing = alerts.iter().map(|one| one.state == AlertState::Firing);
        firing.push(is_firing.collect());
    };
    look(&drive);
    for (time, valid, bad) in DAYS {
        let begin = drive.tally;
        let steps = time.as_secs() / STEP.as_secs();
        for _ in 0..steps {
            drive.tick(STEP, valid.into(), bad.into());
            look(&drive);
        }
        let rises = [(begin.valid, valid), (begin.good, valid - bad)];
        for (text, (begin, rise)) in series.iter_mut().zip(rises) {
            let _ = write!(text, " {}+{rise}x{}", begin + f64::from(rise), steps - 1);
        }
    }
    let told: Vec<_> = drive
        .told
        .iter()
        .map(|(at, what)| ((*at - began).as_secs(), &**what))
        .collect();
    assert!(told.len() >= 12, "too little happens: {told:?}");

    let policy = objective.alerts().alerts();
    let mut tests = String::new();
    for (at, alert) in policy.iter().enumerate() {
        let margin = (margin(alert.long).as_secs() / STEP.as_secs()) as usize;
        let mut sure = 0;
        for step in (0..firing.len()).step_by(4) {
            let is = firing[step][at];
            let near = step.saturating_sub(margin)..(step + margin + 1).min(firing.len());
            if firing[near].iter().any(|then| then[at] != is) {
                continue;
            }
            sure += usize::from(is);
            let long = span_text(alert.long);
            let seconds = step as u64 * STEP.as_secs();
            let alerts = format!("ALERTS{{alertstate=\"firing\", slo=\"site\", long=\"{long}\"}}");
            let _ = write!(
                tests,
                "  - expr: 'count({alerts}) or vector(0)'\n    eval_time: {seconds}s\n    \
                 exp_samples: [{{labels: '{{}}', value: {}}}]\n",
                u8::from(is)
            );
        }
        assert!(sure > 5, "{alert:?} fires for too short a time");
    }
    let rules = Rules::builder(&[objective])
        .interval(STEP)
        .scrape_interval(STEP)
        .build(|name| Some(format!("{}_total", name.replace('.', "_"))))
        .unwrap();
    let cases = format!(
        "rule_files: [rules.yml]\nevaluation_interval: 30s\ntests:\n- interval: 30s\n  \
         input_series:\n  - {{series: 'slo_site_valid_total', values: '{}'}}\n  - {{series: \
         'slo_site_good_total', values: '{}'}}\n  promql_expr_test:\n{tests}",
        series[0], series[1]
    );
    let folder = std::env::temp_dir().join(format!("slo-agreement-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("rules.yml"), rules.to_yaml()).unwrap();
    std::fs::write(folder.join("tests.yml"), cases).unwrap();
    let output = Command::new("promtool")
        .args(["test", "rules", "tests.yml"])
        .current_dir(&folder)
        .output()
        .unwrap_or_else(|error| panic!("promtool is not on the PATH (run .ci/setup): {error}"));
    let _ = std::fs::remove_dir_all(&folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let first: Vec<&str> = said.lines().take(40).collect();
    assert!(output.status.success(), "{told:?}\n{}", first.join("\n"));
}
