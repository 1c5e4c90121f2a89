//! Whatever is recorded, every datagram can be read, by a strict grammar and by somebody else's
//! parser, and says what was recorded.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use statsd_parser::Metric as Read;
use telemetry::execute;
use telemetry_metrics::{Aggregator, Metric, counter, distribution, last_value, sum, summary};
use telemetry_statsd::Format;

use crate::grammar::{Line, parse};
use crate::support::{Listener, SOON, counts, lines, quiet};

#[derive(Debug, Clone)]
struct Recorded {
    value: f64,
    tags: [String; 2],
}

#[derive(Debug, Clone)]
struct Setup {
    format: Format,
    prefix: String,
    mtu: usize,
    names: Vec<String>,
    constant: String,
    events: Vec<Recorded>,
}

fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]",
        "[a-z:|@#,. \\n\\t\\u{0}\\u{a0}é/]{0,12}",
        any::<String>().prop_map(|text| text.chars().take(20).collect()),
    ]
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-20i32..20).prop_map(f64::from),
        -1e6f64..1e6,
        -1e-9f64..1e-9,
        (-1e15f64..1e15).prop_map(f64::round),
        Just(-0.0),
    ]
}

prop_compose! {
    fn setup()(
        format in prop_oneof![Just(Format::Standard), Just(Format::Datadog)],
        prefix in "|[a-z]{1,4}(\\.[a-zł]{1,4})?",
        mtu in 64usize..1_500,
        names in vec("[a-zA-Z0-9_-]{1,6}\\.[a-zA-Z0-9_.-]{0,6}[a-z]", 5),
        constant in tag(),
        events in vec((value(), tag(), tag()), 1..30),
    ) -> Setup {
        // Segments may not be empty, and names not be the same.
        let name = |(n, name): (usize, String)| format!("{}.{n}", name.replace("..", ".a"));
        let names = names.into_iter().map(|name| name.replace("..", ".")).enumerate().map(name);
        let recorded = |(value, a, b)| Recorded { value, tags: [a, b] };
        Setup {
            format,
            prefix,
            mtu,
            names: names.collect(),
            constant,
            events: events.into_iter().map(recorded).collect(),
        }
    }
}

impl Setup {
    fn metrics(&self) -> Vec<Metric> {
        let shape = |metric: Metric| {
            metric
                .event("wire.prop")
                .measurement("value")
                .tags(["tag_a", "tag b"])
        };
        vec![
            shape(counter(&self.names[0])),
            shape(sum(&self.names[1]).up_down()),
            shape(last_value(&self.names[2])),
            shape(summary(&self.names[3])),
            shape(distribution(&self.names[4]).buckets([0.0])),
        ]
    }

    /// The name and the tags of a series of the `n`th metric, as they are to be sent.
    fn key(&self, n: usize, tags: &[String; 2]) -> (String, Vec<(String, String)>) {
        let clean = |text: &str, more: &[char]| -> String {
            let reserved = |c: char| {
                ":|@#".contains(c) || more.contains(&c) || c.is_whitespace() || c.is_control()
            };
            text.chars()
                .map(|c| if reserved(c) { '_' } else { c })
                .collect()
        };
        let dot = if self.prefix.is_empty() { "" } else { "." };
        let mut name = format!("{}{dot}{}", self.prefix, self.names[n]);
        let mut sent = Vec::new();
        if self.format == Format::Standard {
            for tag in tags {
                let text = if tag.is_empty() { "none" } else { tag };
                name.push('.');
                name.push_str(&clean(text, &['.']));
            }
        } else {
            let all = [
                ("tag_a", &tags[0]),
                ("tag_b", &tags[1]),
                ("constant", &self.constant),
            ];
            for (key, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
                sent.push((key.to_owned(), clean(value, &[','])));
            }
        }
        (name, sent)
    }
}

type Key = (String, Vec<(String, String)>);

/// What one line may say, and all lines of a key together must.
#[derive(Debug, Default)]
struct Total {
    count: u64,
    sum: f64,
    size: f64,
    /// The newest value of each series: different tags may be sent as the same text.
    newest: BTreeMap<[String; 2], f64>,
}

/// Of values, which the aggregator keeps in groups, to the seven digits that a mean has there.
fn nearly(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-7 * size.max(1e-300)
}

fn close(a: f64, b: f64, size: f64) -> bool {
    (a - b).abs() <= 1e-9 * size.max(1e-300)
}

fn check(setup: &Setup, datagrams: &[String], dropped: u64) -> Result<(), TestCaseError> {
    let mut expected: BTreeMap<Key, (usize, Total)> = BTreeMap::new();
    for event in &setup.events {
        for n in 0..5 {
            let (_, total) = expected
                .entry(setup.key(n, &event.tags))
                .or_insert((n, Total::default()));
            total.count += 1;
            total.sum += event.value;
            total.size += event.value.abs();
            total.newest.insert(event.tags.clone(), event.value);
        }
    }
    let mut read: BTreeMap<Key, Vec<Line>> = BTreeMap::new();
    for datagram in datagrams {
        prop_assert!(datagram.len() <= setup.mtu && !datagram.is_empty());
        for text in datagram.split('\n') {
            let line = parse(text, setup.format).map_err(TestCaseError::fail)?;
            other_parser(text, &line)?;
            let key = (line.name.clone(), line.tags.clone());
            prop_assert!(expected.contains_key(&key), "nobody recorded {text:?}");
            read.entry(key).or_default().push(line);
        }
    }
    for (key, (n, total)) in expected {
        let lines = read.remove(&key).unwrap_or_default();
        let numbers: Vec<f64> = lines.iter().flat_map(Line::numbers).collect();
        let tags: usize = key
            .1
            .iter()
            .map(|(key, value)| key.len() + value.len() + 2)
            .sum();
        // A number has at most 30 characters here, and a gauge is sent in two lines.
        if dropped > 0 && 2 * (key.0.len() + 35) + tags > setup.mtu {
            continue;
        }
        let kinds = match setup.format {
            Format::Standard => ["c", "g", "g", "ms", "ms"],
            _ => ["c", "c", "g", "h", "d"],
        };
        prop_assert!(
            lines
                .iter()
                .all(|line| line.kind == kinds[n] && line.rate.is_none())
        );
        match n {
            0 => prop_assert_eq!(numbers.iter().sum::<f64>(), total.count as f64),
            1 => {
                prop_assert!(close(numbers.iter().sum(), total.sum, total.size));
                let gauge = setup.format == Format::Standard;
                let signed = |line: &Line| line.values[0].starts_with(['+', '-']);
                prop_assert!(
                    !gauge || lines.iter().all(signed),
                    "a sum that is set: {lines:?}"
                );
            }
            2 => {
                // Read as a daemon does: what is left is the newest value of one of the series.
                let mut gauges = Vec::new();
                for text in lines.iter().map(|line| &line.values[0]) {
                    let number: f64 = text.parse().unwrap();
                    match gauges.last_mut() {
                        Some(last) if setup.format == Format::Standard && text.starts_with('-') => {
                            prop_assert_eq!(*last, 0.0);
                            *last = number;
                        }
                        _ => {
                            prop_assert!(setup.format == Format::Datadog || number >= 0.0);
                            gauges.push(number);
                        }
                    }
                }
                let mut newest: Vec<f64> = total.newest.values().copied().collect();
                gauges.sort_by(f64::total_cmp);
                newest.sort_by(f64::total_cmp);
                prop_assert!(gauges.iter().zip(&newest).all(|(a, b)| a == b));
                prop_assert_eq!(gauges.len(), newest.len());
            }
            _ => {
                prop_assert_eq!(numbers.len() as u64, total.count);
                prop_assert!(nearly(numbers.iter().sum(), total.sum, total.size));
            }
        }
    }
    Ok(())
}

/// What somebody else's parser makes of the line; it knows neither `d` nor packed values, and takes
/// a name that begins with `_sc` for a service check.
fn other_parser(text: &str, line: &Line) -> Result<(), TestCaseError> {
    if line.kind == "d" || line.values.len() > 1 || text.starts_with("_sc") {
        return Ok(());
    }
    let message = statsd_parser::parse(text)
        .map_err(|error| TestCaseError::fail(format!("{error:?}: {text:?}")))?;
    let (kind, value, rate) = match message.metric {
        Read::Counter(read) => ("c", read.value, read.sample_rate),
        Read::Gauge(read) => ("g", read.value, read.sample_rate),
        Read::Timing(read) => ("ms", read.value, read.sample_rate),
        Read::Histogram(read) => ("h", read.value, read.sample_rate),
        other => return Err(TestCaseError::fail(format!("{other:?}: {text:?}"))),
    };
    prop_assert_eq!(&message.name, &line.name);
    prop_assert_eq!(kind, &line.kind);
    prop_assert_eq!(Some(value), line.numbers().next());
    prop_assert_eq!(rate, line.rate);
    let tags: Vec<_> = message.tags.unwrap_or_default().into_iter().collect();
    let mut own = line.tags.clone();
    own.sort();
    prop_assert_eq!(tags, own);
    Ok(())
}

#[test]
fn every_line_is_read_back_as_what_was_recorded() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(setup in setup())| {
        let daemon = Listener::new();
        let aggregator = Aggregator::builder()
            .metrics(setup.metrics())
            .constant_tag("constant", &*setup.constant)
            .start()
            .unwrap();
        let statsd = quiet(&aggregator, daemon.address())
            .format(setup.format)
            .prefix(&*setup.prefix)
            .mtu(setup.mtu)
            .start()
            .unwrap();
        // The values of distributions are kept from then on.
        for event in &setup.events {
            let [a, b] = &event.tags;
            execute!("wire.prop", { value: event.value }, { tag_a: a, "tag b": b });
        }
        statsd.flush(SOON).unwrap();
        let datagrams = daemon.datagrams();
        let (sent, failed, dropped) = counts(&aggregator);
        prop_assert_eq!((sent, failed), (lines(&datagrams).len() as u64, 0));
        check(&setup, &datagrams, dropped)?;
    });
}

#[test]
fn thinned_values_have_a_rate_that_gives_their_count() {
    let config = ProptestConfig {
        failure_persistence: None,
        cases: 64,
        ..ProptestConfig::default()
    };
    proptest!(config, |(
        values in vec(prop_oneof![0.001f64..1e6, Just(5.0)], 1..400),
        max_values in 1usize..50,
        mtu in 64usize..512,
        datadog in any::<bool>(),
    )| {
        let format = if datadog { Format::Datadog } else { Format::Standard };
        let daemon = Listener::new();
        let aggregator =
            Aggregator::builder().metrics([summary("wire.thin.value")]).start().unwrap();
        let builder = quiet(&aggregator, daemon.address()).format(format).mtu(mtu);
        let statsd = builder.max_values(max_values).start().unwrap();
        values.iter().for_each(|value| execute!("wire.thin", { value: value }));
        statsd.flush(SOON).unwrap();

        let (mut count, mut sum, mut numbers) = (0.0, 0.0, 0);
        for datagram in daemon.datagrams() {
            prop_assert!(datagram.len() <= mtu);
            for text in datagram.split('\n') {
                let line = parse(text, format).map_err(TestCaseError::fail)?;
                other_parser(text, &line)?;
                prop_assert_eq!(line.rate.is_some(), values.len() > max_values);
                count += line.weight() * line.values.len() as f64;
                sum += line.weight() * line.numbers().sum::<f64>();
                numbers += line.values.len();
            }
        }
        prop_assert_eq!(numbers, values.len().min(max_values));
        prop_assert!(close(count, values.len() as f64, count), "{}", count);
        prop_assert!(nearly(sum, values.iter().sum(), sum), "{}", sum);

        // All of it was taken.
        statsd.flush(SOON).unwrap();
        prop_assert!(daemon.datagrams().is_empty());
    });
}
