//! [`Family`]: everything about a definition that is the same in every scrape, made once.

use std::sync::Arc;

use telemetry_metrics::{Definition, Kind, Unit};

use crate::encode::escape::escape;
use crate::face::Face;
use crate::format::Format;
use crate::name::{self, sanitise};

/// The setting that shows a sum as something else.
pub(crate) const TYPE_OPTION: &str = "prometheus_type";

/// The types of families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Counter,
    Gauge,
    Histogram,
    Summary,
}

impl Type {
    pub(crate) fn of(definition: &Definition) -> Self {
        match definition.kind() {
            Kind::Counter => Self::Counter,
            Kind::Sum if definition.is_up_down() => Self::Gauge,
            Kind::Sum => match option(definition, TYPE_OPTION) {
                Some("gauge") => Self::Gauge,
                _ => Self::Counter,
            },
            Kind::Distribution => Self::Histogram,
            Kind::Summary => Self::Summary,
            _ => Self::Gauge,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }

    /// The name of the OpenMetrics sample that says since when a series has been counted.
    fn created(self, name: &str) -> Option<String> {
        let family = match self {
            Self::Counter => name::without_total(name)?,
            Self::Gauge => return None,
            Self::Histogram | Self::Summary => name,
        };
        Some(format!("{family}_created"))
    }

    /// What follows the family's name in the names of its samples.
    pub(crate) fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Counter | Self::Gauge => &[""],
            // No sample is called as the family, but nothing else may be, either.
            Self::Histogram => &["", "_bucket", "_sum", "_count"],
            Self::Summary => &["", "_sum", "_count"],
        }
    }
}

/// The last value given for a setting.
pub(crate) fn option<'d>(definition: &'d Definition, key: &str) -> Option<&'d str> {
    let mut given = definition.options().iter().rev();
    given
        .find(|(known, _)| known == key)
        .map(|(_, value)| value.as_str())
}

/// A definition as it is rendered.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) definition: Arc<Definition>,
    pub(crate) kind: Type,
    /// The name of its samples, but for endings: the same in both formats.
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) text: Face,
    pub(crate) open: Face,
    pub(crate) labels: Vec<Label>,
    pub(crate) starts: Starts,
    /// Whether a series is left out in which nothing was counted yet.
    pub(crate) hides_untouched: bool,
    /// Whether a bucket is for numbers below zero.
    pub(crate) has_negative_bounds: bool,
}

/// What stands before a tag's value.
#[derive(Debug)]
pub(crate) struct Label {
    /// If it is the first: `route="`.
    pub(crate) first: String,
    /// If there is one before it, which this ends: `",route="`.
    pub(crate) next: String,
}

/// How lines begin: a sample's name, and the constant labels with a comma after each.
#[derive(Debug)]
pub(crate) struct Starts {
    pub(crate) plain: String,
    pub(crate) bucket: String,
    pub(crate) sum: String,
    pub(crate) count: String,
    /// Where OpenMetrics may say since when a series was counted.
    pub(crate) created: Option<String>,
}

impl Family {
    pub(crate) fn new(definition: &Arc<Definition>, verbatim: bool, constant: &str) -> Self {
        let kind = Type::of(definition);
        let unit = name::unit(definition, verbatim);
        let name = if verbatim {
            sanitise(definition.name())
        } else {
            name::family(definition, kind, unit)
        };
        let face = |format| Face::new(format, definition, kind, &name, unit);
        Self {
            text: face(Format::Text),
            open: face(Format::OpenMetrics),
            labels: definition
                .tags()
                .iter()
                .map(|tag| Label::new(tag))
                .collect(),
            starts: Starts::new(kind, &name, constant),
            definition: definition.clone(),
            kind,
            unit,
            // With names as they stand, the original's ways are kept, too.
            hides_untouched: verbatim,
            has_negative_bounds: definition.bounds_in(unit).any(|bound| bound < 0.0),
            name,
        }
    }

    pub(crate) fn face(&self, format: Format) -> &Face {
        match format {
            Format::Text => &self.text,
            Format::OpenMetrics => &self.open,
        }
    }

    /// Everything that nothing else may be called: the family and its samples, in both formats.
    /// What OpenMetrics alone calls so is marked.
    pub(crate) fn names(&self) -> Vec<(String, Format)> {
        let text = self.kind.endings().iter();
        let mut names: Vec<_> = text
            .map(|ending| (format!("{}{ending}", self.name), Format::Text))
            .collect();
        if let (Type::Counter, Some(family)) = (self.kind, name::without_total(&self.name)) {
            names.push((family.to_owned(), Format::OpenMetrics));
        }
        if let Some(created) = self.kind.created(&self.name) {
            names.push((created, Format::OpenMetrics));
        }
        names
    }
}

impl Label {
    pub(crate) fn new(tag: &str) -> Self {
        let first = format!("{}=\"", sanitise(tag));
        Self {
            next: format!("\",{first}"),
            first,
        }
    }
}

impl Starts {
    fn new(kind: Type, name: &str, constant: &str) -> Self {
        let start = |ending| format!("{name}{ending}{{{constant}");
        Self {
            plain: start(""),
            bucket: start("_bucket"),
            sum: start("_sum"),
            count: start("_count"),
            created: kind.created(name).map(|name| format!("{name}{{{constant}")),
        }
    }
}

/// The labels that every series has, each with a comma after it.
pub(crate) fn constant_labels(tags: &[(String, String)]) -> String {
    let mut labels = String::new();
    for (tag, value) in tags {
        // An empty label is an absent one.
        if !value.is_empty() {
            labels.push_str(&sanitise(tag));
            labels.push_str("=\"");
            escape(&mut labels, value);
            labels.push_str("\",");
        }
    }
    labels
}

#[cfg(test)]
pub(crate) mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};

    use super::*;

    pub(crate) fn family(metric: Metric, verbatim: bool) -> Family {
        let aggregator = Aggregator::builder()
            .metrics([metric.unchecked()])
            .start()
            .unwrap();
        Family::new(&aggregator.definitions()[0], verbatim, "")
    }

    #[test]
    fn a_sum_is_a_counter_unless_it_may_fall_or_is_told_otherwise() {
        let kind = |metric: Metric| family(metric, false).kind;
        let items = || sum("family_test.x.items");
        assert_eq!(kind(items()), Type::Counter);
        assert_eq!(kind(items().up_down()), Type::Gauge);
        assert_eq!(kind(items().option(TYPE_OPTION, "gauge")), Type::Gauge);
        assert_eq!(kind(items().option(TYPE_OPTION, "counter")), Type::Counter);
    }

    #[test]
    fn a_family_takes_the_names_of_all_its_samples_in_both_formats() {
        let names = |metric: Metric, verbatim| {
            let names = family(metric, verbatim).names().into_iter();
            names.map(|(name, _)| name).collect::<Vec<_>>().join(" ")
        };
        let items = "family_test.x.items";
        assert_eq!(
            names(counter(items), false),
            "family_test_x_items_total family_test_x_items family_test_x_items_created"
        );
        assert_eq!(names(counter(items), true), "family_test_x_items");
        assert_eq!(names(last_value(items), false), "family_test_x_items");
        let histogram = names(distribution(items).buckets([1]), true);
        for ending in ["", "_bucket", "_sum", "_count", "_created"] {
            let name = format!("family_test_x_items{ending}");
            assert!(
                histogram.split(' ').any(|known| known == name),
                "{histogram}"
            );
        }
        let bucket = "family_test_x_items_bucket";
        assert!(!names(summary(items), true).contains(bucket));
    }
}
