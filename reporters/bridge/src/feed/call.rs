//! Calls of the recorder: code of others, so each is isolated.

use metrics::{Key, KeyName, Level, Metadata, Recorder, SharedString};
use telemetry_metrics::{Definition, Kind};

use super::target::Plan;
use crate::isolate::isolated;

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// What one series is to the recorder.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Counter(u64),
    Gauge(f64),
    Histogram(f64, u64),
}

impl Call {
    /// Makes it; `false` if it panicked.
    pub(super) fn make(self, recorder: &impl Recorder, key: &Key) -> bool {
        let done = isolated(|| match self {
            Self::Counter(count) => recorder.register_counter(key, &METADATA).increment(count),
            Self::Gauge(value) => recorder.register_gauge(key, &METADATA).set(value),
            Self::Histogram(value, count) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                recorder
                    .register_histogram(key, &METADATA)
                    .record_many(value, count);
            }
        });
        done.is_some()
    }
}

/// Lets the recorder know of a series of which nothing was counted, where zero is an answer.
pub(super) fn register(recorder: &impl Recorder, definition: &Definition, key: &Key) {
    isolated(|| match definition.kind() {
        Kind::Counter => drop(recorder.register_counter(key, &METADATA)),
        Kind::Sum if !definition.is_up_down() => {
            drop(recorder.register_counter(key, &METADATA));
        }
        Kind::Distribution => drop(recorder.register_histogram(key, &METADATA)),
        _ => {}
    });
}

/// Tells the recorder what a definition means.
pub(super) fn describe(recorder: &impl Recorder, definition: &Definition, plan: &Plan) {
    let text = match definition.description() {
        Some(text) => text.to_owned(),
        None if definition.events().is_empty() => {
            format!("{} recorded through `metrics`", definition.kind())
        }
        None => {
            let of = definition.measurement().unwrap_or("a computed number");
            let events = definition.events().join(", ");
            format!("{} of {of} in {events}", definition.kind())
        }
    };
    let (name, unit) = (KeyName::from(plan.name.clone()), plan.described);
    let text = SharedString::from(text);
    isolated(|| match definition.kind() {
        Kind::Counter => recorder.describe_counter(name, unit, text),
        Kind::Sum if !definition.is_up_down() => recorder.describe_counter(name, unit, text),
        Kind::Sum | Kind::LastValue => recorder.describe_gauge(name, unit, text),
        _ => recorder.describe_histogram(name, unit, text),
    });
}
