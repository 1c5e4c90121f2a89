//! What a request asks for: `Accept` and `Accept-Encoding`, read as RFC 9110 has them.
//!
//! The headers come from outside. They are read from front to back once, without allocation, and
//! what is not understood is passed over.

use crate::format::Format;

/// So many entries of a header are read; no client sends a tenth of it.
const MAX_ENTRIES: usize = 64;

/// The format for these values of `Accept`.
pub(crate) fn format<'h>(values: impl IntoIterator<Item = &'h str>) -> Format {
    let (mut text, mut open) = (Match::default(), Match::default());
    for entry in entries(values) {
        let Some(entry) = Entry::read(entry) else {
            continue;
        };
        text.consider(&entry, "text", "plain", "0.0.4");
        open.consider(&entry, "application", "openmetrics-text", "1.0.0");
    }
    let named = open.specificity >= Match::NAMED;
    if open.weight > text.weight || (open.weight == text.weight && open.weight > 0 && named) {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// Whether the body may be compressed by gzip, for these values of `Accept-Encoding`, and is not
/// wanted plain more.
#[cfg(feature = "gzip")]
pub(crate) fn gzip<'h>(values: impl IntoIterator<Item = &'h str>) -> bool {
    let (mut gzip, mut plain, mut other) = (None, None, None);
    for entry in entries(values) {
        let Some(entry) = Entry::read(entry) else {
            continue;
        };
        let place = match entry.name {
            name if is(name, "gzip") || is(name, "x-gzip") => &mut gzip,
            name if is(name, "identity") => &mut plain,
            "*" => &mut other,
            _ => continue,
        };
        *place = (*place).max(Some(entry.weight));
    }
    let weight = gzip.or(other).unwrap_or(0);
    weight > 0 && weight >= plain.unwrap_or(0)
}

/// How well one of our formats is described by what was read so far.
#[derive(Debug, Default)]
struct Match {
    /// 0 if nothing does, 1 for `*/*`, 2 for `type/*`, 3 for the name, 4 with its version.
    specificity: u8,
    weight: u16,
}

impl Match {
    const NAMED: u8 = 3;

    /// The entry that says most about the format gives its weight.
    fn consider(&mut self, entry: &Entry<'_>, kind: &str, subtype: &str, version: &str) {
        let specificity = match entry.name.split_once('/') {
            Some(("*", "*")) => 1,
            Some((own, "*")) if is(own, kind) => 2,
            Some((own, sub)) if is(own, kind) && is(sub, subtype) => match entry.version {
                None => Self::NAMED,
                Some(own) if own == version => Self::NAMED + 1,
                Some(_) => return,
            },
            _ => return,
        };
        if specificity > self.specificity {
            *self = Self {
                specificity,
                weight: entry.weight,
            };
        } else if specificity == self.specificity {
            self.weight = self.weight.max(entry.weight);
        }
    }
}

/// One of the things in a header, with those of its parameters that matter.
#[derive(Debug, PartialEq)]
struct Entry<'h> {
    name: &'h str,
    version: Option<&'h str>,
    /// In thousandths.
    weight: u16,
}

impl<'h> Entry<'h> {
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = Split::new(text, b';');
        let mut entry = Self {
            name: parts.next()?.trim(),
            version: None,
            weight: 1_000,
        };
        for part in parts {
            let Some((key, value)) = part.split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if is(key, "q") {
                entry.weight = weight(value)?;
                // What comes after the weight does not belong to the type.
                break;
            } else if is(key, "version") {
                entry.version = Some(value.trim_matches('"'));
            }
        }
        Some(entry)
    }
}

/// `0.25` as 250; nothing for what is no weight.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = match whole {
        "" | "0" => 0,
        "1" => 1_000,
        _ => return None,
    };
    if text == "." || text.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut digits = fraction.bytes().map(|byte| u16::from(byte - b'0'));
    let fraction = (0..3).fold(0, |sum, _| sum * 10 + digits.next().unwrap_or(0));
    Some((whole + fraction).min(1_000))
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn entries<'h>(values: impl IntoIterator<Item = &'h str>) -> impl Iterator<Item = &'h str> {
    let all = values.into_iter().flat_map(|value| Split::new(value, b','));
    all.take(MAX_ENTRIES)
}

/// The parts of a text between separators that do not stand in quotes.
struct Split<'h> {
    rest: Option<&'h str>,
    separator: u8,
}

impl<'h> Split<'h> {
    fn new(text: &'h str, separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }
}

impl<'h> Iterator for Split<'h> {
    type Item = &'h str;

    fn next(&mut self) -> Option<&'h str> {
        let rest = self.rest?;
        let (mut quoted, mut escaped) = (false, false);
        let end = rest.bytes().position(|byte| {
            let special = !std::mem::take(&mut escaped);
            match byte {
                b'"' if special => quoted = !quoted,
                b'\\' if special && quoted => escaped = true,
                _ => {}
            }
            byte == self.separator && !quoted
        });
        // The separator is ASCII, so both sides of it are whole characters.
        self.rest = end.map(|end| &rest[end + 1..]);
        Some(&rest[..end.unwrap_or(rest.len())])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_format_is_the_one_that_is_wanted_most() {
        use Format::{OpenMetrics, Text};
        let prometheus_2 = "application/openmetrics-text;version=1.0.0,\
            application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,\
            */*;q=0.1";
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
            application/openmetrics-text;version=0.0.1;q=0.5,\
            text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
            */*;q=0.2";
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;\
            encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,\
            text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        for (accept, expected) in [
            (native, OpenMetrics),
            ("", Text),
            ("*/*", Text),
            ("application/*, text/*", Text),
            ("application/*, text/*;q=0.9", OpenMetrics),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text ; Version=1.0.0", OpenMetrics),
            (
                "application/openmetrics-text; version=\"1.0.0\"",
                OpenMetrics,
            ),
            ("application/openmetrics-text; version=2.0.0", Text),
            ("application/openmetrics-text; version=0.0.1", Text),
            ("application/openmetrics-text, text/plain", OpenMetrics),
            ("text/plain, application/openmetrics-text", OpenMetrics),
            ("text/plain, application/openmetrics-text;q=0.9", Text),
            ("application/openmetrics-text, */*", OpenMetrics),
            ("application/openmetrics-text;q=0", Text),
            ("application/openmetrics-text;q=0, */*", Text),
            ("text/plain;q=0, */*;q=0.1", OpenMetrics),
            (
                "application/openmetrics-text;q=0.2, application/*;q=0.9, text/plain;q=0.5",
                Text,
            ),
            ("application/openmetrics-text;q=2", Text),
            ("application/openmetrics-text;q=", Text),
            ("application/openmetrics-text;q=0.001", OpenMetrics),
            ("application/json", Text),
            ("application/vnd.google.protobuf, text/html", Text),
            ("x=\"application/openmetrics-text, a\"", Text),
            ("a;b=\"\\\",\", application/openmetrics-text", OpenMetrics),
            ("text/html, *; q=.2, */*; q=.2", Text),
            (prometheus_2, OpenMetrics),
            (prometheus_3, OpenMetrics),
        ] {
            assert_eq!(Format::from_accept(accept), expected, "{accept}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        let values = ["text/plain;q=0.5", "application/openmetrics-text;q=0.6"];
        assert_eq!(format(values), Format::OpenMetrics);
    }

    #[test]
    fn what_is_beyond_the_limit_is_not_read() {
        let junk = "a/b,".repeat(MAX_ENTRIES - 1);
        let open = "application/openmetrics-text";
        assert_eq!(
            Format::from_accept(&format!("{junk}{open}")),
            Format::OpenMetrics
        );
        assert_eq!(Format::from_accept(&format!("{junk},{open}")), Format::Text);
    }

    #[test]
    #[cfg(feature = "gzip")]
    fn a_body_is_compressed_for_those_who_say_so() {
        for (accept, expected) in [
            ("", false),
            ("gzip", true),
            ("GZIP;q=1.0", true),
            ("x-gzip", true),
            ("deflate, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip;q=0, *", false),
            ("*", true),
            ("*;q=0", false),
            ("br, deflate", false),
            ("identity", false),
            ("gzip;q=0.5, identity", false),
            ("gzip, identity;q=0.5", true),
            ("gzipped", false),
            ("gzip;q=nonsense", false),
        ] {
            assert_eq!(gzip([accept]), expected, "{accept}");
        }
    }

    #[test]
    fn weights_are_thousandths() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1_000)),
            ("1.000", Some(1_000)),
            ("1.9", Some(1_000)),
            ("0.5", Some(500)),
            ("0.1234", Some(123)),
            (".2", Some(200)),
            ("0.", Some(0)),
            (".", None),
            ("", None),
            ("-1", None),
            ("0.x", None),
            ("2", None),
            ("NaN", None),
        ] {
            assert_eq!(weight(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_header_gives_an_answer(
            accept in prop_oneof![any::<String>(), "[a-z*/;,=q01.\" \\\\]{0,60}"],
        ) {
            let _ = Format::from_accept(&accept);
            prop_assert!(entries([accept.as_str()]).count() <= MAX_ENTRIES);
            let whole: Vec<_> = Split::new(&accept, b',').collect();
            prop_assert_eq!(whole.join(","), accept);
        }
    }
}
