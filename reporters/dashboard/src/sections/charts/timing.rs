//! [`Timing`]: how far back a chart goes, and how long its slots are.

use std::time::Duration;

use telemetry_metrics::history::History;

use super::source::time_of;
use crate::sections::words::last;
use crate::view::Range;

/// How far back, and how long a slot is at least, in milliseconds.
type Rung = (u64, u64);

/// The ranges that there are to choose from.
///
/// The history keeps ten minutes as fine as they were sampled, then groups of ten, from 100 minutes
/// on of a hundred. These steps fit into those, so a chart looks the same whether it was opened now
/// or has been open for an hour. From 17 hours on there are groups of a thousand: the slots of lines
/// share those.
const LINES: [Rung; 6] = [
    (60_000, 1_000),
    (300_000, 5_000),
    (900_000, 10_000),
    (3_600_000, 30_000),
    (21_600_000, 100_000),
    (86_400_000, 300_000),
];

/// For columns, which are wider than a point of a line.
const COLUMNS: [Rung; 6] = [
    LINES[0],
    LINES[1],
    LINES[2],
    LINES[3],
    (21_600_000, 200_000),
    (86_400_000, 1_000_000),
];

/// How far back, and how long a slot is at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timing {
    pub(super) range: Duration,
    pub(super) step: Duration,
    /// What it becomes while there is no past for all of it; the shortest first.
    pub(super) shorter: &'static [Rung],
}

impl Timing {
    pub(super) fn of(range: Range) -> Self {
        Self::on(&LINES, range)
    }

    pub(super) fn of_columns(range: Range) -> Self {
        Self::on(&COLUMNS, range)
    }

    fn on(ladder: &'static [Rung], range: Range) -> Self {
        let range = range.time();
        let is_long = |rung: &Rung| Duration::from_millis(rung.0) >= range;
        let at = ladder.iter().position(is_long).unwrap_or(ladder.len() - 1);
        Self {
            range,
            step: Duration::from_millis(ladder[at].1),
            shorter: &ladder[..at],
        }
    }

    /// The shortest that holds all the past there is: an hour of a process that is two minutes old
    /// would be empty but for its end.
    pub(super) fn holding(self, reach: Reach) -> Self {
        let holds = |rung: &&Rung| reach.is_within(Duration::from_millis(rung.0));
        match self.shorter.iter().find(holds) {
            Some((range, step)) => Self {
                range: Duration::from_millis(*range),
                step: Duration::from_millis(*step),
                shorter: self.shorter,
            },
            None => self,
        }
    }

    /// How many slots the range has at most.
    pub(super) fn slots(self, step: Duration) -> usize {
        let slots = self.range.as_nanos().div_ceil(step.as_nanos().max(1));
        usize::try_from(slots).unwrap_or(usize::MAX).clamp(1, 5_000)
    }
}

/// How far back a history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    time: Duration,
    /// Whether nothing was forgotten yet.
    is_since_start: bool,
}

impl Reach {
    pub(crate) fn of(history: &History) -> Self {
        let status = history.status();
        let (begin, newest) = (status.begin.number(), status.newest.number());
        Self {
            time: time_of(history.interval(), newest.saturating_sub(begin)),
            is_since_start: begin == 0,
        }
    }

    /// Whether a range is longer than it.
    pub(crate) fn is_within(self, range: Duration) -> bool {
        // What is old is forgotten in pieces, so there is a little more than the history is long.
        let slack = if self.is_since_start {
            Duration::ZERO
        } else {
            range / 16
        };
        self.time <= range.saturating_add(slack)
    }

    /// What was counted within a range: `in the last hour`, or as much of it as there is.
    pub(crate) fn words(self, range: Range) -> String {
        if self.time < range.time() {
            match self.is_since_start {
                true => return "since the start".to_owned(),
                false => return "as far back as the history goes".to_owned(),
            }
        }
        format!("in the {}", last(range))
    }

    /// Whether a range is longer than it because it began when the program did.
    pub(crate) fn is_start_within(self, range: Duration) -> bool {
        self.is_since_start && self.time < range
    }

    /// Why charts do not go back as far as they were asked to, if they do not.
    pub(super) fn note(self, range: Range) -> Option<String> {
        if Timing::of(range).holding(self) == Timing::of(range) {
            return None;
        }
        Some(match self.is_since_start {
            true => "Charts begin with the start of the program.".to_owned(),
            false => format!("{}.", self.told()),
        })
    }

    /// In small print.
    pub(super) fn told(self) -> String {
        let time = match self.time.as_secs() / 60 {
            0 => "less than a minute".to_owned(),
            minutes if minutes < 120 => format!("{minutes} min"),
            minutes => format!("{} h", minutes / 60),
        };
        match self.is_since_start {
            true => format!("Since the start, {time} ago"),
            false => format!("The history goes back {time}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::RANGES;

    fn young(seconds: u64) -> Reach {
        Reach {
            time: Duration::from_secs(seconds),
            is_since_start: true,
        }
    }

    #[test]
    fn a_range_that_is_longer_than_the_past_is_the_shortest_that_holds_it() {
        let of = |range: u32, age: u64| Timing::of(Range(range)).holding(young(age));
        let ranges = [0, 1, 60, 61, 300, 899, 901, 3_600, 3_601, 100_000]
            .map(|age| of(86_400, age).range.as_secs());
        let expected = [60, 60, 60, 300, 300, 900, 3_600, 3_600, 21_600, 86_400];
        assert_eq!(ranges, expected);
        for range in RANGES {
            for age in [0, 59, 61, 1_000, 20_000, 1_000_000] {
                let timing = of(range, age);
                let other = Timing::of(Range(timing.range.as_secs() as u32));
                assert_eq!(timing.step, other.step, "the step of that range");
                assert!(timing.range <= Range(range).time());
                assert!(timing.range >= Duration::from_secs(age.min(range.into())));
            }
        }
        let columns = Timing::of_columns(Range(86_400));
        assert_eq!(columns.step, Duration::from_secs(1_000));
        assert_eq!(columns.holding(young(3_601)).step, Duration::from_secs(200));
    }

    #[test]
    fn a_history_that_forgets_is_as_long_as_it_is() {
        let reach = Reach {
            time: Duration::from_secs(3_690),
            is_since_start: false,
        };
        assert_eq!(
            Timing::of(Range(86_400)).holding(reach),
            Timing {
                shorter: &LINES[..5],
                ..Timing::of(Range(3_600))
            }
        );
        assert_eq!(reach.told(), "The history goes back 61 min");
        assert_eq!(reach.words(Range(3_600)), "in the last hour");
        let note = reach.note(Range(86_400));
        assert_eq!(note.as_deref(), Some("The history goes back 61 min."));
        assert_eq!(reach.note(Range(3_600)), None);
        assert!(!reach.is_start_within(Duration::from_secs(86_400)));
        assert_eq!(
            reach.words(Range(21_600)),
            "as far back as the history goes"
        );
    }

    #[test]
    fn the_start_is_told_in_words() {
        let told = [0, 59, 60, 119, 7_199, 7_200, 90_000].map(|age| young(age).told());
        let ago = [
            "less than a minute",
            "less than a minute",
            "1 min",
            "1 min",
            "119 min",
            "2 h",
            "25 h",
        ];
        assert_eq!(told, ago.map(|ago| format!("Since the start, {ago} ago")));
        let note = |age: u64, range: u32| young(age).note(Range(range));
        let start = "Charts begin with the start of the program.";
        assert_eq!(note(300, 900).as_deref(), Some(start));
        assert_eq!(note(301, 900), None, "a quarter of an hour is drawn");
        assert_eq!(note(0, 60), None);
        assert!(young(299).is_start_within(Duration::from_secs(300)));
        assert!(!young(300).is_start_within(Duration::from_secs(300)));
        assert_eq!(young(3_599).words(Range(3_600)), "since the start");
        assert_eq!(young(3_600).words(Range(3_600)), "in the last hour");
    }
}
