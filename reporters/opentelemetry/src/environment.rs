//! OpenTelemetry's environment variables, as its specification has them read.
//!
//! They are taken down when the builder is told to, by a function that it is given, and read when it
//! starts: only what the program does not say itself, so that only what is needed must be right.

use std::fmt;
use std::time::Duration;

use crate::transport::Signal;

/// The variables that say something. An empty one is as good as none.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    values: Vec<(&'static str, String)>,
}

/// A setting that each signal may have for itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfSignals {
    traces: &'static str,
    metrics: &'static str,
    both: &'static str,
}

impl OfSignals {
    pub(crate) fn own(self, signal: Signal) -> &'static str {
        match signal {
            Signal::Traces => self.traces,
            Signal::Metrics => self.metrics,
        }
    }

    pub(crate) fn general(self) -> &'static str {
        self.both
    }
}

macro_rules! of_signals {
    ($($constant:ident $name:literal)*) => {
        $(pub(crate) const $constant: OfSignals = OfSignals {
            traces: concat!("OTEL_EXPORTER_OTLP_TRACES_", $name),
            metrics: concat!("OTEL_EXPORTER_OTLP_METRICS_", $name),
            both: concat!("OTEL_EXPORTER_OTLP_", $name),
        };)*
        const OF_SIGNALS: &[OfSignals] = &[$($constant),*];
    };
}

of_signals! {
    ENDPOINT "ENDPOINT"
    PROTOCOL "PROTOCOL"
    HEADERS "HEADERS"
    COMPRESSION "COMPRESSION"
    TIMEOUT "TIMEOUT"
    CERTIFICATE "CERTIFICATE"
    CLIENT_CERTIFICATE "CLIENT_CERTIFICATE"
    CLIENT_KEY "CLIENT_KEY"
    INSECURE "INSECURE"
}

macro_rules! variables {
    ($($constant:ident $name:literal)*) => {
        $(pub(crate) const $constant: &str = $name;)*
        const OTHERS: &[&str] = &[$($constant),*];
    };
}

variables! {
    DISABLED "OTEL_SDK_DISABLED"
    SERVICE_NAME "OTEL_SERVICE_NAME"
    RESOURCE "OTEL_RESOURCE_ATTRIBUTES"
    TRACES_EXPORTER "OTEL_TRACES_EXPORTER"
    METRICS_EXPORTER "OTEL_METRICS_EXPORTER"
    TEMPORALITY "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
    HISTOGRAMS "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"
    SAMPLER "OTEL_TRACES_SAMPLER"
    SAMPLER_ARG "OTEL_TRACES_SAMPLER_ARG"
    SCHEDULE_DELAY "OTEL_BSP_SCHEDULE_DELAY"
    EXPORT_TIMEOUT "OTEL_BSP_EXPORT_TIMEOUT"
    MAX_QUEUE_SIZE "OTEL_BSP_MAX_QUEUE_SIZE"
    MAX_EXPORT_BATCH_SIZE "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
    METRIC_INTERVAL "OTEL_METRIC_EXPORT_INTERVAL"
    METRIC_TIMEOUT "OTEL_METRIC_EXPORT_TIMEOUT"
    PLAIN_ENDPOINT "OTLP_ENDPOINT"
}

impl Environment {
    /// Takes down what there is.
    pub(crate) fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let names = OF_SIGNALS.iter().flat_map(|names| {
            let OfSignals {
                traces,
                metrics,
                both,
            } = *names;
            [traces, metrics, both]
        });
        let values = names.chain(OTHERS.iter().copied()).filter_map(|name| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some((name, value))
        });
        Self {
            values: values.collect(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.values.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Names only: some values are secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.values.iter().map(|(name, _)| name))
            .finish()
    }
}

/// `true` or `false`.
pub(crate) fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{} is neither `true` nor `false`", quoted(text))),
    }
}

/// A time in milliseconds, not zero.
pub(crate) fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(time @ 1..) => Ok(Duration::from_millis(time)),
        _ => Err(format!(
            "{} is no number of milliseconds above zero",
            quoted(text)
        )),
    }
}

/// A limit in milliseconds; zero is none.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(0) => Ok(Duration::MAX),
        Ok(time) => Ok(Duration::from_millis(time)),
        Err(_) => Err(format!("{} is no number of milliseconds", quoted(text))),
    }
}

/// A number of things, not zero.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err(format!("{} is no number above zero", quoted(text))),
    }
}

/// `otlp` or `none`: whether to export.
pub(crate) fn exporter(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "otlp" => Ok(true),
        "none" => Ok(false),
        _ => Err(format!(
            "{} is neither `otlp` nor `none`, and there is nothing else",
            quoted(text)
        )),
    }
}

/// `key=value` pairs with commas between, both parts percent-encoded.
///
/// # Errors
///
/// A sentence without any value, which may be secret.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (at, pair) in text.split(',').enumerate() {
        if pair.trim().is_empty() {
            continue;
        }
        let wrong = |why: &str| format!("its entry {} {why}", at + 1);
        let Some((key, value)) = pair.split_once('=') else {
            return Err(wrong("is not of the form `key=value`"));
        };
        let (key, value) = (decoded(key.trim()), decoded(value.trim()));
        let Some((key, value)) = key.zip(value) else {
            return Err(wrong(
                "has a `%` that no two hexadecimal digits of a character follow",
            ));
        };
        if key.is_empty() {
            return Err(wrong("has no key"));
        }
        pairs.push((key, value));
    }
    Ok(pairs)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        if *first == b'%' {
            let [high, low, ..] = more else { return None };
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            let byte = digit(high)? * 16 + digit(low)?;
            bytes.push(u8::try_from(byte).ok()?);
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).ok()
}

/// What somebody wrote, in a line that somebody reads.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let printable = text.chars().filter(|c| !c.is_control());
    let shown: String = printable.clone().take(LONGEST).collect();
    let more = if printable.count() > LONGEST {
        ".."
    } else {
        ""
    };
    format!("`{shown}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_none() {
        let read = Environment::read(|name| match name {
            SERVICE_NAME => Some("  ".into()),
            DISABLED => Some(" true ".into()),
            _ => None,
        });
        assert_eq!(read.get(SERVICE_NAME), None);
        assert_eq!(read.get(DISABLED), Some("true"));
    }

    #[test]
    fn values_are_not_shown() {
        let read = Environment::read(|name| (name == HEADERS.both).then(|| "k=secret".into()));
        assert_eq!(format!("{read:?}"), r#"{"OTEL_EXPORTER_OTLP_HEADERS"}"#);
    }

    #[test]
    fn pairs_are_decoded() {
        let pairs = |text: &str| -> Vec<String> {
            let pairs = pairs(text).unwrap().into_iter();
            pairs.map(|(key, value)| format!("{key}:{value}")).collect()
        };
        assert_eq!(pairs("a=1, b = 2 ,,c="), ["a:1", "b:2", "c:"]);
        assert_eq!(
            pairs("authorization=Basic%20eA==,x%2Cy=%C3%A4"),
            ["authorization:Basic eA==", "x,y:ä"]
        );
        assert_eq!(pairs(""), [""; 0]);
    }

    #[test]
    fn pairs_that_are_wrong_are_told_by_their_place() {
        for (text, why) in [
            ("a=1,secret", "entry 2 is not"),
            ("a=secret%", "entry 1 has a `%`"),
            ("a=secret%2", "entry 1 has a `%`"),
            ("a=secret%+1", "entry 1 has a `%`"),
            ("a=secret%ff", "entry 1 has a `%`"),
            ("=secret", "entry 1 has no key"),
        ] {
            let said = pairs(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn numbers_are_above_zero() {
        assert_eq!(milliseconds("1500"), Ok(Duration::from_millis(1_500)));
        // Fifty days.
        let long = 50 * 24 * 3_600_000;
        assert_eq!(
            milliseconds(&long.to_string()),
            Ok(Duration::from_millis(long))
        );
        assert_eq!(limit("1500"), Ok(Duration::from_millis(1_500)));
        assert_eq!(limit("0"), Ok(Duration::MAX));
        assert!(limit("-1").is_err() && limit("1.5").is_err());
        assert_eq!(count("7"), Ok(7));
        for wrong in ["0", "-1", "1.5", "x", "99999999999999999999999"] {
            assert!(milliseconds(wrong).is_err(), "{wrong}");
            assert!(count(wrong).is_err(), "{wrong}");
        }
        assert_eq!(truth("True"), Ok(true));
        assert!(truth("1").is_err());
        assert_eq!(exporter("none"), Ok(false));
        assert_eq!(exporter("OTLP"), Ok(true));
        assert!(exporter("jaeger").is_err());
    }
}
