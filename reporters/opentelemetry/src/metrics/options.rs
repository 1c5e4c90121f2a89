//! What definitions say by their options.

use telemetry_metrics::{Definition, KNOWN_OPTIONS, Kind};

use super::settings::Histograms;
use crate::problem::Problem;

/// The name for OpenTelemetry.
const NAME: &str = "otel_name";
/// Attributes that all series have, `key=value` with commas between.
const ATTRIBUTES: &str = "otel_attributes";
/// What a distribution is told as.
const HISTOGRAM: &str = "otel_histogram";

/// What one definition says.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) name: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) histogram: Option<Histograms>,
}

impl Options {
    pub(super) fn of(definition: &Definition, problems: &mut Vec<Problem>) -> Self {
        let mut options = Self::default();
        for (key, value) in definition.options() {
            let taken = match key.as_str() {
                NAME => {
                    options.name = Some(value.clone());
                    Ok(())
                }
                ATTRIBUTES => pairs(definition, value).map(|pairs| options.attributes = pairs),
                HISTOGRAM => histogram(definition.kind(), value)
                    .map(|histogram| options.histogram = Some(histogram)),
                known if KNOWN_OPTIONS.contains(&known) => Ok(()),
                unknown => Err(format!(
                    "no reporter knows the option `{unknown}`; there are: {}",
                    KNOWN_OPTIONS.join(", ")
                )),
            };
            if let Err(why) = taken {
                problems.push(problem(definition, why));
            }
        }
        options
    }
}

pub(super) fn problem(definition: &Definition, why: impl Into<String>) -> Problem {
    Problem::Metric {
        metric: definition.name().to_owned(),
        why: why.into(),
    }
}

fn pairs(definition: &Definition, text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for pair in text.split(',') {
        let pair = pair.split_once('=');
        let pair = pair.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
        let Some((key, value)) = pair.filter(|(key, _)| !key.is_empty()) else {
            return Err(format!(
                "the option `{ATTRIBUTES}` is not of the form `key=value,key=value`"
            ));
        };
        let is_taken = definition.tags().contains(&key) || pairs.iter().any(|(one, _)| *one == key);
        if is_taken {
            return Err(format!(
                "the option `{ATTRIBUTES}` has `{key}`, which there is already"
            ));
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn histogram(kind: Kind, text: &str) -> Result<Histograms, String> {
    match (kind, text) {
        (Kind::Distribution, "explicit") => Ok(Histograms::Explicit),
        (Kind::Distribution, "exponential") => Ok(Histograms::Exponential),
        (Kind::Distribution, _) => Err(format!(
            "the option `{HISTOGRAM}` is `explicit` or `exponential`, not `{text}`"
        )),
        _ => Err(format!(
            "the option `{HISTOGRAM}` is for distributions, not for a {kind}"
        )),
    }
}
