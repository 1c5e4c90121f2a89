//! [`Report`]: how all objectives and alarms stand.

use std::time::{Duration, SystemTime};

use crate::alarm::Reading;
use crate::objective::Measured;
use crate::policy::Severity;

/// How all objectives and alarms stood at the last evaluation.
///
/// It is of this process alone and begins when the process does: the budget of a service is that of
/// all its instances together, which a server that scrapes them knows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// When that was.
    pub at: SystemTime,
    /// Since when there have been evaluations.
    pub running: Duration,
    /// How many evaluations there have been.
    pub evaluations: u64,
    /// How many of them came so late that another should have been before.
    pub late: u64,
    /// In the order in which they were given.
    pub objectives: Vec<ObjectiveReport>,
    /// In the order in which they were given.
    pub alarms: Vec<AlarmReport>,
}

impl Report {
    /// The objective of this name.
    #[must_use]
    pub fn objective(&self, name: &str) -> Option<&ObjectiveReport> {
        self.objectives.iter().find(|one| one.name == name)
    }

    /// The first alarm of this name.
    #[must_use]
    pub fn alarm(&self, name: &str) -> Option<&AlarmReport> {
        self.alarms.iter().find(|one| one.name == name)
    }

    /// The most urgent of what fires.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let objectives = self.objectives.iter().filter_map(ObjectiveReport::severity);
        let firing = |alarm: &&AlarmReport| alarm.state == AlertState::Firing;
        let alarms = self.alarms.iter().filter(firing);
        objectives.chain(alarms.map(|alarm| alarm.severity)).max()
    }
}

/// How an objective stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ObjectiveReport {
    /// Its name.
    pub name: String,
    /// What is promised, in words.
    pub description: Option<String>,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Which definitions it is evaluated from.
    pub measured: Measured,
    /// Which share has to be good.
    pub target: f64,
    /// Over which time.
    pub window: Duration,
    /// How much of that time is known: "since start, 2 h of 30 d".
    pub covered: Duration,
    /// How much counted in that time: events, or what they measure.
    pub valid: f64,
    /// How much of it was bad.
    pub bad: f64,
    /// Which share of it was good; `None` if nothing counted.
    pub ratio: Option<f64>,
    /// Which share of the error budget is left: 1 if nothing was bad, 0 if the target is met exactly,
    /// less than that if it is missed.
    pub budget_left: f64,
    /// How fast the budget burns, over each window of the policy, the shortest first.
    pub burns: Vec<BurnReport>,
    /// In the order of the policy.
    pub alerts: Vec<AlertReport>,
}

impl ObjectiveReport {
    /// The burn rate over the window of this length; `None` without traffic, too.
    #[must_use]
    pub fn burn_rate(&self, window: Duration) -> Option<f64> {
        let burn = self.burns.iter().find(|burn| burn.window == window)?;
        burn.rate
    }

    /// The most urgent of its alerts that fire.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let alerts = self.alerts.iter();
        let firing = alerts.filter(|alert| alert.state == AlertState::Firing);
        firing.map(|alert| alert.severity).max()
    }

    /// Whether any of its alerts fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.severity().is_some()
    }
}

/// How fast a budget burns over one window.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BurnReport {
    /// The window.
    pub window: Duration,
    /// How much of it is known.
    pub covered: Duration,
    /// How much counted in it.
    pub valid: f64,
    /// How much of it was bad.
    pub bad: f64,
    /// The share of errors as a multiple of the share that is allowed; `None` if nothing counted, or less
    /// than [`min_events`](crate::Objective::min_events).
    pub rate: Option<f64>,
}

/// How one alert of an objective stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AlertReport {
    /// Who has to know.
    pub severity: Severity,
    /// The long window.
    pub long: Duration,
    /// The short one.
    pub short: Duration,
    /// Above which burn rate it fires.
    pub factor: f64,
    /// The burn rate over the long window, as of now: what is compared with the factor. As long as a
    /// process is younger than the short window, what is not known of that counts as good, at the same
    /// traffic.
    pub long_rate: Option<f64>,
    /// The same over the short one.
    pub short_rate: Option<f64>,
    /// Whether it fires.
    pub state: AlertState,
    /// For how long it has been in that state.
    pub lasting: Duration,
    /// How often it has fired.
    pub fired: u64,
}

/// How an alarm stands.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AlarmReport {
    /// Its name.
    pub name: String,
    /// What is wrong when it fires, in words.
    pub summary: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Who has to know.
    pub severity: Severity,
    /// What it looks at.
    pub reading: Reading,
    /// Above what it fires.
    pub limit: f64,
    /// The highest reading, and of which series; `None` if there is none.
    pub worst: Option<Worst>,
    /// Whether it fires for any series.
    pub state: AlertState,
    /// For how long it has been in that state.
    pub lasting: Duration,
    /// For how many series it fires; of more than 256 it is told no more.
    pub series: usize,
    /// How often it has begun to fire.
    pub fired: u64,
}

/// A reading of one series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Worst {
    /// The series' tags, sorted by their keys.
    pub tags: Vec<(String, String)>,
    /// In the definition's base unit; a share of 1; or how many more.
    pub value: f64,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AlertState {
    /// All is well.
    #[default]
    Inactive,
    /// Something is wrong, but not for long enough.
    Pending,
    /// Somebody has to know.
    Firing,
}

impl AlertState {
    /// `inactive`, `pending` or `firing`: Prometheus's words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}
