//! Cases for `promtool test rules`: series, and what fires when.

use std::fmt::Write as _;

use telemetry_slo::prometheus::Rules;

use super::Files;

/// Series, and what is expected of the rules over them.
pub(super) struct Case {
    /// Of the series.
    interval: &'static str,
    series: Vec<(String, String)>,
    firing: Vec<(&'static str, Vec<String>)>,
    values: Vec<(&'static str, String, Option<f64>)>,
    words: Vec<(&'static str, &'static str, String)>,
}

impl Case {
    /// Series with a sample every so often.
    pub(super) fn every(interval: &'static str) -> Self {
        Self {
            interval,
            series: Vec::new(),
            firing: Vec::new(),
            values: Vec::new(),
            words: Vec::new(),
        }
    }

    /// A series in the tool's notation: `0+10x5 _x3 7`.
    pub(super) fn series(mut self, series: impl Into<String>, values: impl Into<String>) -> Self {
        self.series.push((series.into(), values.into()));
        self
    }

    /// These alerts fire at a time, and no others.
    pub(super) fn firing<A: Into<String>>(
        mut self,
        at: &'static str,
        alerts: impl IntoIterator<Item = A>,
    ) -> Self {
        let alerts = alerts.into_iter().map(Into::into).collect();
        self.firing.push((at, alerts));
        self
    }

    /// Nothing fires at a time.
    pub(super) fn quiet(self, at: &'static str) -> Self {
        self.firing(at, [""; 0])
    }

    /// An expression has one value without labels at a time, or none.
    pub(super) fn value(
        mut self,
        at: &'static str,
        expr: impl Into<String>,
        value: Option<f64>,
    ) -> Self {
        self.values.push((at, expr.into(), value));
        self
    }

    /// One alert fires, with these labels and annotations, as YAML.
    pub(super) fn words(
        mut self,
        at: &'static str,
        alert: &'static str,
        yaml: impl Into<String>,
    ) -> Self {
        self.words.push((at, alert, yaml.into()));
        self
    }

    fn write(&self, out: &mut String) {
        let _ = writeln!(out, "- interval: {}\n  input_series:", self.interval);
        for (series, values) in &self.series {
            let _ = writeln!(out, "  - {{series: {series:?}, values: {values:?}}}");
        }
        if self.series.is_empty() {
            out.push_str("  - {series: nobody, values: 1}\n");
        }
        if !self.words.is_empty() {
            out.push_str("  alert_rule_test:\n");
        }
        for (at, alert, yaml) in &self.words {
            let _ = writeln!(
                out,
                "  - eval_time: {at}\n    alertname: {alert}\n    exp_alerts:"
            );
            for line in yaml.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
        out.push_str("  promql_expr_test:\n");
        let fires =
            "count by (alertname, slo, long, definition) (ALERTS{alertstate=\"firing\"}) > bool 0";
        for (at, alerts) in &self.firing {
            let _ = writeln!(
                out,
                "  - expr: {fires:?}\n    eval_time: {at}\n    exp_samples:"
            );
            let samples = alerts.iter().map(|alert| (format!("{{{alert}}}"), 1.0));
            write_samples(out, samples);
        }
        for (at, expr, value) in &self.values {
            let _ = writeln!(
                out,
                "  - expr: {expr:?}\n    eval_time: {at}\n    exp_samples:"
            );
            write_samples(out, value.iter().map(|value| ("{}".to_owned(), *value)));
        }
    }
}

fn write_samples(out: &mut String, samples: impl Iterator<Item = (String, f64)>) {
    for (labels, value) in samples {
        let _ = writeln!(out, "    - {{labels: {labels:?}, value: {value}}}");
    }
}

/// An alert about how fast a budget burns, in the words of [`Case::firing`].
pub(super) fn burns(slo: &str, alert: &str, long: &str) -> String {
    format!("alertname=\"{alert}\", slo=\"{slo}\", long=\"{long}\"")
}

/// An alert of an objective that is not about how fast it burns.
pub(super) fn of_slo(slo: &str, alert: &str) -> String {
    format!("alertname=\"{alert}\", slo=\"{slo}\"")
}

/// Runs the cases, with rules evaluated every so often.
pub(super) fn assert_cases(rules: &Rules, evaluation: &str, cases: &[Case]) {
    let (passed, said) = run_cases(rules, evaluation, cases);
    assert!(passed, "{said}\n{}", rules.to_yaml());
}

/// What the tool says of the cases, and whether it is content.
pub(super) fn run_cases(rules: &Rules, evaluation: &str, cases: &[Case]) -> (bool, String) {
    let mut tests = format!("rule_files: [rules.yml]\nevaluation_interval: {evaluation}\ntests:\n");
    for case in cases {
        case.write(&mut tests);
    }
    let files = Files::new(&[("rules.yml", &rules.to_yaml()), ("tests.yml", &tests)]);
    files.run("promtool", &["test", "rules", "tests.yml"])
}
