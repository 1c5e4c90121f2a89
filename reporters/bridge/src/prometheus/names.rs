//! Names of families and labels, as Prometheus takes them.
//!
//! The exporter replaces what a name cannot contain, and no more: names that are the same then, or
//! whose samples are, make the whole text invalid. So names are made here, and checked.

use std::collections::HashMap;

use telemetry_metrics::{Definition, Kind, OVERFLOW_TAG, Unit};

/// Endings that say what a sample is, and so may not end a gauge's name.
const ENDINGS: [&str; 4] = ["_total", "_count", "_sum", "_bucket"];

/// `text` as a name: letters, digits and `_`, no digit first. Each other character becomes a `_`.
pub(super) fn sanitise(text: &str) -> String {
    let mut name = String::with_capacity(text.len() + 1);
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        name.push('_');
    }
    let valid = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    name.extend(text.chars().map(valid));
    name
}

/// The unit in which numbers are shown: the base unit of their dimension.
pub(super) fn unit(definition: &Definition) -> Unit {
    match definition.unit() {
        unit @ Unit::Other(_) => unit,
        _ => definition.dimension().base_unit(),
    }
}

/// The name of a family: the definition's, the base unit unless it ends in it, `_total` for
/// counters.
pub(super) fn family(definition: &Definition) -> String {
    let mut name = sanitise(definition.name());
    let unit = sanitise(unit(definition).as_str());
    let unit = unit.trim_matches('_');
    let counts = is_counter(definition);
    if !unit.is_empty() {
        let stem = match name.strip_suffix("_total") {
            Some(stem) if counts => stem,
            _ => &name,
        };
        let rest = stem.strip_suffix(unit);
        if !rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_')) {
            name.push('_');
            name.push_str(unit);
        }
    }
    match definition.kind() {
        _ if counts => {
            if !name.ends_with("_total") {
                name.push_str("_total");
            }
        }
        Kind::Summary | Kind::Distribution => {
            strip(&mut name, &ENDINGS[..1]);
            // The exporter takes such a name for one that has the ending of a sample already, even
            // without a `_` before, and leaves that sample's own away: `discount` for
            // `discount_count`.
            if ["sum", "count", "bucket"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                name.push_str("_values");
            }
        }
        _ => strip(&mut name, &ENDINGS),
    }
    name
}

fn is_counter(definition: &Definition) -> bool {
    match definition.kind() {
        Kind::Counter => true,
        Kind::Sum => !definition.is_up_down(),
        _ => false,
    }
}

/// Takes endings off, as long as something is left.
fn strip(name: &mut String, endings: &[&str]) {
    let ending = |name: &str| {
        let rest = endings.iter().find_map(|end| name.strip_suffix(end));
        rest.map(str::len).filter(|left| *left > 0)
    };
    while let Some(left) = ending(name) {
        name.truncate(left);
    }
}

/// The names of samples that are taken, and by which definition.
#[derive(Debug, Default)]
pub(super) struct Samples(HashMap<String, String>);

impl Samples {
    /// Takes the names of a family's samples, unless one of them is taken.
    pub(super) fn claim(&mut self, definition: &Definition, name: &str) -> Result<(), String> {
        let endings: &[&str] = match definition.kind() {
            Kind::Summary | Kind::Distribution => &["", "_sum", "_count", "_bucket"],
            _ => &[""],
        };
        let samples: Vec<String> = endings.iter().map(|end| format!("{name}{end}")).collect();
        let own = format!("{} `{}`", definition.kind(), definition.name());
        for sample in &samples {
            if let Some(other) = self.0.get(sample) {
                return Err(format!(
                    "{own}: `{sample}` is already taken by the {other}; rename one of them"
                ));
            }
        }
        for sample in samples {
            self.0.insert(sample, own.clone());
        }
        Ok(())
    }
}

/// What is wrong with the tags of a definition, or the constant ones, as labels.
pub(super) fn check_labels<'t>(
    owner: &str,
    kind: Option<Kind>,
    tags: impl Iterator<Item = &'t str>,
    constant: &[String],
    problems: &mut Vec<String>,
) {
    let mut seen: Vec<String> = Vec::new();
    for tag in tags {
        let label = sanitise(tag);
        let meant = (label == "le" && kind != Some(Kind::Summary))
            || (label == "quantile" && kind != Some(Kind::Distribution));
        let histogram = matches!(kind, None | Some(Kind::Summary | Kind::Distribution));
        if label.starts_with("__") || label == sanitise(OVERFLOW_TAG) || (meant && histogram) {
            problems.push(format!(
                "{owner}: the tag `{tag}` would be the label `{label}`, which has a meaning of its \
                 own; rename the tag"
            ));
        } else if seen.contains(&label) || constant.contains(&label) {
            problems.push(format!(
                "{owner}: two tags would be the label `{label}`; rename one of them"
            ));
        }
        seen.push(label);
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};

    use super::*;

    fn name_of(metric: Metric) -> String {
        let aggregator = Aggregator::builder()
            .metrics([metric.event("bridge_names.event")])
            .start()
            .unwrap();
        family(&aggregator.definitions()[0])
    }

    #[test]
    fn the_unit_and_the_ending_follow_the_kind() {
        for (metric, name) in [
            (counter("a.stop.count"), "a_stop_count_total"),
            (counter("a.request.total"), "a_request_total"),
            (sum("a.stop.duration"), "a_stop_duration_seconds_total"),
            (sum("a.bytes_total").bytes(), "a_bytes_total"),
            (sum("a.open").up_down(), "a_open"),
            (
                last_value("vm.memory.total").bytes(),
                "vm_memory_total_bytes",
            ),
            (last_value("a.b.total.count"), "a_b"),
            (summary("a.total_time"), "a_total_time_seconds"),
            (distribution("a.items.total").buckets([1]), "a_items"),
            (last_value("a.heat").unit(Unit::Other("°C")), "a_heat_C"),
        ] {
            assert_eq!(name_of(metric), name);
        }
    }

    #[test]
    fn a_histogram_never_ends_as_its_samples_do() {
        for (name, expected) in [
            ("a.discount", "a_discount_values"),
            ("a.checksum", "a_checksum_values"),
            ("a.bit_bucket", "a_bit_bucket_values"),
            ("a.items.count", "a_items_count_values"),
        ] {
            assert_eq!(name_of(summary(name)), expected);
        }
    }
}
