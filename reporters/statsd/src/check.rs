//! Checks definitions against what StatsD can show.

use std::collections::HashMap;
use std::sync::Arc;

use telemetry_metrics::{Definition, KNOWN_OPTIONS, Kind};

use crate::format::Format;
use crate::problem::Problem;
use crate::text::{is_reserved, push_name, push_tag};

/// This reporter's own option, for sums: `counter` sends `5|c` in place of `+5|g`.
const REPORT_AS: &str = "report_as";
const COUNTER: &str = "counter";

/// How lines begin that an agent takes for a service check or an event, whatever follows.
const NOT_METRICS: [&str; 2] = ["_sc", "_e{"];

/// Whether a sum is to be sent as a plain StatsD counter.
pub(crate) fn reports_as_counter(definition: &Definition) -> bool {
    let mut options = definition.options().iter();
    options.any(|(key, value)| key == REPORT_AS && value == COUNTER)
}

/// Whether a prefix can stand in front of names; the empty one is none.
pub(crate) fn prefix_is_valid(prefix: &str) -> bool {
    prefix.is_empty()
        || prefix.len() <= 255
            && !prefix.contains(is_reserved)
            && prefix.split('.').all(|segment| !segment.is_empty())
}

/// Appends everything that is wrong with the definitions.
pub(crate) fn definitions(
    definitions: &[Arc<Definition>],
    constant_tags: &[(String, String)],
    format: Format,
    prefix: &str,
    problems: &mut Vec<Problem>,
) {
    let mut names: HashMap<String, Kind> = HashMap::new();
    for definition in definitions {
        options(definition, format, problems);
        let mut name = String::new();
        push_name(&mut name, definition.name());
        if let Some(first) = names.get(&name) {
            problems.push(Problem::SameName {
                metric: name,
                first: *first,
                second: definition.kind(),
            });
        } else {
            names.insert(name, definition.kind());
        }
        if format == Format::Datadog {
            let first = if prefix.is_empty() {
                definition.name()
            } else {
                prefix
            };
            if NOT_METRICS.iter().any(|start| first.starts_with(start)) {
                problems.push(Problem::NotAMetric(definition.name().to_owned()));
            }
            tag_keys(definition, constant_tags, problems);
        }
    }
}

fn options(definition: &Definition, format: Format, problems: &mut Vec<Problem>) {
    let metric = || definition.name().to_owned();
    for (key, value) in definition.options() {
        if key != REPORT_AS {
            if !KNOWN_OPTIONS.contains(&key.as_str()) {
                problems.push(Problem::UnknownOption {
                    metric: metric(),
                    key: key.clone(),
                });
            }
            continue;
        }
        let kind = definition.kind();
        if kind != Kind::Sum {
            problems.push(Problem::ReportAsOn {
                metric: metric(),
                kind,
            });
        }
        if value != COUNTER {
            problems.push(Problem::ReportAs {
                metric: metric(),
                value: value.clone(),
            });
        } else if format == Format::Standard && definition.is_up_down() {
            problems.push(Problem::FallingCounter { metric: metric() });
        }
    }
}

/// Two keys that differ only in characters which are replaced.
fn tag_keys(
    definition: &Definition,
    constant_tags: &[(String, String)],
    problems: &mut Vec<Problem>,
) {
    let constant = constant_tags.iter().map(|(key, _)| key);
    let mut keys: Vec<String> = Vec::new();
    for key in definition.tags().iter().chain(constant) {
        let mut tag = String::new();
        push_tag(&mut tag, key);
        if keys.contains(&tag) {
            let metric = definition.name().to_owned();
            problems.push(Problem::SameTag { metric, tag });
        } else {
            keys.push(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use telemetry_metrics::{Aggregator, Metric, counter, last_value, sum, summary};

    use super::*;

    fn problems(metrics: Vec<Metric>, format: Format) -> Vec<Problem> {
        let aggregator = Aggregator::builder()
            .metrics(metrics)
            .constant_tag("the env", "prod")
            .start()
            .unwrap();
        let mut problems = Vec::new();
        let constant_tags = aggregator.constant_tags();
        definitions(
            aggregator.definitions(),
            constant_tags,
            format,
            "",
            &mut problems,
        );
        problems
    }

    fn standard(metrics: Vec<Metric>) -> Vec<Problem> {
        problems(metrics, Format::Standard)
    }

    #[test]
    fn options_of_other_reporters_are_left_to_them_and_typos_are_found() {
        assert_eq!(
            standard(vec![counter("a.b").option("prometheus_type", "counter")]),
            []
        );
        let typo = standard(vec![counter("a.b").option("reprot_as", "counter")]);
        let metric = "a.b".to_owned();
        assert_eq!(
            typo,
            [Problem::UnknownOption {
                metric,
                key: "reprot_as".into()
            }]
        );
    }

    #[test]
    fn only_sums_are_reported_as_counters_and_only_as_counters() {
        assert_eq!(
            standard(vec![sum("a.b").option("report_as", "counter")]),
            []
        );
        let metric = || "a.b".to_owned();
        assert_eq!(
            standard(vec![sum("a.b").option("report_as", "count")]),
            [Problem::ReportAs {
                metric: metric(),
                value: "count".into()
            }]
        );
        assert_eq!(
            standard(vec![last_value("a.b").option("report_as", "counter")]),
            [Problem::ReportAsOn {
                metric: metric(),
                kind: Kind::LastValue
            }]
        );
    }

    #[test]
    fn a_counter_that_may_fall_is_refused_where_counters_may_not() {
        let falling = || vec![sum("a.b").up_down().option("report_as", "counter")];
        assert_eq!(
            standard(falling()),
            [Problem::FallingCounter {
                metric: "a.b".into()
            }]
        );
        assert_eq!(problems(falling(), Format::Datadog), []);
    }

    #[test]
    fn no_metric_is_taken_for_a_service_check() {
        let metrics = || vec![counter("_score.n"), counter("score._sc")];
        assert_eq!(standard(metrics()), []);
        let metric = "_score.n".to_owned();
        let wrong = [Problem::NotAMetric(metric)];
        assert_eq!(problems(metrics(), Format::Datadog), wrong);
    }

    #[test]
    fn one_name_is_for_one_definition() {
        let metric = "a.b".to_owned();
        assert_eq!(
            standard(vec![counter("a.b"), counter("c.d"), summary("a.b")]),
            [Problem::SameName {
                metric,
                first: Kind::Counter,
                second: Kind::Summary
            }]
        );
    }

    #[test]
    fn tags_that_would_be_sent_as_one_are_refused_where_keys_are_sent() {
        let metrics = || vec![counter("a.b").tags(["x y", "x:y", "the_env"])];
        assert_eq!(standard(metrics()), []);
        let same = |tag: &str| Problem::SameTag {
            metric: "a.b".into(),
            tag: tag.into(),
        };
        assert_eq!(
            problems(metrics(), Format::Datadog),
            [same("x_y"), same("the_env")]
        );
    }

    #[test]
    fn a_prefix_is_made_of_segments() {
        for good in ["", "shop", "shop.web-1", "sklep.kraków"] {
            assert!(prefix_is_valid(good), "{good}");
        }
        let long = "a".repeat(256);
        for bad in [
            ".", "shop.", ".shop", "a..b", "a b", "a:b", "a|b", "a\n", &long,
        ] {
            assert!(!prefix_is_valid(bad), "{bad:?}");
        }
    }
}
