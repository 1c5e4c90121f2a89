//! A strict reading of lines, stricter than any daemon's: whatever is not exactly a line as it
//! should be is an error.

use telemetry_statsd::Format;

/// A line, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// As text, for the sign.
    pub(crate) values: Vec<String>,
    pub(crate) kind: String,
    pub(crate) rate: Option<f64>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Line {
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|text| text.parse().unwrap())
    }

    /// How many events a value stands for.
    pub(crate) fn weight(&self) -> f64 {
        1.0 / self.rate.unwrap_or(1.0)
    }
}

pub(crate) fn parse(line: &str, format: Format) -> Result<Line, String> {
    let wrong = |what: &str| Err(format!("{what}: {line:?}"));
    if line.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return wrong("white space");
    }
    let mut fields = line.split('|');
    let mut head = fields.next().unwrap_or_default().split(':');
    let name = head.next().unwrap_or_default().to_owned();
    if name.is_empty() || name.split('.').any(str::is_empty) || name.contains(['@', '#']) {
        return wrong("name");
    }
    let values: Vec<String> = head.map(str::to_owned).collect();
    let kind = fields.next().unwrap_or_default().to_owned();
    let is_packable = format == Format::Datadog && matches!(kind.as_str(), "h" | "d");
    if values.is_empty() || values.len() > 1 && !is_packable {
        return wrong("number of values");
    }
    let kinds: &[&str] = match format {
        Format::Standard => &["c", "g", "ms"],
        _ => &["c", "g", "h", "d"],
    };
    if !kinds.contains(&kind.as_str()) {
        return wrong("kind");
    }
    for value in &values {
        let unsigned = match (value.strip_prefix('+'), value.strip_prefix('-')) {
            (Some(rest), _) if kind == "g" && format == Format::Standard => rest,
            (_, Some(rest)) if rest.parse() != Ok(0.0) => rest,
            _ => value,
        };
        if !is_decimal(unsigned) {
            return wrong("value");
        }
    }
    let mut rest = fields.next();
    let mut rate = None;
    if let Some(text) = rest.and_then(|field| field.strip_prefix('@')) {
        let number = text.parse().unwrap_or(0.0);
        if !is_decimal(text) || number <= 0.0 || number >= 1.0 || kind == "c" || kind == "g" {
            return wrong("rate");
        }
        rate = Some(number);
        rest = fields.next();
    }
    let mut tags = Vec::new();
    if let Some(text) = rest.and_then(|field| field.strip_prefix('#')) {
        for tag in text.split(',') {
            match tag.split_once(':') {
                Some((key, value)) if is_tag(key) && is_tag(value) => {
                    tags.push((key.to_owned(), value.to_owned()));
                }
                _ => return wrong("tag"),
            }
        }
        if format == Format::Standard {
            return wrong("tags");
        }
        rest = fields.next();
    }
    if rest.is_some() {
        return wrong("field");
    }
    Ok(Line {
        name,
        values,
        kind,
        rate,
        tags,
    })
}

fn is_tag(text: &str) -> bool {
    !text.is_empty() && !text.contains(['#', '@', ':'])
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[test]
fn what_is_not_a_line_is_not_taken_for_one() {
    for good in ["a.b:1|c", "a:+0.5|g", "a:-1|g", "a:0|g", "a:10.25|ms|@0.25"] {
        assert!(parse(good, Format::Standard).is_ok(), "{good}");
    }
    for good in ["a:-1|c", "a:1:-2.5|h", "a:1|d|@0.5|#k:v,l:w", "a:1|g|#k:v"] {
        assert!(parse(good, Format::Datadog).is_ok(), "{good}");
    }
    for bad in [
        "",
        ":1|c",
        "a|c",
        "a:|c",
        "a:1",
        "a:1|",
        "a:1|x",
        "a:1e3|c",
        "a:-0|g",
        "a:01|c",
        "a:.5|c",
        "a:1.|c",
        "a:NaN|g",
        "a:inf|g",
        "a:1|c|",
        "a:1|c|@1",
        "a:1|ms|@0",
        "a:1|c|@0.5",
        "a b:1|c",
        "a..b:1|c",
        "a:1|c\n",
        "a:1|ms|@0.5|@0.5",
        "a:++1|g",
        "a:+1|c",
        "a:1:2|g",
    ] {
        for format in [Format::Standard, Format::Datadog] {
            assert!(parse(bad, format).is_err(), "{bad:?}");
        }
    }
    for bad in ["a:1:2|ms", "a:1|h", "a:1|c|#k:v"] {
        assert!(parse(bad, Format::Standard).is_err(), "{bad:?}");
    }
    for bad in [
        "a:1|ms",
        "a:+1|g",
        "a:1|c|#",
        "a:1|c|#k",
        "a:1|c|#k:",
        "a:1|c|#k:v,",
    ] {
        assert!(parse(bad, Format::Datadog).is_err(), "{bad:?}");
    }
}
