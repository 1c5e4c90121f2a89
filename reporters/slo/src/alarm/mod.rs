//! [`Alarm`]: a number that must not be above a limit, such as how full a channel is.

mod presets;

use std::time::Duration;

use crate::policy::Severity;
use crate::span::scaled;

/// What an alarm looks at, for each combination of tags by itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reading {
    /// The latest value of a last value, in the definition's base unit.
    Latest(String),
    /// The latest value of one definition as a share of another one's with the same tags. Of what is
    /// zero or less there is no share, so nothing is wrong.
    Share {
        /// What is taken.
        part: String,
        /// What there is.
        of: String,
    },
    /// How much a counter or a sum has risen within a time, all definitions together by tags. A series
    /// that appears has risen from zero.
    Rise {
        /// The definitions, or the library's own such as `telemetry.reporter.failed`.
        definitions: Vec<String>,
        /// Within which time.
        within: Duration,
    },
}

impl Reading {
    /// The definition that it is about: the part of a share, the first of a rise.
    #[must_use]
    pub fn definition(&self) -> &str {
        match self {
            Self::Latest(name) | Self::Share { part: name, .. } => name,
            Self::Rise { definitions, .. } => definitions.first().map_or("", String::as_str),
        }
    }
}

/// Something that is full, or fails, for too long.
///
/// Each series is looked at by itself: one that is above the limit for [`hold`](Self::hold) fires, and
/// with it the alarm. An alarm over a [rise](Reading::Rise) takes up to 2 KiB of memory for each series
/// that does rise, also for a while after it went away (of 1,024 of those at most).
///
/// ```
/// use std::time::Duration;
/// use telemetry_slo::{Alarm, Reading, Severity};
///
/// let full = Alarm::channel_depth("shop.mailbox.depth", "shop.mailbox.capacity").limit(0.9);
/// let lag = Alarm::new("ProjectionLate", Reading::Latest("shop.projection.lag".into()), 30.0)
///     .hold(Duration::from_secs(300))
///     .severity(Severity::Page)
///     .summary("The projection is half a minute behind");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "an alarm does nothing until it is handed on"]
pub struct Alarm {
    pub(crate) name: String,
    pub(crate) reading: Reading,
    pub(crate) limit: f64,
    pub(crate) hold: Duration,
    pub(crate) keep: Duration,
    pub(crate) severity: Severity,
    pub(crate) summary: String,
    pub(crate) labels: Vec<(String, String)>,
}

impl Alarm {
    /// One of your own: fires while the reading is above `limit`.
    ///
    /// The name is that of the alert, such as `ChannelFull`.
    pub fn new(name: impl Into<String>, reading: Reading, limit: f64) -> Self {
        Self {
            name: name.into(),
            reading,
            limit,
            hold: Duration::from_secs(120),
            keep: Duration::from_secs(60),
            severity: Severity::Ticket,
            summary: String::new(),
            labels: Vec::new(),
        }
    }

    /// Another name, which is that of the alert; the runbook is of the old one.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Above what it fires: base units (seconds, bytes), a share of 1, or how many more.
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = limit;
        self
    }

    /// How long a series must have been above the limit before it fires, the `for` of a Prometheus
    /// rule; two minutes for one of your own.
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// How long it goes on firing when the series is no longer above, the `keep_firing_for` of a
    /// Prometheus rule; a minute unless it is called.
    pub fn keep(mut self, keep: Duration) -> Self {
        self.keep = keep;
        self
    }

    /// Who has to know; [`Severity::Ticket`] for one of your own.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// What is wrong when it fires, in a sentence.
    pub fn summary(mut self, text: impl Into<String>) -> Self {
        self.summary = text.into();
        self
    }

    /// A label of its alert.
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((key.into(), value.into()));
        self
    }

    /// The same with all times multiplied: `scaled(1.0 / 60.0)` makes a second of a minute, for
    /// demonstrations and tests.
    pub fn scaled(mut self, by: f64) -> Self {
        self.hold = scaled(self.hold, by);
        self.keep = scaled(self.keep, by);
        if let Reading::Rise { within, .. } = &mut self.reading {
            *within = scaled(*within, by);
        }
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it looks at.
    #[must_use]
    pub fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Above what it fires.
    #[must_use]
    pub fn limit_of(&self) -> f64 {
        self.limit
    }

    /// How long it must have been above before it fires.
    #[must_use]
    pub fn held(&self) -> Duration {
        self.hold
    }

    /// How long it goes on firing when it is no more.
    #[must_use]
    pub fn kept(&self) -> Duration {
        self.keep
    }

    /// Who has to know.
    #[must_use]
    pub fn severity_of(&self) -> Severity {
        self.severity
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn summary_text(&self) -> &str {
        &self.summary
    }

    /// Its labels.
    #[must_use]
    pub fn labels(&self) -> &[(String, String)] {
        &self.labels
    }
}
