//! What several tests need.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use telemetry::{AttachGuard, Event, attach_many};
use telemetry_metrics::Aggregator;
use telemetry_slo::{BurnAlert, Objective, Policy, Report, Severity, Slo, SloError};

/// For what comes soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Between evaluations.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// An aggregator with the definitions of an objective.
pub(crate) fn aggregator(objective: &Objective) -> Aggregator {
    Aggregator::builder()
        .metrics(objective.metrics())
        .start()
        .unwrap()
}

/// Evaluates one objective every few milliseconds.
pub(crate) fn start(aggregator: &Aggregator, objective: Objective) -> Result<Slo, SloError> {
    Slo::builder(aggregator)
        .objectives([objective])
        .interval(TICK)
        .start()
}

/// Waits until so much was counted.
#[track_caller]
pub(crate) fn counted(slo: &Slo, valid: f64) -> Report {
    let is_there = |report: &Report| report.objectives[0].valid >= valid;
    slo.wait_for(is_there, SOON)
        .unwrap_or_else(|| panic!("{:?}", slo.report()))
}

/// Fires at a tenth of errors, over a second.
pub(crate) fn short_policy() -> Policy {
    let (short, long) = (Duration::from_millis(200), Duration::from_secs(1));
    Policy::new([BurnAlert::new(short, long, 10.0, Severity::Page)])
}

/// Texts of events of this crate that are about one objective or alarm.
pub(crate) struct Told {
    texts: Arc<Mutex<Vec<String>>>,
    _guard: AttachGuard,
}

impl Told {
    pub(crate) fn about(name: &'static str) -> Self {
        let texts: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = texts.clone();
        let events = [
            "telemetry.slo.firing",
            "telemetry.slo.resolved",
            "telemetry.alarm.firing",
            "telemetry.alarm.resolved",
        ];
        let handle = move |event: &Event<'_>| {
            if event.metadata_is("slo", name) || event.metadata_is("alarm", name) {
                kept.lock().unwrap().push(text(event));
            }
        };
        let guard = attach_many(format!("told-{name}"), events, handle)
            .unwrap()
            .guard();
        Self {
            texts,
            _guard: guard,
        }
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap().clone()
    }
}

fn text(event: &Event<'_>) -> String {
    let mut text = event.name().to_owned();
    for (key, _) in event.measurements() {
        text.push_str(&format!(" {key}"));
    }
    for (key, value) in event.all_metadata() {
        text.push_str(&format!(" {key}={value}"));
    }
    text
}
