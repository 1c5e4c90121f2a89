//! [`ServiceCheck`]: how a service fares, for Datadog's monitors.

use std::time::SystemTime;

use super::LONGEST_NOTE;
use super::event::{push_text, seconds};
use super::field::{escaped, push_field};
use super::outbox::{NotSent, Tail};

/// How a service fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CheckStatus {
    /// Well.
    Ok,
    /// Not quite well.
    Warning,
    /// Badly.
    Critical,
    /// Nobody knows.
    Unknown,
}

/// How a service fares, sent by an [`Outbox`](crate::Outbox).
///
/// The message is cut so that the whole is at most 8,192 bytes. Line ends are kept; `|` becomes `_`
/// in it, as everywhere.
///
/// ```
/// use telemetry_statsd::{CheckStatus, ServiceCheck};
///
/// let check = ServiceCheck::new("shop.database", CheckStatus::Critical)
///     .message("no connection for 30 seconds")
///     .tag("pool", "orders");
/// # let _ = check;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a service check does nothing until it is sent"]
pub struct ServiceCheck {
    name: String,
    status: CheckStatus,
    date: SystemTime,
    host: Option<String>,
    message: Option<String>,
    tags: Vec<(String, String)>,
}

impl ServiceCheck {
    /// A check that was made now. The name is sent as it is, without the reporter's prefix.
    pub fn new(name: impl Into<String>, status: CheckStatus) -> Self {
        Self {
            name: name.into(),
            status,
            date: SystemTime::now(),
            host: None,
            message: None,
            tags: Vec::new(),
        }
    }

    /// When the check was made, if not when this was; in whole seconds.
    pub fn at(mut self, date: SystemTime) -> Self {
        self.date = date;
        self
    }

    /// The host it is about, if not the one that the agent runs on.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Why it is as it is.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Adds a tag; an empty value leaves it out. The reporter's global tags are added to all checks.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    pub(super) fn line(&self, tail: &Tail) -> Result<String, NotSent> {
        if self.name.trim().is_empty() {
            return Err(NotSent::Empty);
        }
        let mut line = "_sc|".to_owned();
        push_field(&mut line, &self.name);
        line.push_str(match self.status {
            CheckStatus::Ok => "|0",
            CheckStatus::Warning => "|1",
            CheckStatus::Critical => "|2",
            CheckStatus::Unknown => "|3",
        });
        let date = seconds(self.date).to_string();
        push_text(&mut line, "d", Some(&date));
        push_text(&mut line, "h", self.host.as_deref());
        tail.push_tags(&mut line, &self.tags);
        let room = LONGEST_NOTE.checked_sub(line.len() + tail.origin.len() + "|m:".len());
        let room = room.ok_or(NotSent::TooLong)?;
        if let Some(message) = self.message.as_deref().filter(|text| !text.is_empty()) {
            line.push_str("|m:");
            // Escapes only make it longer, so what is too much now is too much then.
            let message = escaped(message, room, room).replace('|', "_");
            let message = message.replace("m:", "m\\:");
            line.push_str(cut(&message, room));
        }
        line.push_str(&tail.origin);
        Ok(line)
    }
}

/// The first so many bytes, without half a character or half an escape.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    // Its own backslashes cannot be told from those of an escape; one less does no harm.
    if end == bytes {
        text.trim_end_matches('\\')
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

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
        let check = ServiceCheck::new("db is|up", CheckStatus::Critical)
            .at(at(9))
            .host("h")
            .tag("a", "b")
            .message("m: a\nb|c");
        assert_eq!(
            check.line(&tail()).unwrap(),
            "_sc|db is_up|2|d:9|h:h|#a:b,env:prod|m:m\\: a\\nb_c|c:in-7"
        );
        let check = ServiceCheck::new("x", CheckStatus::Ok).at(at(9));
        assert_eq!(check.line(&Tail::default()).unwrap(), "_sc|x|0|d:9");
    }

    #[test]
    fn a_message_is_cut_and_never_within_an_escape() {
        let check = |message: String| {
            let check = ServiceCheck::new("x", CheckStatus::Unknown).at(at(9));
            check.message(message).line(&tail()).unwrap()
        };
        for shift in 0..3 {
            let line = check(format!("{}{}", "x".repeat(shift), "m:\n".repeat(5_000)));
            assert!(line.len() <= LONGEST_NOTE && line.len() > LONGEST_NOTE - 4);
            let message = line.strip_suffix("|c:in-7").unwrap();
            assert!(!message.ends_with('\\'), "{message}");
        }
    }

    #[test]
    fn what_is_no_check_is_not_sent() {
        let check = |name: &str| ServiceCheck::new(name, CheckStatus::Ok).line(&tail());
        assert_eq!(check(""), Err(NotSent::Empty));
        assert_eq!(check(&"n".repeat(9_000)), Err(NotSent::TooLong));
    }

    proptest! {
        #[test]
        fn whatever_is_in_it_is_one_line_of_its_own_fields(
            name in any::<String>(), host in any::<String>(), message in any::<String>(),
            tag in any::<String>(),
        ) {
            let check = ServiceCheck::new(name, CheckStatus::Warning).at(at(9)).host(host)
                .message(message).tag("tag", tag);
            let Ok(line) = check.line(&tail()) else { return Ok(()) };
            prop_assert!(line.len() <= LONGEST_NOTE && !line.contains(['\n', '\r']));
            let fields: Vec<&str> = line.split('|').collect();
            prop_assert_eq!(fields[2], "1");
            let names: Vec<char> = fields[3..].iter().filter_map(|field| field.chars().next()).collect();
            let mut expected = vec!['d', 'h', '#', 'm', 'c'];
            expected.retain(|name| names.contains(name));
            prop_assert_eq!(names, expected, "{}", line);
        }
    }
}
