//! [`Family`]: everything about a definition that is the same in every scrape, made once.

use std::sync::Arc;

use telemetry_metrics::{Definition, Kind, Unit};

use crate::name::{self, sanitise};
use crate::number::write_f64;
use crate::text::{escape_help, escape_label};

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
    pub(crate) name: String,
    pub(crate) unit: Unit,
    /// The lines before the samples.
    pub(crate) head: String,
    /// For each tag, its label with what comes before the value: `route="`.
    pub(crate) labels: Vec<String>,
    /// For each bound, and for the infinite one: `le="0.5"} `.
    pub(crate) bounds: Vec<String>,
    /// Whether a series that stands at zero is left out, because nothing was counted yet.
    pub(crate) hides_zero: bool,
}

impl Family {
    pub(crate) fn new(definition: &Arc<Definition>, verbatim: bool) -> Self {
        let kind = Type::of(definition);
        let unit = name::unit(definition, verbatim);
        let name = if verbatim {
            sanitise(definition.name())
        } else {
            name::family(definition, kind, unit)
        };
        let label = |tag: &String| format!("{}=\"", sanitise(tag));
        // Only what is shown without having been touched. An `up_down` sum may have come back to
        // zero, and a gauge that vanishes then is worse than one that is there too early.
        let shown_at_zero = definition.tags().is_empty()
            && definition.kind() != Kind::LastValue
            && !definition.is_up_down();
        Self {
            head: head(definition, kind, &name),
            labels: definition.tags().iter().map(label).collect(),
            bounds: bounds(definition, unit),
            definition: definition.clone(),
            kind,
            name,
            unit,
            hides_zero: verbatim && shown_at_zero,
        }
    }
}

/// `# HELP` and `# TYPE`.
fn head(definition: &Definition, kind: Type, name: &str) -> String {
    let mut head = format!("# HELP {name} ");
    match definition.description() {
        Some(description) => escape_help(&mut head, description.trim()),
        None => escape_help(&mut head, &default_help(definition)),
    }
    head.push_str("\n# TYPE ");
    head.push_str(name);
    head.push(' ');
    head.push_str(kind.as_str());
    head.push('\n');
    head
}

/// What is said about a definition that says nothing itself: kind, measurement, events.
fn default_help(definition: &Definition) -> String {
    let kind = definition.kind().as_str().replace('_', " ");
    let events = definition.events().join(", ");
    match definition.measurement() {
        _ if definition.kind() == Kind::Counter => format!("{kind} of {events}"),
        Some(measurement) => format!("{kind} of {measurement} of {events}"),
        None => format!("{kind} of a number computed from {events}"),
    }
}

fn bounds(definition: &Definition, unit: Unit) -> Vec<String> {
    if definition.kind() != Kind::Distribution {
        return Vec::new();
    }
    definition
        .bounds_in(unit)
        .chain([f64::INFINITY])
        .map(|bound| {
            let mut text = String::from("le=\"");
            write_f64(&mut text, bound);
            text.push_str("\"} ");
            text
        })
        .collect()
}

/// The labels that every series has, each with a comma after it.
pub(crate) fn constant_labels(tags: &[(String, String)]) -> String {
    let mut labels = String::new();
    for (tag, value) in tags {
        // An empty label is an absent one.
        if !value.is_empty() {
            labels.push_str(&sanitise(tag));
            labels.push_str("=\"");
            escape_label(&mut labels, value);
            labels.push_str("\",");
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};

    use super::*;

    fn family(metric: Metric, verbatim: bool) -> Family {
        let aggregator = Aggregator::builder().metrics([metric]).start().unwrap();
        Family::new(&aggregator.definitions()[0], verbatim)
    }

    #[test]
    fn help_is_never_empty() {
        for (metric, help) in [
            (
                counter("family_test.stop.count"),
                "counter of family_test.stop",
            ),
            (
                sum("family_test.stop.items"),
                "sum of items of family_test.stop",
            ),
            (
                last_value("family_test.stop.size").description(" \n "),
                "last value of size of family_test.stop",
            ),
            (
                summary("family_test.x").events(["family_test.a", "family_test.b"]),
                "summary of x of family_test.a, family_test.b",
            ),
            (
                summary("family_test.x.y").measure_with(|_| None),
                "summary of a number computed from family_test.x",
            ),
            (
                counter("family_test.x.y").description(" say \"hi\"\\\n"),
                "say \"hi\"\\\\",
            ),
        ] {
            let family = family(metric, true);
            let line = format!("# HELP {} {help}\n", family.name);
            assert!(family.head.starts_with(&line), "{}", family.head);
        }
    }

    #[test]
    fn bounds_are_in_the_unit_that_is_shown() {
        let metric = || {
            distribution("family_test.x.duration")
                .unit(Unit::Millisecond)
                .buckets([4.1, 5.0, 1100.0])
        };
        let texts = |bounds: [&str; 4]| bounds.map(|bound| format!("le=\"{bound}\"}} "));
        assert_eq!(
            family(metric(), false).bounds,
            texts(["0.0041", "0.005", "1.1", "+Inf"])
        );
        assert_eq!(
            family(metric(), true).bounds,
            texts(["4.1", "5", "1100", "+Inf"])
        );
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
}
