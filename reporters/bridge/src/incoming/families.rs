//! [`Families`]: what is known of the metrics of others, by the names that they gave them.
//!
//! Everything here happens under one lock, when a series is met for the first time. All of it is
//! bounded: names and labels may come from outside as often as not.

use std::collections::HashMap;

use metrics::{Key, KeyName, SharedString};
use telemetry_metrics::{
    Aggregator, Kind, Late, LateMetric, LateSeries, Metric, Unit, counter, distribution,
    last_value, sum, summary,
};

use super::fold;
use crate::notice;

/// How many labels of one metric are told apart.
const MAX_LABELS: usize = 32;

/// The longest name that is looked at, and the longest description that is kept.
const MAX_TEXT: usize = 1_024;

/// The three kinds of the macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Theirs {
    Counter,
    Gauge,
    Histogram,
}

impl Theirs {
    fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What the user of the recorder has chosen.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    pub(super) prefix: String,
    pub(super) max_metrics: usize,
    pub(super) max_series: usize,
    /// Of histograms of these names, or that begin like this.
    pub(super) buckets: Vec<(String, Vec<f64>)>,
}

impl Choices {
    fn buckets_of(&self, name: &str) -> Option<&[f64]> {
        let matches = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        let found = self.buckets.iter().find(|(pattern, _)| matches(pattern));
        found.map(|(_, bounds)| &bounds[..])
    }
}

#[derive(Debug, Clone)]
struct Description {
    unit: Option<metrics::Unit>,
    text: String,
}

struct Family {
    metric: LateMetric,
    scale: u64,
    is_sum: bool,
    labels: Vec<String>,
}

/// A series, and what a handle of it needs to know.
pub(super) struct Found {
    pub(super) series: LateSeries,
    pub(super) scale: u64,
    pub(super) is_sum: bool,
}

pub(super) struct Families {
    late: Late,
    choices: Choices,
    constant_tags: Vec<(String, String)>,
    descriptions: HashMap<(Theirs, String), Description>,
    /// None is one that the aggregator refused.
    families: HashMap<(Theirs, String), Option<Family>>,
    is_full: bool,
}

impl Families {
    pub(super) fn new(aggregator: &Aggregator, choices: Choices) -> Self {
        Self {
            late: aggregator.late(),
            choices,
            constant_tags: aggregator.constant_tags().to_vec(),
            descriptions: HashMap::new(),
            families: HashMap::new(),
            is_full: false,
        }
    }

    /// A description holds for what is met later. Of what was met already only the text can be kept:
    /// its numbers are stored in the unit that it had.
    pub(super) fn describe(
        &mut self,
        kind: Theirs,
        name: &KeyName,
        unit: Option<metrics::Unit>,
        text: &SharedString,
    ) {
        if name.as_str().len() > MAX_TEXT {
            return;
        }
        let mut end = text.len().min(MAX_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = text[..end].to_owned();
        let key = (kind, name.as_str().to_owned());
        if let Some(Some(family)) = self.families.get(&key) {
            family.metric.describe(&text);
        } else if self.descriptions.len() < self.choices.max_metrics
            || self.descriptions.contains_key(&key)
        {
            self.descriptions.insert(key, Description { unit, text });
        }
    }

    /// The series of a key, or `None` if it has no place.
    pub(super) fn find(&mut self, kind: Theirs, key: &Key) -> Option<Found> {
        if key.name().len() > MAX_TEXT {
            return None;
        }
        let known = (kind, key.name().to_owned());
        if !self.families.contains_key(&known) {
            if self.families.len() >= self.choices.max_metrics {
                self.tell_full(key.name());
                return None;
            }
            let description = self.descriptions.remove(&known);
            let family = self.add(kind, key.name(), description.as_ref());
            self.families.insert(known.clone(), family);
        }
        let constant_tags = &self.constant_tags;
        let family = self.families.get_mut(&known)?.as_mut()?;
        let mut tags: Vec<(String, &str)> = Vec::new();
        for label in key.labels() {
            let Some(tag) = fold::key(label.key(), constant_tags) else {
                continue;
            };
            let same = |(known, _): &&(String, &str)| fold::is_same(known, &tag);
            if tags.iter().any(|one| same(&one)) || label.value().is_empty() {
                continue;
            }
            // Two keys that reporters cannot tell apart are one, in whichever series they are.
            let known = family.labels.iter().find(|one| fold::is_same(one, &tag));
            let tag = match known {
                Some(known) => known.clone(),
                None if family.labels.len() < MAX_LABELS => {
                    family.labels.push(tag.clone().into_owned());
                    if family.labels.len() == MAX_LABELS {
                        notice::line(format_args!(
                            "`{}` has {MAX_LABELS} labels; more are left out",
                            known_name(key)
                        ));
                    }
                    tag.into_owned()
                }
                None => continue,
            };
            tags.push((tag, label.value()));
        }
        let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (&**key, *value)).collect();
        Some(Found {
            series: family.metric.series(&tags),
            scale: family.scale,
            is_sum: family.is_sum,
        })
    }

    /// Adds a metric; where its name is taken, once more under a name with its kind.
    fn add(&self, kind: Theirs, text: &str, description: Option<&Description>) -> Option<Family> {
        let name = fold::name(&self.choices.prefix, text)?;
        let (unit, scale) = match description.and_then(|it| it.unit) {
            Some(unit) => ours(unit),
            None => (Unit::One, 1),
        };
        let is_sum = kind == Theirs::Counter && unit != Unit::One;
        let bounds = self.choices.buckets_of(text);
        let make = |name: &str| -> Metric {
            let metric = match kind {
                // Counters of ours count events, and have no unit.
                Theirs::Counter if is_sum => sum(name).option("report_as", "counter"),
                Theirs::Counter => counter(name),
                Theirs::Gauge => last_value(name),
                Theirs::Histogram => match bounds {
                    Some(bounds) => distribution(name).buckets(bounds.to_vec()),
                    None => summary(name),
                },
            };
            let metric = metric.max_series(self.choices.max_series);
            let metric = match description {
                Some(it) if !it.text.is_empty() => metric.description(it.text.clone()),
                _ => metric,
            };
            // Said even where there is none: what is called `duration` is no time without a unit.
            if metric.kind() == Kind::Counter {
                metric
            } else {
                metric.unit((unit, unit))
            }
        };
        let metric = self.late.add(make(&name)).or_else(|_| {
            let name = format!("{name}.{}", kind.as_str());
            self.late.add(make(&name))
        });
        match metric {
            Ok(metric) => Some(Family {
                metric,
                scale,
                is_sum,
                labels: Vec::new(),
            }),
            Err(error) => {
                notice::line(format_args!(
                    "the {} `{}` is left out, and its numbers are counted as dropped: {error}",
                    kind.as_str(),
                    text.escape_debug()
                ));
                None
            }
        }
    }

    fn tell_full(&mut self, name: &str) {
        if !std::mem::replace(&mut self.is_full, true) {
            notice::line(format_args!(
                "there are {} metrics; `{}` and all that come later are left out, and counted as \
                 dropped",
                self.choices.max_metrics,
                name.escape_debug()
            ));
        }
    }
}

fn known_name(key: &Key) -> impl std::fmt::Display + '_ {
    key.name().escape_debug()
}

/// Our unit, and how many of it theirs is.
fn ours(unit: metrics::Unit) -> (Unit, u64) {
    use metrics::Unit as Theirs;
    match unit {
        Theirs::Count => (Unit::One, 1),
        Theirs::Seconds => (Unit::Second, 1),
        Theirs::Milliseconds => (Unit::Millisecond, 1),
        Theirs::Microseconds => (Unit::Microsecond, 1),
        Theirs::Nanoseconds => (Unit::Nanosecond, 1),
        Theirs::Tebibytes => (Unit::Gibibyte, 1_024),
        Theirs::Gibibytes => (Unit::Gibibyte, 1),
        Theirs::Mebibytes => (Unit::Mebibyte, 1),
        Theirs::Kibibytes => (Unit::Kibibyte, 1),
        Theirs::Bytes => (Unit::Byte, 1),
        rate => (Unit::Other(rate.as_str()), 1),
    }
}
