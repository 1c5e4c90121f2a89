//! One measurement of a running poller: when it is due, whether it runs, how it fared.

use std::time::{Duration, Instant};

use crate::info::MeasurementInfo;
use crate::measurement::{Ending, Function, Measurement};

/// What stops an asynchronous run.
#[cfg(feature = "tokio")]
pub(crate) type Abort = tokio::task::AbortHandle;
#[cfg(not(feature = "tokio"))]
pub(crate) type Abort = std::convert::Infallible;

/// A run that has begun and not ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) sequence: u64,
    /// When it has taken too long; `None` is never.
    pub(crate) deadline: Option<Instant>,
    pub(crate) abort: Option<Abort>,
}

pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) info: MeasurementInfo,
    pub(crate) timeout: Duration,
    pub(crate) every: u32,
    /// `None` while it runs, and after the stop.
    pub(crate) function: Option<Function>,
    pub(crate) run: Option<Run>,
    /// Why it is in the queue, if it is.
    pub(crate) queued: Option<Cause>,
    /// Somebody asked for a run while one was going on, and wants another.
    pub(crate) again: bool,
    /// Runs and requests are numbered together. The last run that has ended, or was given up.
    pub(crate) settled: u64,
    /// The next tick at which it is due.
    pub(crate) next_tick: u64,
    /// Its last run ended just before this tick; those before have been missed.
    not_before: u64,
    /// The first tick at which it runs again.
    pub(crate) resting_until: u64,
}

/// Why a measurement is in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Tick,
    Request,
}

/// What becomes of a measurement at a tick.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AtTick {
    NotDue,
    Rests,
    /// The run before has not ended, or ended after this tick.
    Missed,
    Runs,
    /// It was asked for, and is in the queue already.
    RunsAnyway,
}

impl Entry {
    pub(crate) fn new(id: u64, measurement: Measurement, timeout: Duration) -> Self {
        Self {
            id,
            info: MeasurementInfo::new(measurement.name),
            timeout: measurement.timeout.unwrap_or(timeout),
            every: measurement.every,
            function: Some(measurement.function),
            run: None,
            queued: None,
            again: false,
            settled: 0,
            next_tick: 0,
            not_before: 0,
            resting_until: 0,
        }
    }

    /// Decides, and counts.
    pub(crate) fn at_tick(&mut self, tick: u64) -> AtTick {
        if tick < self.next_tick {
            return AtTick::NotDue;
        }
        let every = u64::from(self.every).max(1);
        self.next_tick = (tick / every).saturating_add(1).saturating_mul(every);
        if self.queued == Some(Cause::Request) {
            // For the tick as well from here on: at the next one it is late.
            self.queued = Some(Cause::Tick);
            AtTick::RunsAnyway
        } else if self.run.is_some() || self.queued.is_some() || tick < self.not_before {
            self.info.missed += 1;
            AtTick::Missed
        } else if tick < self.resting_until {
            self.info.skipped += 1;
            AtTick::Rests
        } else {
            AtTick::Runs
        }
    }

    /// Takes the function out, to be run.
    pub(crate) fn begin(&mut self, sequence: u64, now: Instant) -> Option<Function> {
        self.queued = None;
        let function = self.function.take()?;
        self.run = Some(Run {
            sequence,
            deadline: now.checked_add(self.timeout),
            abort: None,
        });
        self.info.running_since = Some(now);
        Some(function)
    }

    /// Whether the run that goes on has taken too long, and this was not known.
    pub(crate) fn expires(&self, now: Instant) -> bool {
        let deadline = self.run.as_ref().and_then(|run| run.deadline);
        !self.info.hanging && deadline.is_some_and(|deadline| deadline <= now)
    }

    /// The run has taken too long: nobody waits for it any more. `sequence` is the last request.
    pub(crate) fn expire(&mut self, sequence: u64) {
        self.info.hanging = true;
        self.again = false;
        self.settled = sequence;
        self.timed_out();
    }

    /// A run has ended, just before the tick `after`. Answers for how many of its periods it rests,
    /// if this is the failure of an ordinary run.
    pub(crate) fn end(
        &mut self,
        sequence: u64,
        ending: Ending,
        after: u64,
        max_rest: u32,
    ) -> Option<u64> {
        let expired = self.info.hanging;
        self.run = None;
        self.info.hanging = false;
        self.info.running_since = None;
        self.info.runs += 1;
        self.settled = self.settled.max(sequence);
        self.not_before = after;
        match ending {
            // It was counted when its time was over.
            _ if expired => {}
            Ending::Done | Ending::Gone => {
                self.info.failures_in_a_row = 0;
                self.resting_until = 0;
                return None;
            }
            Ending::Failed(error) => self.failed(error),
            Ending::Late => self.timed_out(),
            #[cfg(feature = "tokio")]
            Ending::Dropped => self.failed("the tokio runtime dropped it: is it shut down?".into()),
        }
        // Counted from the end of the failure: what fails by taking long rests as well.
        let periods = rest(self.info.failures_in_a_row, max_rest);
        let ticks = periods.saturating_mul(self.every.into());
        self.resting_until = after.saturating_add(ticks);
        (!expired).then_some(periods)
    }

    fn timed_out(&mut self) {
        self.info.timeouts += 1;
        self.failed(format!("it took longer than {:?}", self.timeout));
    }

    fn failed(&mut self, error: String) {
        self.info.failures += 1;
        self.info.failures_in_a_row = self.info.failures_in_a_row.saturating_add(1);
        self.info.last_error = Some(error);
    }
}

/// For how many periods to skip a measurement that has failed `in_a_row` times.
fn rest(in_a_row: u32, max: u32) -> u64 {
    let doubled = 1u64
        .checked_shl(in_a_row.saturating_sub(1))
        .unwrap_or(u64::MAX);
    doubled.min(max.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(every: u32) -> Entry {
        let measurement = Measurement::new("m", || {}).every(every);
        Entry::new(0, measurement, Duration::from_secs(1))
    }

    fn due(entry: &mut Entry, ticks: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut ticks: Vec<u64> = ticks.into_iter().collect();
        ticks.retain(|tick| entry.at_tick(*tick) == AtTick::Runs);
        ticks
    }

    fn run(entry: &mut Entry, ending: Ending, after: u64) -> Option<u64> {
        let function = entry.begin(1, Instant::now());
        let rest = entry.end(1, ending, after, 32);
        entry.function = function;
        rest
    }

    #[test]
    fn rests_double_up_to_the_cap() {
        let rests: Vec<u64> = (1..=7).map(|n| rest(n, 20)).collect();
        assert_eq!(rests, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(rest(1, 0), 0, "no rest at all");
        assert_eq!(rest(u32::MAX, u32::MAX), u64::from(u32::MAX));
    }

    #[test]
    fn every_nth_tick_is_the_first_seen_and_then_the_multiples() {
        assert_eq!(due(&mut entry(1), 5..9), [5, 6, 7, 8]);
        assert_eq!(due(&mut entry(3), 4..13), [4, 6, 9, 12]);
        // The poller was late, and a multiple was among the ticks that it did not see.
        assert_eq!(due(&mut entry(10), [0, 8, 12, 13, 20]), [0, 12, 20]);
        assert_eq!(due(&mut entry(u32::MAX), [0, 1, u64::MAX]), [0, u64::MAX]);
    }

    #[test]
    fn ticks_during_a_run_are_missed_and_counted() {
        let mut entry = entry(1);
        let function = entry.begin(1, Instant::now());
        assert_eq!(due(&mut entry, [1, 2]), []);
        entry.end(1, Ending::Done, 5, 32);
        entry.function = function;
        // The clock's thread is late: the run was still going on at the fourth.
        assert_eq!(due(&mut entry, [4, 5]), [5]);
        assert_eq!(entry.info.missed, 3);
    }

    #[test]
    fn a_tick_during_a_run_that_fails_is_missed_and_not_skipped() {
        let mut entry = entry(1);
        assert_eq!(run(&mut entry, Ending::Failed("no".into()), 3), Some(1));
        assert_eq!(due(&mut entry, [2, 3, 4]), [4]);
        assert_eq!((entry.info.missed, entry.info.skipped), (1, 1));
    }

    #[test]
    fn rests_are_counted_in_its_own_periods() {
        let mut entry = entry(10);
        assert_eq!(run(&mut entry, Ending::Failed("no".into()), 1), Some(1));
        assert_eq!(due(&mut entry, 1..25), [20], "it rests until the 11th");
        assert_eq!(run(&mut entry, Ending::Failed("no".into()), 21), Some(2));
        assert_eq!(due(&mut entry, 25..70), [50, 60], "and until the 41st");
        assert_eq!(run(&mut entry, Ending::Done, 61), None);
        assert_eq!(entry.info.failures_in_a_row, 0);
    }

    #[test]
    fn a_run_that_took_too_long_is_counted_once() {
        let mut entry = entry(1);
        let begin = Instant::now();
        entry.begin(1, begin);
        assert!(!entry.expires(begin + Duration::from_millis(999)));
        assert!(entry.expires(begin + Duration::from_secs(1)));
        entry.expire(4);
        assert!(!entry.expires(begin + Duration::from_secs(2)));
        assert!(entry.info.hanging && entry.info.runs == 0);
        assert_eq!(entry.settled, 4);

        assert_eq!(entry.end(1, Ending::Failed("late".into()), 7, 32), None);
        let info = &entry.info;
        assert_eq!((info.runs, info.failures, info.timeouts), (1, 1, 1));
        assert!(!info.hanging && info.running_since.is_none());
        assert_eq!(info.last_error.as_deref(), Some("it took longer than 1s"));
        assert_eq!((entry.resting_until, entry.settled), (8, 4));
    }

    #[test]
    fn a_timeout_beyond_the_clock_is_none() {
        let mut entry = Entry::new(0, Measurement::new("m", || {}), Duration::MAX);
        let begin = Instant::now();
        entry.begin(1, begin);
        assert!(!entry.expires(begin + Duration::from_secs(1 << 30)));
    }
}
