//! [`Rule`]: which events are chosen, and what becomes of their fields.

use tracing::Level;

/// Which `tracing` events become telemetry events of one name, and how.
///
/// A field that is a number becomes a measurement, any other becomes metadata, under its own name;
/// the options change that. Two more pieces of metadata are `level` (`INFO`) and `target`, unless
/// the event has fields of those names. The text of the event is the metadata `message`.
///
/// What the crate `log` records is taken in, too, if `tracing-log` passes it on: by the target of
/// the record, with its `message`, `level` and `target`.
///
/// ```
/// use telemetry_tracing::Rule;
/// use tracing::Level;
///
/// let rule = Rule::below("tower_http", "shop.http.log")
///     .level(Level::DEBUG)
///     .millis("latency", "duration")
///     // A number, but it says which, not how much.
///     .metadata("status")
///     .rename("http.uri", "uri")
///     .leave_out("version");
/// ```
#[derive(Debug, Clone)]
pub struct Rule {
    targets: Targets,
    pub(super) event: String,
    level: Level,
    name: Option<String>,
    fields: Vec<(String, Use)>,
}

#[derive(Debug, Clone)]
pub(super) enum Targets {
    Exactly(String),
    Below(String),
    All,
}

impl Targets {
    pub(super) fn have(&self, target: &str) -> bool {
        match self {
            Self::Exactly(own) => target == own,
            Self::Below(own) => target
                .strip_prefix(&**own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::")),
            Self::All => true,
        }
    }
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Use {
    LeftOut,
    Renamed(&'static str),
    /// Metadata, although it is a number.
    Metadata,
    /// A duration, given in units of so many seconds.
    Duration(&'static str, f64),
}

impl Rule {
    fn new(targets: Targets, event: impl Into<String>) -> Self {
        Self {
            targets,
            event: event.into(),
            level: Level::TRACE,
            name: None,
            fields: Vec::new(),
        }
    }

    /// The events of exactly this target.
    #[must_use]
    pub fn target(target: impl Into<String>, event: impl Into<String>) -> Self {
        Self::new(Targets::Exactly(target.into()), event)
    }

    /// The events of this target and of those below it: `shop` is `shop`, `shop::mail`, and not
    /// `shopping`.
    #[must_use]
    pub fn below(target: impl Into<String>, event: impl Into<String>) -> Self {
        Self::new(Targets::Below(target.into()), event)
    }

    /// The events of all targets. Give it a [`level`](Self::level): whatever it chooses is
    /// recorded from now on, everywhere in the program.
    #[must_use]
    pub fn all(event: impl Into<String>) -> Self {
        Self::new(Targets::All, event)
    }

    /// What sqlx says of each query: target `sqlx::query`, `elapsed_secs` as the duration
    /// `duration`, `db.statement` as `statement`, and `elapsed`, which says it once more, left out.
    ///
    /// The measurements are `duration`, `rows_affected` and `rows_returned`, the metadata
    /// `summary`, `statement` (empty if the summary is all of it), `level` and `target`, and for
    /// slow statements `message` and `slow_threshold`. The statement is the text of the query, with
    /// whatever was written into it; bound values are not part of it.
    ///
    /// sqlx records queries at `DEBUG` and slow ones at `WARN`, unless its connection options say
    /// otherwise. `telemetry-sqlx` says more, and costs less: this is for pools that it cannot
    /// wrap.
    #[must_use]
    pub fn sqlx(event: impl Into<String>) -> Self {
        Self::target("sqlx::query", event)
            .seconds("elapsed_secs", "duration")
            .rename("db.statement", "statement")
            .leave_out("elapsed")
    }

    /// Only events of this level, or more severe ones. All levels unless told otherwise.
    ///
    /// If nothing else in the subscriber asks for less severe events, they stay as cheap as without
    /// a subscriber.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Only events of this name: what stands in `tracing::info!(name: "…", ..)`. (Without it an
    /// event's name is its place in the source.)
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes a number of seconds the measurement `key`, a duration. A value that cannot be one,
    /// such as a negative, is left out.
    #[must_use]
    pub fn seconds(self, field: impl Into<String>, key: &'static str) -> Self {
        self.uses(field, Use::Duration(key, 1.0))
    }

    /// As [`seconds`](Self::seconds), of milliseconds.
    #[must_use]
    pub fn millis(self, field: impl Into<String>, key: &'static str) -> Self {
        self.uses(field, Use::Duration(key, 1e-3))
    }

    /// Makes a number metadata: a status, a port. What is no number is metadata anyway.
    #[must_use]
    pub fn metadata(self, field: impl Into<String>) -> Self {
        self.uses(field, Use::Metadata)
    }

    /// Gives a field another key.
    #[must_use]
    pub fn rename(self, field: impl Into<String>, key: &'static str) -> Self {
        self.uses(field, Use::Renamed(key))
    }

    /// Leaves a field out.
    #[must_use]
    pub fn leave_out(self, field: impl Into<String>) -> Self {
        self.uses(field, Use::LeftOut)
    }

    /// The last word on a field counts.
    fn uses(mut self, field: impl Into<String>, what: Use) -> Self {
        let field = field.into();
        self.fields.retain(|(known, _)| *known != field);
        self.fields.push((field, what));
        self
    }

    pub(super) fn most_verbose(&self) -> Level {
        self.level
    }

    pub(super) fn use_of(&self, field: &str) -> Option<Use> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| *known == field)
            .map(|(_, what)| *what)
    }

    pub(super) fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Whether it chooses events of its targets that have this level and name, if there is a name.
    pub(super) fn fits(&self, level: Level, name: Option<&str>) -> bool {
        let own = self.name.as_deref();
        level <= self.level && (own.is_none() || name.is_none() || own == name)
    }
}
