//! [`Policy`]: how fast an error budget may burn, and for how long, before somebody is told.

use std::time::Duration;

use crate::span::scaled;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Who has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// Somebody has a look on the next working day.
    Ticket,
    /// Somebody is woken up.
    Page,
}

impl Severity {
    /// `ticket` or `page`: the value of the label `severity`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Page => "page",
        }
    }
}

/// A pair of windows, and the burn rate at which it fires.
///
/// A burn rate of 1 uses up the error budget exactly at the end of the objective's window. The alert
/// fires while the rate is above `factor` over the long window, which says that it matters, *and*
/// over the short one, which says that it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnAlert {
    /// How long it must have mattered.
    pub long: Duration,
    /// How recent it must be; a twelfth of the long window is usual.
    pub short: Duration,
    /// The burn rate above which it fires.
    pub factor: f64,
    /// Who has to know.
    pub severity: Severity,
    /// How long both must have been above before it fires; the `for` of a Prometheus rule.
    pub hold: Duration,
    /// How long it goes on firing after one of them is below; the `keep_firing_for` of a Prometheus
    /// rule.
    pub keep: Duration,
}

impl BurnAlert {
    /// One that fires at once, and goes on for half of the short window.
    #[must_use]
    pub fn new(short: Duration, long: Duration, factor: f64, severity: Severity) -> Self {
        Self {
            long,
            short,
            factor,
            severity,
            hold: Duration::ZERO,
            keep: short / 2,
        }
    }
}

/// The alerts of an objective.
///
/// ```
/// use std::time::Duration;
/// use telemetry_slo::{BurnAlert, Policy, Severity};
///
/// const MINUTE: Duration = Duration::from_secs(60);
/// // For a target that leaves much room, so that high burn rates cannot be reached.
/// let policy = Policy::new([
///     BurnAlert::new(5 * MINUTE, 60 * MINUTE, 2.5, Severity::Page),
///     // It waits for ten minutes before it tells anybody.
///     BurnAlert {
///         hold: 10 * MINUTE,
///         ..BurnAlert::new(120 * MINUTE, 1_440 * MINUTE, 1.5, Severity::Ticket)
///     },
/// ]);
/// assert_eq!(policy.windows().len(), 4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    alerts: Vec<BurnAlert>,
}

impl Policy {
    /// The usual pairs, for a window of 30 days: 5 minutes and 1 hour at 14.4 (2 % of the budget in an
    /// hour) and 30 minutes and 6 hours at 6 (5 % in six hours) page; 2 hours and 1 day at 3 (10 % in a
    /// day) and 6 hours and 3 days at 1 (10 % in three days) make a ticket.
    ///
    /// Source: [The Site Reliability Workbook, chapter 5](https://sre.google/workbook/alerting-on-slos/),
    /// "Multiwindow, Multi-Burn-Rate Alerts".
    #[must_use]
    pub fn standard() -> Self {
        Self::new([
            BurnAlert::new(5 * MINUTE, HOUR, 14.4, Severity::Page),
            BurnAlert::new(30 * MINUTE, 6 * HOUR, 6.0, Severity::Page),
            BurnAlert::new(2 * HOUR, 24 * HOUR, 3.0, Severity::Ticket),
            BurnAlert::new(6 * HOUR, 72 * HOUR, 1.0, Severity::Ticket),
        ])
    }

    /// One of your own.
    #[must_use]
    pub fn new(alerts: impl IntoIterator<Item = BurnAlert>) -> Self {
        Self {
            alerts: alerts.into_iter().collect(),
        }
    }

    /// The same with all times multiplied: `scaled(1.0 / 60.0)` makes a minute of an hour, for
    /// demonstrations and tests.
    #[must_use]
    pub fn scaled(mut self, by: f64) -> Self {
        for alert in &mut self.alerts {
            for time in [
                &mut alert.long,
                &mut alert.short,
                &mut alert.hold,
                &mut alert.keep,
            ] {
                *time = scaled(*time, by);
            }
        }
        self
    }

    /// The alerts, as they were given.
    #[must_use]
    pub fn alerts(&self) -> &[BurnAlert] {
        &self.alerts
    }

    /// All windows, the shortest first, each once.
    #[must_use]
    pub fn windows(&self) -> Vec<Duration> {
        let mut windows: Vec<Duration> = self
            .alerts
            .iter()
            .flat_map(|alert| [alert.short, alert.long])
            .collect();
        windows.sort_unstable();
        windows.dedup();
        windows
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::standard()
    }
}
