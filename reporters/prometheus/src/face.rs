//! [`Face`]: what a family has in one format and not in the other.

use telemetry_metrics::{Definition, Kind, Unit};

use crate::encode::escape::{escape, escape_help};
use crate::family::Type;
use crate::format::Format;
use crate::name;
use crate::number::{canonical, write_f64};

/// The texts of a family in one format, made once.
#[derive(Debug)]
pub(crate) struct Face {
    /// The lines before the samples.
    pub(crate) head: String,
    /// For each bound, and for the infinite one: `le="0.5"} `.
    pub(crate) bounds: Vec<String>,
}

impl Face {
    pub(crate) fn new(
        format: Format,
        definition: &Definition,
        kind: Type,
        name: &str,
        unit: Unit,
    ) -> Self {
        let head = match format {
            Format::Text => text_head(definition, kind, name),
            Format::OpenMetrics => open_head(definition, kind, name, unit),
        };
        Self {
            head,
            bounds: bounds(format, definition, unit),
        }
    }
}

/// `# HELP` and `# TYPE`.
fn text_head(definition: &Definition, kind: Type, name: &str) -> String {
    let mut head = format!("# HELP {name} ");
    escape_help(&mut head, &help(definition));
    head.push_str(&format!("\n# TYPE {name} {}\n", kind.as_str()));
    head
}

/// `# TYPE`, `# UNIT` where there is one and the name ends in it, and `# HELP`, in the order of the
/// standard's examples.
fn open_head(definition: &Definition, kind: Type, name: &str, unit: Unit) -> String {
    // A counter's family is called as its sample without the ending. One whose name was given
    // without it keeps its name, at the price of its type.
    let (name, kind) = match kind {
        Type::Counter => match name::without_total(name) {
            Some(family) => (family, kind.as_str()),
            None => (name, "unknown"),
        },
        _ => (name, kind.as_str()),
    };
    let mut head = format!("# TYPE {name} {kind}\n");
    let unit = name::unit_text(unit);
    if !unit.is_empty() && name.ends_with(&format!("_{unit}")) {
        head.push_str(&format!("# UNIT {name} {unit}\n"));
    }
    head.push_str(&format!("# HELP {name} "));
    escape(&mut head, &help(definition));
    head.push('\n');
    head
}

/// The description, or what can be said of a definition that has none: kind, measurement, events.
fn help(definition: &Definition) -> String {
    if let Some(description) = definition.description() {
        return description.trim().to_owned();
    }
    let kind = definition.kind().as_str().replace('_', " ");
    let events = definition.events().join(", ");
    // What was added later is not about events.
    if events.is_empty() {
        return format!("{kind} {}", definition.name());
    }
    match definition.measurement() {
        _ if definition.kind() == Kind::Counter => format!("{kind} of {events}"),
        Some(measurement) => format!("{kind} of {measurement} of {events}"),
        None => format!("{kind} of a number computed from {events}"),
    }
}

fn bounds(format: Format, definition: &Definition, unit: Unit) -> Vec<String> {
    if definition.kind() != Kind::Distribution {
        return Vec::new();
    }
    let bounds = definition.bounds_in(unit).chain([f64::INFINITY]);
    bounds
        .map(|bound| format!("le=\"{}\"}} ", label_number(format, bound)))
        .collect()
}

/// A number that is a label. The formats differ in `1` and `1.0`: the text format has always had
/// the one, and OpenMetrics requires the other.
pub(crate) fn label_number(format: Format, number: f64) -> String {
    match format {
        Format::Text => {
            let mut text = String::new();
            write_f64(&mut text, number);
            text
        }
        Format::OpenMetrics => canonical(number),
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Metric, counter, distribution, last_value, sum, summary};

    use super::*;
    use crate::family::tests::family;

    #[test]
    fn help_is_never_empty() {
        for (metric, help, open) in [
            (
                counter("face_test.stop.count"),
                "counter of face_test.stop",
                None,
            ),
            (
                sum("face_test.stop.items"),
                "sum of items of face_test.stop",
                None,
            ),
            (
                last_value("face_test.stop.size").description(" \n "),
                "last value of size of face_test.stop",
                None,
            ),
            (
                summary("face_test.x").events(["face_test.a", "face_test.b"]),
                "summary of x of face_test.a, face_test.b",
                None,
            ),
            (
                summary("face_test.x.y").measure_with(|_| None),
                "summary of a number computed from face_test.x",
                None,
            ),
            (
                counter("face_test.x.y").description(" say \"hi\"\\\n"),
                "say \"hi\"\\\\",
                Some("say \\\"hi\\\"\\\\"),
            ),
        ] {
            let family = family(metric, true);
            let line = format!("# HELP {} {help}\n", family.name);
            assert!(family.text.head.starts_with(&line), "{}", family.text.head);
            let line = format!("# HELP {} {}\n", family.name, open.unwrap_or(help));
            assert!(family.open.head.ends_with(&line), "{}", family.open.head);
        }
    }

    #[test]
    fn openmetrics_calls_a_counter_without_its_ending_and_says_units() {
        let head = |metric: Metric, verbatim| {
            let head = family(metric, verbatim).open.head;
            head.lines()
                .filter(|line| !line.starts_with("# HELP"))
                .map(str::to_owned)
                .collect()
        };
        let both: Vec<String> = head(sum("face_test.a.duration"), false);
        assert_eq!(
            both,
            [
                "# TYPE face_test_a_duration_seconds counter",
                "# UNIT face_test_a_duration_seconds seconds"
            ]
        );
        assert_eq!(
            head(counter("face_test.a.count"), true),
            ["# TYPE face_test_a_count unknown"]
        );
        assert_eq!(
            head(counter("face_test.a.total"), true),
            ["# TYPE face_test_a counter"]
        );
        assert_eq!(
            head(summary("face_test.a.duration"), true),
            ["# TYPE face_test_a_duration summary"],
            "a unit has to end the name"
        );
        assert_eq!(
            head(
                last_value("face_test.a.load").unit(Unit::Other("jobs/s")),
                false
            ),
            [
                "# TYPE face_test_a_load_jobs_s gauge",
                "# UNIT face_test_a_load_jobs_s jobs_s"
            ]
        );
        let odd = counter("_total").event("face_test.odd");
        assert_eq!(head(odd, true), ["# TYPE _total unknown"]);
    }

    #[test]
    fn bounds_are_in_the_unit_that_is_shown() {
        let metric = || {
            distribution("face_test.x.duration")
                .unit(Unit::Millisecond)
                .buckets([4.1, 5.0, 1100.0])
        };
        let texts = |bounds: [&str; 4]| bounds.map(|bound| format!("le=\"{bound}\"}} "));
        let base = family(metric(), false);
        assert_eq!(base.text.bounds, texts(["0.0041", "0.005", "1.1", "+Inf"]));
        assert_eq!(base.open.bounds, base.text.bounds);
        let own = family(metric(), true);
        assert_eq!(own.text.bounds, texts(["4.1", "5", "1100", "+Inf"]));
        assert_eq!(own.open.bounds, texts(["4.1", "5.0", "1100.0", "+Inf"]));
    }
}
