//! A strict reader of the text format 0.0.4, written from its specification and sharing nothing
//! with the writer. It refuses what servers forgive: missing heads, scattered families, series
//! that stand twice, histograms that do not add up.

use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
}

pub(crate) fn parse(text: &str) -> Result<Vec<Family>, String> {
    let families = parse_loosely(text)?;
    check(&families)?;
    Ok(families)
}

pub(crate) fn check(families: &[Family]) -> Result<(), String> {
    let mut names = HashSet::new();
    for family in families {
        let fail = |what: &str| Err(format!("{}: {what}", family.name));
        if family.help.trim().is_empty() {
            return fail("empty HELP");
        }
        if family.samples.is_empty() {
            return fail("no samples");
        }
        let endings: &[&str] = match family.kind.as_str() {
            "histogram" => &["", "_bucket", "_sum", "_count"],
            "summary" => &["", "_sum", "_count"],
            _ => &[""],
        };
        for ending in endings {
            if !names.insert(format!("{}{ending}", family.name)) {
                return fail("its name is another family's, or that of a sample of one");
            }
        }
        check_samples(family)?;
    }
    Ok(())
}

/// Reads the grammar only; HELP may be empty and series may stand twice.
pub(crate) fn parse_loosely(text: &str) -> Result<Vec<Family>, String> {
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("the last line has no end".into());
    }
    let mut families: Vec<Family> = Vec::new();
    let mut lines = text.split_terminator('\n');
    let mut next = lines.next();
    while let Some(line) = next {
        let at = |what: &str| format!("{what}: {line:?}");
        let help = line.strip_prefix("# HELP ").ok_or(at("no HELP"))?;
        let (name, help) = help.split_once(' ').ok_or(at("no text"))?;
        if !is_name(name, true) {
            return Err(at("not a metric name"));
        }
        let help = unescape(help, false).ok_or(at("bad escape"))?;
        let line = lines.next().ok_or("no TYPE")?;
        let at = |what: &str| format!("{what}: {line:?}");
        let kind = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or(at("not the TYPE of the family"))?;
        if !["counter", "gauge", "histogram", "summary"].contains(&kind) {
            return Err(at("not a type"));
        }
        let mut samples = Vec::new();
        next = lines.next();
        while let Some(line) = next.filter(|line| !line.starts_with('#')) {
            samples.push(parse_sample(line).map_err(|what| format!("{what}: {line:?}"))?);
            next = lines.next();
        }
        families.push(Family {
            name: name.to_owned(),
            help,
            kind: kind.to_owned(),
            samples,
        });
    }
    Ok(families)
}

pub(crate) fn is_name(name: &str, colon: bool) -> bool {
    let start = |c: char| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':');
    name.starts_with(start) && name.chars().all(|c| start(c) || c.is_ascii_digit())
}

pub(crate) fn unescape(text: &str, quotes: bool) -> Option<String> {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                '"' if quotes => '"',
                _ => return None,
            },
            c => c,
        });
    }
    Some(plain)
}

/// `name{label="value",..} 1`; the value, and no time after it.
pub(crate) fn parse_sample(line: &str) -> Result<Sample, &'static str> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, mut rest) = line.split_at(end);
    if !is_name(name, true) {
        return Err("not a metric name");
    }
    let mut labels: Vec<(String, String)> = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").ok_or("no label")?;
            if !is_name(label, false) {
                return Err("not a label name");
            }
            if labels.iter().any(|(known, _)| known == label) {
                return Err("a label stands twice");
            }
            let end = end_of_value(after).ok_or("no end of a value")?;
            let value = unescape(&after[..end], true).ok_or("bad escape")?;
            if value.is_empty() {
                return Err("an empty label");
            }
            labels.push((label.to_owned(), value));
            rest = &after[end + 1..];
            if let Some(more) = rest.strip_prefix(',') {
                rest = more;
            } else {
                rest = rest.strip_prefix('}').ok_or("no end of the labels")?;
                break;
            }
        }
    }
    let number = rest.strip_prefix(' ').ok_or("no value")?;
    let plain = |c: char| c.is_ascii_digit() || "+-.e".contains(c);
    let value = match number {
        "NaN" => f64::NAN,
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number if !number.chars().all(plain) => return Err("not a number"),
        number => number.parse().map_err(|_| "not a number")?,
    };
    Ok(Sample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// Where the quote stands that ends a value.
fn end_of_value(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn check_samples(family: &Family) -> Result<(), String> {
    let mut seen = HashSet::new();
    for sample in &family.samples {
        let fail = |what: &str| Err(format!("{what}: {sample:?}"));
        let mut labels = sample.labels.clone();
        labels.sort();
        if !seen.insert((sample.name.clone(), labels)) {
            return fail("a series stands twice");
        }
        if labels_contain(sample, "__") {
            return fail("a label that is Prometheus's own");
        }
        let ending = sample.name.strip_prefix(&family.name);
        let belongs = match family.kind.as_str() {
            "histogram" => matches!(ending, Some("_bucket" | "_sum" | "_count")),
            "summary" if ending == Some("") => is_quantile(sample),
            "summary" => matches!(ending, Some("_sum" | "_count")),
            _ => ending == Some(""),
        };
        if !belongs {
            return fail("a sample of no or another family");
        }
        let grows = family.kind == "counter" || ending == Some("_count");
        if (grows || ending == Some("_bucket")) && (sample.value < 0.0 || sample.value.is_nan()) {
            return fail("a count below zero");
        }
    }
    if family.kind == "histogram" {
        check_histogram(family)?;
    }
    Ok(())
}

/// The last label is a share, and the value of it is a number, or none.
fn is_quantile(sample: &Sample) -> bool {
    let last = sample.labels.last();
    let q = last.filter(|(label, _)| label == "quantile");
    let q = q.and_then(|(_, q)| q.parse::<f64>().ok());
    q.is_some_and(|q| (0.0..=1.0).contains(&q)) && !sample.value.is_infinite()
}

fn labels_contain(sample: &Sample, start: &str) -> bool {
    let mut labels = sample.labels.iter();
    labels.any(|(label, _)| label.starts_with(start))
}

/// Each series: buckets in ascending order that do not fall, `+Inf`, then `_sum`, then `_count`.
fn check_histogram(family: &Family) -> Result<(), String> {
    let mut samples = family.samples.iter().peekable();
    while samples.peek().is_some() {
        let (mut bound, mut below) = (f64::NEG_INFINITY, 0.0);
        let mut own: Option<Vec<(String, String)>> = None;
        loop {
            let bucket = samples.next().ok_or("a histogram without an end")?;
            let fail = |what: &str| Err(format!("{what}: {bucket:?}"));
            if !bucket.name.ends_with("_bucket") {
                return fail("not a bucket");
            }
            let mut labels = bucket.labels.clone();
            let Some((_, le)) = labels.pop().filter(|(label, _)| label == "le") else {
                return fail("the last label is not `le`");
            };
            if *own.get_or_insert_with(|| labels.clone()) != labels {
                return fail("of another series");
            }
            let le = match le.as_str() {
                "+Inf" => f64::INFINITY,
                le => le.parse().map_err(|_| format!("not a bound: {le}"))?,
            };
            if le <= bound || bucket.value < below {
                return fail("out of order");
            }
            (bound, below) = (le, bucket.value);
            if le == f64::INFINITY {
                break;
            }
        }
        let (sum, count) = (samples.next(), samples.next());
        let is = |sample: Option<&Sample>, ending: &str| {
            sample.is_some_and(|sample| {
                sample.name.ends_with(ending) && Some(&sample.labels) == own.as_ref()
            })
        };
        let counted = count.is_some_and(|count| count.value == below);
        if !is(sum, "_sum") || !is(count, "_count") || !counted {
            return Err(format!("a histogram that does not add up: {}", family.name));
        }
    }
    Ok(())
}

#[test]
fn reads_what_is_valid() {
    let text =
        "# HELP a_total A\\\\B\\nC\n# TYPE a_total counter\na_total{q=\"\\\"\\\\\\n\"} 1e3\n";
    let families = parse(text).unwrap();
    assert_eq!(families[0].help, "A\\B\nC");
    let sample = &families[0].samples[0];
    assert_eq!(sample.labels, [("q".to_owned(), "\"\\\n".to_owned())]);
    assert_eq!(sample.value, 1000.0);
}

#[test]
fn refuses_what_is_not() {
    let gauge = |samples: &str| format!("# HELP a A\n# TYPE a gauge\n{samples}");
    let histogram = |samples: &str| format!("# HELP a A\n# TYPE a histogram\n{samples}");
    for bad in [
        "a 1\n".to_owned(),
        "# HELP a \n# TYPE a gauge\na 1\n".to_owned(),
        gauge(""),
        gauge("a 1"),
        gauge("b 1\n"),
        gauge("a 1\na 1\n"),
        gauge("a{} 1\n"),
        gauge("a{x=\"1\",x=\"2\"} 1\n"),
        gauge("a{x=\"1\" 1\n"),
        gauge("a{x=\"\\t\"} 1\n"),
        gauge("a{x=\"1\"} inf\n"),
        gauge("a{x=\"1\"} 1 2\n"),
        gauge("a{__x=\"1\"} 1\n"),
        gauge("a{0=\"1\"} 1\n"),
        gauge("a{x=\"1\n2\"} 1\n"),
        gauge("a 1\n") + &gauge("a 2\n"),
        histogram("a_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n"),
        histogram("a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n"),
        histogram("a_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n"),
        histogram("a_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n")
            + "# HELP a_sum A\n# TYPE a_sum gauge\na_sum 1\n",
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}
