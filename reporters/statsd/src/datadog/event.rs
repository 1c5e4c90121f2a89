//! [`DatadogEvent`]: something that happened, for Datadog's event explorer.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::LONGEST_NOTE;
use super::field::{escaped, push_field};
use super::outbox::{NotSent, Tail};

/// Datadog's own limits, in characters.
const LONGEST_TITLE: usize = 100;
const LONGEST_TEXT: usize = 4_000;
const LONGEST_KEY: usize = 100;

/// How important an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Priority {
    /// What Datadog takes an event for that says nothing.
    #[default]
    Normal,
    /// Not worth much attention.
    Low,
}

/// How an event is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AlertType {
    /// What Datadog takes an event for that says nothing.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something to look at.
    Warning,
    /// Something went wrong.
    Error,
}

/// Something that happened, sent by an [`Outbox`](crate::Outbox).
///
/// A title is cut to 100 characters, a text to 4,000, an aggregation key to 100, and a text also so
/// that the whole is at most 8,192 bytes; those are Datadog's limits. Line ends are kept.
///
/// ```
/// use telemetry_statsd::{AlertType, DatadogEvent};
///
/// let event = DatadogEvent::new("Payments are refused", "the bank answers 503\nsince 12:01")
///     .alert_type(AlertType::Error)
///     .aggregation_key("payments")
///     .tag("bank", "north");
/// # let _ = event;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an event does nothing until it is sent"]
pub struct DatadogEvent {
    title: String,
    text: String,
    date: SystemTime,
    host: Option<String>,
    aggregation_key: Option<String>,
    priority: Option<Priority>,
    source: Option<String>,
    alert_type: Option<AlertType>,
    tags: Vec<(String, String)>,
}

impl DatadogEvent {
    /// An event that happens now. A title has to have something in it, a text may be empty.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            text: text.into(),
            date: SystemTime::now(),
            host: None,
            aggregation_key: None,
            priority: None,
            source: None,
            alert_type: None,
            tags: Vec::new(),
        }
    }

    /// When it happened, if not when it was made; in whole seconds.
    pub fn at(mut self, date: SystemTime) -> Self {
        self.date = date;
        self
    }

    /// The host it is about, if not the one that the agent runs on.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Events of one key are shown together.
    pub fn aggregation_key(mut self, key: impl Into<String>) -> Self {
        self.aggregation_key = Some(key.into());
        self
    }

    /// How important it is.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Datadog's name of the technology it comes from, `nginx`.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// How it is shown.
    pub fn alert_type(mut self, alert_type: AlertType) -> Self {
        self.alert_type = Some(alert_type);
        self
    }

    /// Adds a tag; an empty value leaves it out. The reporter's global tags are added to all events.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    pub(super) fn line(&self, tail: &Tail) -> Result<String, NotSent> {
        let title = escaped(&self.title, LONGEST_TITLE, LONGEST_NOTE);
        if title.trim().is_empty() {
            return Err(NotSent::Empty);
        }
        let mut fields = format!("|d:{}", seconds(self.date));
        push_text(&mut fields, "h", self.host.as_deref());
        let key: Option<String> = self
            .aggregation_key
            .as_ref()
            .map(|key| key.chars().take(LONGEST_KEY).collect());
        push_text(&mut fields, "k", key.as_deref());
        let priority = self.priority.map(|priority| match priority {
            Priority::Normal => "normal",
            Priority::Low => "low",
        });
        push_text(&mut fields, "p", priority);
        push_text(&mut fields, "s", self.source.as_deref());
        let alert_type = self.alert_type.map(|alert_type| match alert_type {
            AlertType::Info => "info",
            AlertType::Success => "success",
            AlertType::Warning => "warning",
            AlertType::Error => "error",
        });
        push_text(&mut fields, "t", alert_type);
        tail.push_tags(&mut fields, &self.tags);
        fields.push_str(&tail.origin);

        // The longest header has two lengths of four digits.
        let taken = "_e{,}:|".len() + 8 + title.len() + fields.len();
        let room = LONGEST_NOTE.checked_sub(taken).ok_or(NotSent::TooLong)?;
        let text = escaped(&self.text, LONGEST_TEXT, room);
        Ok(format!(
            "_e{{{},{}}}:{title}|{text}{fields}",
            title.len(),
            text.len()
        ))
    }
}

/// Seconds since the epoch; what was before it is the epoch.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

pub(super) fn push_text(fields: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        let _ = write!(fields, "|{name}:");
        push_field(fields, text);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn tail() -> Tail {
        Tail::new("env:prod".into(), "|c:in-7".into())
    }

    #[test]
    fn all_fields_stand_in_the_order_of_datadogs_clients() {
        let event = DatadogEvent::new("a|b", "c\nd")
            .at(at(9))
            .host("h|1")
            .aggregation_key("k 1")
            .priority(Priority::Low)
            .source("s")
            .alert_type(AlertType::Warning)
            .tag("x:y", "z,1")
            .tag("none", "");
        assert_eq!(
            event.line(&tail()).unwrap(),
            "_e{3,4}:a|b|c\\nd|d:9|h:h_1|k:k 1|p:low|s:s|t:warning|#x_y:z_1,env:prod|c:in-7"
        );
        assert_eq!(
            DatadogEvent::new("é", "").at(at(9)).line(&Tail::default()),
            Ok("_e{2,0}:é||d:9".into())
        );
    }

    #[test]
    fn texts_are_cut_to_datadogs_limits() {
        let event =
            DatadogEvent::new("t".repeat(200), "é".repeat(5_000)).aggregation_key("k".repeat(200));
        let line = event.at(at(9)).line(&tail()).unwrap();
        assert!(
            line.starts_with(&format!("_e{{100,7952}}:{}|é", "t".repeat(100))),
            "{line}"
        );
        assert!(line.contains(&format!("|k:{}|#", "k".repeat(100))));
        assert!(line.len() <= LONGEST_NOTE, "{}", line.len());
        let line = DatadogEvent::new("t", "x".repeat(5_000))
            .line(&tail())
            .unwrap();
        assert!(line.starts_with("_e{1,4000}:t|x"));
    }

    #[test]
    fn what_is_no_event_is_not_sent() {
        for title in ["", " \t"] {
            let event = DatadogEvent::new(title, "x");
            assert_eq!(event.line(&tail()), Err(NotSent::Empty));
        }
        let host = "h".repeat(9_000);
        let event = DatadogEvent::new("t", "x").host(host);
        assert_eq!(event.line(&tail()), Err(NotSent::TooLong));
    }

    proptest! {
        #[test]
        fn whatever_is_in_it_is_one_line_of_the_lengths_it_says(
            title in any::<String>(), text in any::<String>(), host in any::<String>(),
            key in any::<String>(), source in any::<String>(),
            tags in prop::collection::vec((any::<String>(), any::<String>()), 0..3),
        ) {
            let mut event = DatadogEvent::new(title, &text).at(at(9)).host(host)
                .aggregation_key(key).source(source);
            for (key, value) in tags {
                event = event.tag(key, value);
            }
            let Ok(line) = event.line(&tail()) else { return Ok(()) };
            prop_assert!(line.len() <= LONGEST_NOTE && !line.contains(['\n', '\r']));
            let (lengths, rest) = line[3..].split_once("}:").unwrap();
            let (title, text_length) = lengths.split_once(',').unwrap();
            let (title, text_length): (usize, usize) =
                (title.parse().unwrap(), text_length.parse().unwrap());
            prop_assert_eq!(&rest[title..=title], "|");
            let fields = &rest[title + 1 + text_length..];
            let names = fields.split('|').skip(1).map(|field| field.chars().next().unwrap());
            let names: String = names.collect();
            let mut expected = "dhksct#".chars().collect::<Vec<_>>();
            expected.retain(|name| names.contains(*name));
            prop_assert!(names.chars().all(|name| "dhks#c".contains(name)), "{}", fields);
            prop_assert_eq!(names.len(), expected.len(), "each field once: {}", fields);
        }
    }
}
