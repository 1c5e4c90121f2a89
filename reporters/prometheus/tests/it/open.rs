//! A strict reader of OpenMetrics 1.0, written from its specification and sharing nothing with the
//! writer. What it has in common with the text format it leaves to [`strict`].

use crate::strict::{self, Family, is_name, parse_sample, unescape};

/// A family, and what the text format does not have.
#[derive(Debug)]
pub(crate) struct OpenFamily {
    /// The name without `_total`.
    pub(crate) name: String,
    pub(crate) unit: Option<String>,
    /// As the text format would have it: samples that tell a beginning aside.
    pub(crate) family: Family,
    /// The samples `_created`, by their labels.
    pub(crate) created: Vec<(Vec<(String, String)>, f64)>,
    pub(crate) exemplars: Vec<Exemplar>,
}

/// What stands behind a sample.
#[derive(Debug)]
pub(crate) struct Exemplar {
    pub(crate) sample: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    pub(crate) time: f64,
}

pub(crate) fn parse(text: &str) -> Result<Vec<OpenFamily>, String> {
    let body = text.strip_suffix("# EOF\n").ok_or("no end")?;
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("the end is not a line".into());
    }
    let mut families: Vec<OpenFamily> = Vec::new();
    let mut lines = body.split_terminator('\n').peekable();
    while let Some(line) = lines.next() {
        let at = |what: &str| format!("{what}: {line:?}");
        let (name, kind) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
            .ok_or(at("no TYPE"))?;
        if !is_name(name, true) {
            return Err(at("not a metric name"));
        }
        let mut about = |what: &str| {
            let start = format!("# {what} {name} ");
            lines
                .next_if(|line| line.starts_with(&start))
                .map(|line| line[start.len()..].to_owned())
        };
        let unit = about("UNIT");
        let help = about("HELP").ok_or(at("no HELP"))?;
        let help = unescape_strictly(&help).ok_or(at("bad escape"))?;
        if unit
            .as_ref()
            .is_some_and(|unit| !name.ends_with(&format!("_{unit}")))
        {
            return Err(at("the unit is not in the name"));
        }
        let (kind, sample_name) = match kind {
            "counter" => ("counter", format!("{name}_total")),
            // What the text format calls a counter, if its name may not be one here.
            "unknown" => ("counter", name.to_owned()),
            // Likewise.
            "info" => ("gauge", format!("{name}_info")),
            "gauge" | "histogram" | "summary" => (kind, name.to_owned()),
            _ => return Err(at("not a type")),
        };
        let mut open = OpenFamily {
            name: name.to_owned(),
            unit,
            family: Family {
                name: sample_name,
                help,
                kind: kind.to_owned(),
                samples: Vec::new(),
            },
            created: Vec::new(),
            exemplars: Vec::new(),
        };
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            read_sample(&mut open, line).map_err(|what| format!("{what}: {line:?}"))?;
        }
        families.push(open);
    }
    check(&families)?;
    Ok(families)
}

/// As of the text format, but that a quote has to be escaped.
fn unescape_strictly(text: &str) -> Option<String> {
    let mut slash = false;
    let bare = text.bytes().any(|byte| {
        let bare = byte == b'"' && !slash;
        slash = byte == b'\\' && !slash;
        bare
    });
    if bare { None } else { unescape(text, true) }
}

fn read_sample(open: &mut OpenFamily, line: &str) -> Result<(), &'static str> {
    let (line, exemplar) = split_exemplar(line);
    let sample = parse_sample(line)?;
    if sample.name == format!("{}_created", open.name) && open.family.kind != "gauge" {
        open.created.push((sample.labels, sample.value));
        return Ok(());
    }
    if let Some(text) = exemplar {
        if !sample.name.ends_with("_bucket") {
            return Err("an exemplar that is not a bucket's");
        }
        let (labels, time) = text.rsplit_once(' ').ok_or("no time")?;
        let read = parse_sample(&format!("exemplar{labels}"))?;
        let length: usize = read
            .labels
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if length > 128 {
            return Err("labels that are too long");
        }
        open.exemplars.push(Exemplar {
            sample: line.to_owned(),
            labels: read.labels,
            value: read.value,
            time: time.parse().map_err(|_| "not a time")?,
        });
    }
    if open.family.kind == "summary" && sample.value < 0.0 {
        return Err("a summary of something below zero");
    }
    open.family.samples.push(sample);
    Ok(())
}

/// A sample, and what stands behind a ` # ` that is not within a label's value.
fn split_exemplar(line: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    let mut slash = false;
    for (at, byte) in line.bytes().enumerate() {
        let plain = !std::mem::take(&mut slash);
        match byte {
            b'"' if plain => quoted = !quoted,
            b'\\' if plain && quoted => slash = true,
            b'#' if !quoted => return (line[..at].trim_end(), Some(line[at + 1..].trim_start())),
            _ => {}
        }
    }
    (line, None)
}

fn check(families: &[OpenFamily]) -> Result<(), String> {
    let mut names = std::collections::HashSet::new();
    for open in families {
        let endings: &[&str] = match open.family.kind.as_str() {
            "histogram" => &["", "_bucket", "_sum", "_count", "_created"],
            "summary" => &["", "_sum", "_count", "_created"],
            "counter" if open.name != open.family.name => &["", "_total", "_created"],
            _ => &[""],
        };
        for ending in endings {
            if !names.insert(format!("{}{ending}", open.name)) {
                return Err(format!("two are called {}{ending}", open.name));
            }
        }
    }
    let mut plain = Vec::new();
    for open in families {
        let family = &open.family;
        let has = |ending| {
            let name = format!("{}{ending}", family.name);
            family.samples.iter().any(|sample| sample.name == name)
        };
        // The text format has a sum and a count always.
        if family.kind != "histogram" || (has("_sum") && has("_count")) {
            plain.push(family.clone());
        } else if has("_sum") != has("_count") {
            return Err(format!("{}: a sum without a count", family.name));
        }
    }
    plain.retain(|family| !family.samples.is_empty());
    strict::check(&plain)
}

#[test]
fn refuses_what_is_not_valid() {
    let head = "# TYPE a counter\n# HELP a A\n";
    let histogram = "# TYPE a histogram\n# HELP a A\na_bucket{le=\"+Inf\"} 1";
    let end = "\na_sum 1\na_count 1\n# EOF\n";
    let exemplar = " # {trace_id=\"1\"} 1 2";
    parse(&format!("{head}a_total 1\n# EOF\n")).unwrap();
    parse(&format!("{histogram}{exemplar}{end}")).unwrap();
    for bad in [
        format!("{head}a_total 1\n"),
        format!("{head}a 1\n# EOF\n"),
        format!("{head}a_total 1{exemplar}\n# EOF\n"),
        format!("{head}a_total 1\n# TYPE a gauge\n# HELP a A\na 1\n# EOF\n"),
        "# TYPE a gauge\n# UNIT a s\n# HELP a A\na 1\n# EOF\n".to_owned(),
        "# TYPE a gauge\n# HELP a \"\na 1\n# EOF\n".to_owned(),
        "# TYPE a untyped\n# HELP a A\na 1\n# EOF\n".to_owned(),
        "# TYPE a summary\n# HELP a A\na{quantile=\"2\"} 1\n# EOF\n".to_owned(),
        format!(
            "{histogram} # {{trace_id=\"{}\"}} 1 2{end}",
            "x".repeat(121)
        ),
        format!("{histogram}\na_sum 1\n# EOF\n"),
    ] {
        assert!(parse(&bad).is_err(), "{bad}");
    }
}
