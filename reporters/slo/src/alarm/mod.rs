//! [`Alarm`]: a number that must not be above a limit, such as how full a channel is.

use std::time::Duration;

use crate::policy::Severity;

/// What an alarm looks at, for each combination of tags by itself.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reading {
    /// The latest value of a last value, in the definition's base unit.
    Latest(String),
    /// The latest value of one definition as a share of another one's with the same tags.
    Share {
        /// What is taken.
        part: String,
        /// What there is.
        of: String,
    },
    /// How much a counter or a sum has risen within a time, all series of the names together by tags.
    Rise {
        /// The definitions, or the library's own such as `telemetry.reporter.failed`.
        definitions: Vec<String>,
        /// Within which time.
        within: Duration,
    },
}

/// Something that is full, or fails, for too long.
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

    /// `ChannelFull`: a channel is fuller than four fifths for two minutes.
    pub fn channel_depth(depth: impl Into<String>, capacity: impl Into<String>) -> Self {
        let reading = Reading::Share {
            part: depth.into(),
            of: capacity.into(),
        };
        Self::new("ChannelFull", reading, 0.8)
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
    pub fn limit(&self) -> f64 {
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
