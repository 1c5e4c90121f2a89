//! [`Value`]: what stands in a field or a cell.

use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};

/// A number with its unit, a text, a moment: what stands in a field, a figure or a cell. The browser
/// writes it as suits its unit.
///
/// ```
/// use telemetry_dashboard::Value;
///
/// let cells: [Value; 4] = [
///     "mail".into(),
///     12.into(),
///     std::time::Duration::from_millis(250).into(),
///     Value::prose("Raise `workers`."),
/// ];
/// assert_eq!(Value::number(f64::NAN), Value::missing());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Value(Json);

impl Value {
    /// Nothing: a dash.
    #[must_use]
    pub fn missing() -> Self {
        Self(Json::Null)
    }

    /// A plain number; nothing if it is not finite.
    #[must_use]
    pub fn number(number: f64) -> Self {
        Self(json!(number))
    }

    /// A number with a unit: a word that is shown behind it.
    #[must_use]
    pub fn with_unit(number: f64, unit: &str) -> Self {
        match json!(number) {
            Json::Null => Self::missing(),
            number if unit.is_empty() => Self(number),
            number => Self(json!({ "n": number, "u": unit })),
        }
    }

    /// A time in seconds, shown as `1.5 ms` or `3 h`.
    #[must_use]
    pub fn seconds(seconds: f64) -> Self {
        Self::with_unit(seconds, "seconds")
    }

    /// A size, shown as `1.5 MiB`.
    #[must_use]
    pub fn bytes(bytes: f64) -> Self {
        Self::with_unit(bytes, "bytes")
    }

    /// A share from 0 to 1, shown as a percentage.
    #[must_use]
    pub fn ratio(ratio: f64) -> Self {
        Self::with_unit(ratio, "ratio")
    }

    /// How many in a second.
    #[must_use]
    pub fn per_second(rate: f64) -> Self {
        Self::with_unit(rate, "per second")
    }

    /// A moment, shown in the reader's time zone.
    #[must_use]
    pub fn time(at: SystemTime) -> Self {
        Self(json!({ "t": milliseconds(at) }))
    }

    /// A text in a fixed-width font.
    #[must_use]
    pub fn code(text: impl Into<String>) -> Self {
        Self(json!({ "c": text.into() }))
    }

    /// A sentence, with code between backticks.
    #[must_use]
    pub fn prose(text: impl Into<String>) -> Self {
        Self(json!({ "p": text.into() }))
    }

    /// A link to a page of the dashboard (`traces?list=failed`), which shows a value.
    #[must_use]
    pub fn link(href: impl Into<String>, shown: impl Into<Self>) -> Self {
        Self(json!({ "l": href.into(), "x": shown.into().0 }))
    }

    /// Something that is there, and not shown.
    #[must_use]
    pub fn hidden() -> Self {
        Self(json!({ "h": true }))
    }

    pub(crate) fn into_json(self) -> Json {
        self.0
    }
}

/// Milliseconds since the epoch; those before it are zero.
pub(crate) fn milliseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Json::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Json::from(text))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::number(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self(Json::from(number))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self(Json::from(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self(Json::from(number))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self(Json::from(number))
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self(Json::from(number))
    }
}

impl From<Duration> for Value {
    fn from(time: Duration) -> Self {
        Self::seconds(time.as_secs_f64())
    }
}

impl From<SystemTime> for Value {
    fn from(at: SystemTime) -> Self {
        Self::time(at)
    }
}

impl<V: Into<Self>> From<Option<V>> for Value {
    fn from(value: Option<V>) -> Self {
        value.map_or_else(Self::missing, Into::into)
    }
}
