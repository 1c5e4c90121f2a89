//! Whatever names, tags and numbers come, what is accepted renders valid text that says what was
//! counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use telemetry::{Number, Value, execute};
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};
use telemetry_prometheus::Prometheus;

use crate::open;
use crate::strict::{self, Sample};

#[derive(Debug, Clone)]
struct Definition {
    kind: u8,
    name: String,
    tags: BTreeSet<String>,
    description: String,
}

/// Characters that mean something to somebody.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z\"\\\\\n{}=,# \r\t\0]{0,8}",
        1 => any::<String>(),
        1 => Just("\\n\\".to_owned()),
    ]
}

fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-z][a-z0-9._-]{0,6}",
        1 => Just("le".to_owned()),
        1 => Just("quantile".to_owned()),
        1 => "[\"\\\\\n=ü_0-9]{1,4}",
        1 => any::<String>().prop_filter("a tag has a key", |text| !text.is_empty()),
    ]
}

fn definition() -> impl Strategy<Value = Definition> {
    let tags = proptest::collection::btree_set(tag(), 0..4);
    let name = "[a-zA-Z0-9_-]{1,12}(\\.[a-zA-Z0-9_-]{1,12}){0,2}(_total|_count|_sum|\\.bytes)?";
    (0u8..6, name, tags, text()).prop_map(|(kind, name, tags, description)| Definition {
        kind,
        name,
        tags,
        description,
    })
}

/// By `number`, so that no two definitions clash: names are checked elsewhere.
fn metric(number: usize, definition: &Definition, values: &Arc<Vec<Vec<String>>>) -> Metric {
    let name = format!("{number}p.{}", definition.name);
    let metric = match definition.kind {
        0 => counter(name),
        1 => sum(name),
        2 => sum(name).up_down(),
        3 => last_value(name),
        4 => summary(name),
        _ => distribution(name).buckets([-1.5, 0.0, 1e9]),
    };
    let (tags, values) = (definition.tags.clone(), values.clone());
    metric
        .event("prom_hostile.event")
        .measurement("number")
        .unit(telemetry_metrics::Unit::One)
        .description(definition.description.clone())
        .tags(definition.tags.clone())
        .tag_values(move |event, set| {
            let round = event.metadata("round").and_then(Value::as_u64);
            let round = &values[round.unwrap_or(0) as usize];
            for (tag, value) in tags.iter().zip(round) {
                set.set(tag, value);
            }
        })
}

/// The labels of a definition, by rules written down a second time; `None` if they cannot be.
fn labels(definition: &Definition) -> Option<Vec<String>> {
    let mut labels = Vec::new();
    for tag in &definition.tags {
        let mut label: String = tag
            .chars()
            .map(|c| match c {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => c,
                _ => '_',
            })
            .collect();
        if label.as_bytes()[0].is_ascii_digit() {
            label.insert(0, '_');
        }
        let reserved = match definition.kind {
            4 => label == "quantile",
            5 => label == "le",
            _ => false,
        };
        let own = ["otel_metric_overflow", "env"].contains(&label.as_str());
        if label.starts_with("__") || reserved || own || labels.contains(&label) {
            return None;
        }
        labels.push(label);
    }
    Some(labels)
}

/// How many series each combination of labels gives, and that it is what the text says.
fn expected_counts(
    labels: &[String],
    values: &[Vec<String>],
) -> BTreeMap<Vec<(String, String)>, u64> {
    let mut counts = BTreeMap::new();
    for round in values {
        let mut series: Vec<(String, String)> = labels
            .iter()
            .zip(round)
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| (label.clone(), value.clone()))
            .collect();
        series.push(("env".into(), "\"\\\n".into()));
        series.sort();
        *counts.entry(series).or_default() += 1;
    }
    counts
}

fn sorted(sample: &Sample) -> Vec<(String, String)> {
    let mut labels = sample.labels.clone();
    labels.sort();
    labels
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<f64>().prop_map(Number::Float),
        any::<i64>().prop_map(Number::Signed),
        any::<u64>().prop_map(Number::Unsigned),
        (0u64..1_000).prop_map(|secs| Number::Duration(std::time::Duration::from_secs(secs))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn hostile_text_renders_valid_text(
        definitions in vec(definition(), 1..5),
        values in vec(vec(text(), 3), 1..5),
        numbers in vec(number(), 5),
        verbatim in any::<bool>(),
        created in any::<bool>(),
    ) {
        let values = Arc::new(values);
        let metrics: Vec<Metric> = definitions
            .iter()
            .enumerate()
            .map(|(at, one)| metric(at, one, &values))
            .collect();
        let tagged_env = definitions.iter().any(|one| one.tags.contains("env"));
        prop_assume!(!tagged_env);
        let aggregator = Aggregator::builder()
            .metrics(metrics)
            .constant_tag("env", "\"\\\n")
            .start()
            .unwrap();
        let builder = Prometheus::builder(&aggregator).created_samples(created);
        let prometheus = if verbatim { builder.verbatim_names() } else { builder }.build();
        let labels: Vec<_> = definitions.iter().map(labels).collect();
        prop_assert_eq!(
            prometheus.is_ok(),
            labels.iter().all(Option::is_some),
            "{:?}", prometheus
        );
        let Ok(prometheus) = prometheus else { return Ok(()) };

        for (round, _) in values.iter().enumerate() {
            execute!("prom_hostile.event", { number: numbers[round] }, { round });
        }
        let text = prometheus.render();
        let families = strict::parse(&text).map_err(TestCaseError::fail)?;
        let open = prometheus.render_openmetrics();
        let open = open::parse(&open).map_err(|error| TestCaseError::fail(format!("{error} in\n{open}")))?;
        for (at, (definition, labels)) in definitions.iter().zip(labels).enumerate() {
            if definition.kind != 0 {
                continue;
            }
            // A counter counts whatever the number: all labels must be there, and what they say.
            let family = families.iter().find(|one| one.name.starts_with(&format!("_{at}p_")));
            let family = family.ok_or_else(|| TestCaseError::fail(format!("{at}: no family")))?;
            let description = definition.description.trim();
            prop_assert!(description.is_empty() || family.help == description);
            let counts = expected_counts(&labels.unwrap_or_default(), &values);
            let found: BTreeMap<_, _> =
                family.samples.iter().map(|one| (sorted(one), one.value as u64)).collect();
            prop_assert_eq!(&found, &counts);
            let same = open.iter().find(|one| one.family.name == family.name);
            let same = same.ok_or_else(|| TestCaseError::fail("not in OpenMetrics"))?;
            prop_assert_eq!(&same.family, family);
        }
    }
}
