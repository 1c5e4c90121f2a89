//! [`Watch`] of an alarm: which of its series are above the limit, and for how long.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::ring::Ring;
use super::state::{Lamp, Turn};
use super::total::Total;
use crate::alarm::{Alarm, Reading};
use crate::report::{AlarmReport, AlertState, Worst};

/// So many series of one alarm may be pending or firing at once; more would tell nothing new.
const MOST_WRONG: usize = 256;

/// So many series that rose and went away are remembered; where tags come and go faster than that, one of
/// them more or less makes no difference.
const MOST_GONE: usize = 1_024;

/// The tags of a series, sorted by their keys.
pub(crate) type Tags = Vec<(String, String)>;

/// What one series says: of a rise the counter, else what is compared with the limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub(crate) tags: Tags,
    pub(crate) value: f64,
    /// Whether the series is older than an alarm's time, so that what it says at first is no news.
    pub(crate) is_old: bool,
}

/// One alarm, over time.
#[derive(Debug)]
pub(super) struct Watch {
    alarm: Alarm,
    /// Of a rise, all series; else none.
    rises: HashMap<Tags, Rise>,
    /// Whether series were looked at before, so that one that is not among them is new.
    has_begun: bool,
    /// Those that are pending or firing.
    wrong: HashMap<Tags, Lamp>,
    worst: Option<Worst>,
    state: AlertState,
    since: Duration,
    fired: u64,
}

#[derive(Debug)]
struct Rise {
    total: Total,
    ring: Ring<f64>,
}

/// What happened to an alarm, and the worst of its series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) turn: Turn,
    pub(crate) worst: Option<Worst>,
    pub(crate) series: usize,
}

impl Watch {
    pub(super) fn new(alarm: &Alarm) -> Self {
        Self {
            alarm: alarm.clone(),
            rises: HashMap::new(),
            has_begun: false,
            wrong: HashMap::new(),
            worst: None,
            state: AlertState::Inactive,
            since: Duration::ZERO,
            fired: 0,
        }
    }

    pub(super) fn evaluate(&mut self, now: Duration, points: &[Point]) -> Option<Change> {
        let values = match self.alarm.reading {
            Reading::Rise { within, .. } => self.rises(now, within, points),
            _ => points
                .iter()
                .map(|point| (point.tags.clone(), point.value))
                .collect(),
        };
        self.worst = worst(&values);
        let firing = self.turn(now, &values);
        let state = if firing > 0 {
            AlertState::Firing
        } else if self.wrong.is_empty() {
            AlertState::Inactive
        } else {
            AlertState::Pending
        };
        let before = std::mem::replace(&mut self.state, state);
        if before == state {
            return None;
        }
        let lasted = now.saturating_sub(std::mem::replace(&mut self.since, now));
        let turn = match (before, state) {
            (_, AlertState::Firing) => Turn::Fired,
            (AlertState::Firing, _) => Turn::Resolved(lasted),
            _ => return None,
        };
        self.fired += u64::from(turn == Turn::Fired);
        Some(Change {
            turn,
            worst: self.worst.clone(),
            series: firing,
        })
    }

    /// Turns the lamps of all series; how many fire.
    fn turn(&mut self, now: Duration, values: &[(Tags, f64)]) -> usize {
        let (hold, keep, limit) = (self.alarm.hold, self.alarm.keep, self.alarm.limit);
        let is_wrong = |value: f64| value > limit;
        let now_wrong: HashSet<&Tags> = values
            .iter()
            .filter(|(_, value)| is_wrong(*value))
            .map(|(tags, _)| tags)
            .collect();
        self.wrong.retain(|tags, lamp| {
            lamp.turn(now, now_wrong.contains(tags), hold, keep);
            lamp.state() != AlertState::Inactive
        });
        for tags in now_wrong {
            if self.wrong.len() >= MOST_WRONG {
                break;
            }
            if !self.wrong.contains_key(tags) {
                let mut lamp = Lamp::default();
                lamp.turn(now, true, hold, keep);
                self.wrong.insert(tags.clone(), lamp);
            }
        }
        let is_firing = |lamp: &&Lamp| lamp.state() == AlertState::Firing;
        self.wrong.values().filter(is_firing).count()
    }

    /// How much each series has risen.
    fn rises(&mut self, now: Duration, within: Duration, points: &[Point]) -> Vec<(Tags, f64)> {
        let mut there: HashSet<&Tags> = HashSet::with_capacity(points.len());
        for point in points {
            there.insert(&point.tags);
            if let Some(rise) = self.rises.get_mut(&point.tags) {
                let total = rise.total.read(point.value);
                rise.ring.push(now, total);
                continue;
            }
            // One that appears later has risen from nothing, however long it says that it has been counted:
            // the library's own series are there from when they count anything.
            let is_known = point.is_old && !self.has_begun;
            let before = if is_known { point.value } else { 0.0 };
            let mut rise = Rise {
                total: Total::from(before),
                ring: Ring::new(within, now, 0.0),
            };
            rise.total.read(point.value);
            self.rises.insert(point.tags.clone(), rise);
        }
        self.has_begun = true;
        // One that went away is forgotten when the window is past it.
        let mut gone = 0;
        self.rises.retain(|tags, rise| {
            if there.contains(tags) {
                return true;
            }
            rise.ring.push(now, rise.total.now());
            let is_new = !rise.ring.is_idle() || rise.ring.newest().1 != rise.total.now();
            gone += usize::from(is_new);
            is_new && gone <= MOST_GONE
        });
        let rise = |(tags, rise): (&Tags, &Rise)| {
            let by = rise.total.now() - rise.ring.base();
            (tags.clone(), by.max(0.0))
        };
        self.rises.iter().map(rise).collect()
    }

    pub(super) fn report(&self, now: Duration) -> AlarmReport {
        let alarm = &self.alarm;
        let is_firing = |lamp: &&Lamp| lamp.state() == AlertState::Firing;
        AlarmReport {
            name: alarm.name.clone(),
            summary: alarm.summary.clone(),
            labels: alarm.labels.clone(),
            severity: alarm.severity,
            reading: alarm.reading.clone(),
            limit: alarm.limit,
            worst: self.worst.clone(),
            state: self.state,
            lasting: now.saturating_sub(self.since),
            series: self.wrong.values().filter(is_firing).count(),
            fired: self.fired,
        }
    }
}

/// The highest; of several the first by its tags.
fn worst(values: &[(Tags, f64)]) -> Option<Worst> {
    let worst = values
        .iter()
        .filter(|(_, value)| !value.is_nan())
        .max_by(|(tags, value), (others, other)| value.total_cmp(other).then(others.cmp(tags)))?;
    Some(Worst {
        tags: worst.0.clone(),
        value: worst.1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_that_come_and_go_take_a_bounded_room() {
        let mut watch = Watch::new(&Alarm::panics("process.panic.count"));
        let mut now = Duration::ZERO;
        for round in 0..50 {
            let point = |n| Point {
                tags: vec![("who".to_owned(), format!("{round} {n}"))],
                value: 1.0,
                is_old: false,
            };
            let points: Vec<Point> = (0..100).map(point).collect();
            watch.evaluate(now, &points);
            assert!(watch.rises.len() <= MOST_GONE + 100);
            now += Duration::from_secs(1);
        }
        assert_eq!(
            watch.rises.len(),
            MOST_GONE + 100,
            "as many as there is room for"
        );
        assert_eq!(watch.state, AlertState::Firing);
        for _ in 0..3 {
            now += Duration::from_secs(700);
            watch.evaluate(now, &[]);
        }
        assert_eq!((watch.rises.len(), watch.state), (0, AlertState::Inactive));
    }
}
