//! Rules about objectives and alarms: what fires.

use std::time::Duration;

use telemetry_slo::Severity;

use super::notice::{Notice, Report};
use crate::card::Status;
use crate::moment::Moment;
use crate::sections::objectives::{burns_too_fast, dimension, is_too_high, stands_still};

pub(super) fn check(moment: &Moment<'_>, report: &mut Report) {
    let Some(slo) = &moment.sources.slo else {
        return;
    };
    let state = slo.report();
    let status = |severity: Option<Severity>| match severity {
        Some(Severity::Page) => Status::Bad,
        _ => Status::Warn,
    };
    for one in &state.objectives {
        let key = format!("objective {}", one.name);
        let text = burns_too_fast(one);
        let found = text.map(|text| Notice::new(key, status(one.severity()), text));
        report.check(found.map(|notice| notice.link("metrics?group=Objectives")));
    }
    for (at, alarm) in state.alarms.iter().enumerate() {
        let key = format!("alarm {at} {}", alarm.name);
        let text = is_too_high(alarm, dimension(moment.sources, &alarm.reading));
        report.check(text.map(|text| Notice::new(key, status(Some(alarm.severity)), text)));
    }
    // A clock that was set back makes it look new.
    let age: Duration = moment.now.duration_since(state.at).unwrap_or_default();
    let still = stands_still(age, slo.interval());
    report.check(still.map(|text| Notice::new("objectives", Status::Bad, text)));
}
