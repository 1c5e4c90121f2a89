//! What the poller's threads and its handle share, under one lock.
//!
//! No user code runs under the lock, not even a destructor: what is to be dropped is handed out.
//! So the handle answers at once, whatever the measurements do.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::entry::{Abort, AtTick, Cause, Entry};
use crate::error::PollerError;
use crate::measurement::{Ending, Function, Measurement};
use crate::report::{Report, Reports};
use crate::ticks::Ticks;
use crate::worker::Duty;

pub(crate) struct State {
    pub(crate) stopping: bool,
    pub(crate) ticks: Ticks,
    /// In the order of adding, which is that of their ids.
    pub(crate) entries: Vec<Entry>,
    next_id: u64,
    next_worker: u64,
    /// Of the measurements to run next.
    queue: VecDeque<u64>,
    pub(crate) duty: Option<Duty>,
    /// Threads that run measurements: the one on duty, and those it was taken from.
    pub(crate) workers: usize,
    /// Asynchronous runs that have not ended.
    pub(crate) tasks: usize,
    pub(crate) clock_ended: bool,
    /// Runs and requests are numbered together.
    sequence: u64,
    pub(crate) reports: Reports,
    max_rest: u32,
    timeout: Duration,
}

/// A measurement taken out to be run.
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) sequence: u64,
    pub(crate) function: Function,
}

/// How many threads more than measurements there may be. Only those that hang in measurements
/// which were removed can be so many.
const SPARE_WORKERS: usize = 32;

impl State {
    pub(crate) fn new(ticks: Ticks, max_rest: u32, timeout: Duration) -> Self {
        Self {
            stopping: false,
            ticks,
            entries: Vec::new(),
            next_id: 0,
            next_worker: 0,
            queue: VecDeque::new(),
            duty: None,
            workers: 0,
            tasks: 0,
            clock_ended: false,
            sequence: 0,
            reports: Reports::default(),
            max_rest,
            timeout,
        }
    }

    /// All threads have ended, and all measurements were dropped.
    pub(crate) fn ended(&self) -> bool {
        self.clock_ended && self.workers == 0 && self.tasks == 0
    }

    /// Why no measurement of this name can be added.
    pub(crate) fn refuses(&self, name: &str) -> Option<PollerError> {
        if self.stopping {
            return Some(PollerError::Stopped);
        }
        let twice = self.entries.iter().any(|entry| entry.info.name == name);
        twice.then(|| PollerError::DuplicateMeasurement { name: name.into() })
    }

    /// Adds a checked measurement, of a new name.
    pub(crate) fn push(&mut self, new: Measurement) {
        self.entries
            .push(Entry::new(self.next_id, new, self.timeout));
        self.next_id += 1;
    }

    /// Takes a measurement out.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|one| one.info.name == name)?;
        Some(self.remove_at(index))
    }

    fn remove_at(&mut self, index: usize) -> Entry {
        let entry = self.entries.remove(index);
        if entry.queued.is_some() {
            self.queue.retain(|id| *id != entry.id);
        }
        entry
    }

    fn index(&self, id: u64) -> Option<usize> {
        self.entries
            .binary_search_by_key(&id, |entry| entry.id)
            .ok()
    }

    /// Where the measurement is whose run this is; `None` if it was removed meanwhile.
    fn running(&self, id: u64, sequence: u64) -> Option<usize> {
        let is_this = |index: &usize| {
            let run = self.entries[*index].run.as_ref();
            run.is_some_and(|run| run.sequence == sequence)
        };
        self.index(id).filter(is_this)
    }

    /// Queues what is due, if there is a tick.
    pub(crate) fn tick(&mut self, now: Instant) -> bool {
        let Some(tick) = self.ticks.take(now) else {
            return false;
        };
        let (mut runs, mut missed) = (false, false);
        for entry in &mut self.entries {
            match entry.at_tick(tick) {
                AtTick::NotDue | AtTick::Rests => {}
                AtTick::Missed => missed = true,
                AtTick::RunsAnyway => runs = true,
                AtTick::Runs => {
                    runs = true;
                    entry.queued = Some(Cause::Tick);
                    self.queue.push_back(entry.id);
                }
            }
        }
        if missed && !runs {
            self.ticks.miss();
        }
        runs
    }

    /// Queues everything; answers a ticket for [`is_served`](Self::is_served).
    pub(crate) fn request(&mut self) -> Ticket {
        self.sequence += 1;
        for entry in &mut self.entries {
            if entry.info.hanging {
                entry.settled = self.sequence;
            } else if entry.run.is_some() {
                entry.again = true;
            } else if entry.queued.is_none() && entry.function.is_some() {
                entry.queued = Some(Cause::Request);
                self.queue.push_back(entry.id);
            }
        }
        Ticket {
            sequence: self.sequence,
            before: self.next_id,
        }
    }

    /// Whether all measurements that were there at the request have run since, or were given up.
    pub(crate) fn is_served(&self, ticket: &Ticket) -> bool {
        let mut asked = self.entries.iter().filter(|one| one.id < ticket.before);
        asked.all(|entry| entry.settled >= ticket.sequence)
    }

    /// What is next in the queue.
    pub(crate) fn begin(&mut self, now: Instant) -> Option<Job> {
        while let Some(id) = self.queue.pop_front() {
            let Some(index) = self.index(id) else {
                continue;
            };
            self.sequence += 1;
            if let Some(function) = self.entries[index].begin(self.sequence, now) {
                return Some(Job {
                    id,
                    sequence: self.sequence,
                    function,
                });
            }
        }
        None
    }

    /// Notes how the run `sequence` of a task can be stopped; gives it back if it is to be stopped
    /// now.
    #[cfg(feature = "tokio")]
    pub(crate) fn can_abort(&mut self, id: u64, sequence: u64, abort: Abort) -> Option<Abort> {
        let stopping = self.stopping;
        let entry = self.running(id, sequence).map(|at| &mut self.entries[at]);
        let wanted = entry.filter(|entry| !stopping && !entry.info.hanging);
        match wanted.and_then(|entry| entry.run.as_mut()) {
            Some(run) => {
                run.abort = Some(abort);
                None
            }
            None => Some(abort),
        }
    }

    /// A run has ended, and gives its function back; handed out if it is not needed any more.
    pub(crate) fn end(
        &mut self,
        id: u64,
        sequence: u64,
        function: Function,
        ending: Ending,
        now: Instant,
    ) -> Option<Function> {
        let Some(index) = self.running(id, sequence) else {
            return Some(function);
        };
        let entry = &mut self.entries[index];
        let gone = ending == Ending::Gone;
        let ending = match ending {
            // Being cut short by the stop is no failure.
            #[cfg(feature = "tokio")]
            Ending::Dropped if self.stopping => Ending::Done,
            _ if entry.expires(now) => Ending::Late,
            other => other,
        };
        if self.stopping {
            entry.end(sequence, ending, 0, 0);
            return Some(function);
        }
        let next = self.ticks.after(now);
        if let Some(periods) = entry.end(sequence, ending, next, self.max_rest) {
            self.reports.add(Report::failed(&entry.info, periods));
        }
        if gone {
            self.remove_at(index);
            return Some(function);
        }
        entry.function = Some(function);
        if std::mem::take(&mut entry.again) {
            entry.queued = Some(Cause::Request);
            self.queue.push_back(id);
        }
        None
    }

    /// Counts the runs that have taken too long; answers how many, and which tasks to stop.
    pub(crate) fn expire(&mut self, now: Instant) -> (usize, Vec<Abort>) {
        let (mut count, mut aborts) = (0, Vec::new());
        for entry in self.entries.iter_mut().filter(|entry| entry.expires(now)) {
            entry.expire(self.sequence);
            self.reports.add(Report::hangs(&entry.info));
            aborts.extend(entry.run.as_mut().and_then(|run| run.abort.take()));
            count += 1;
        }
        (count, aborts)
    }

    /// Whether there is something to do for the worker on duty.
    pub(crate) fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.reports.wait()
    }

    /// Whether something waits, and the thread on duty does not get to it: it has been in one
    /// measurement for longer than `patience`.
    pub(crate) fn needs_worker(&self, now: Instant, patience: Duration) -> bool {
        let stuck = self.duty.as_ref().is_none_or(|duty| {
            let since = duty.busy.map(|since| now.saturating_duration_since(since));
            since.is_some_and(|since| since >= patience)
        });
        self.has_work() && stuck && self.workers <= self.entries.len() + SPARE_WORKERS
    }

    /// Puts a new worker on duty, which is yet to be started.
    pub(crate) fn hire(&mut self) -> u64 {
        let worker = self.next_worker;
        self.next_worker += 1;
        self.workers += 1;
        self.duty = Some(Duty { worker, busy: None });
        worker
    }

    /// A worker has ended, or could not be started.
    pub(crate) fn leave(&mut self, worker: u64) {
        self.workers -= 1;
        if self.duty.as_ref().is_some_and(|duty| duty.worker == worker) {
            self.duty = None;
        }
    }

    /// When the next run that goes on has taken too long.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let running = self.entries.iter().filter(|entry| !entry.info.hanging);
        running
            .filter_map(|entry| entry.run.as_ref()?.deadline)
            .min()
    }

    /// The shortest timeout of what is in the queue.
    pub(crate) fn shortest_timeout(&self) -> Option<Duration> {
        let queued = self.entries.iter().filter(|entry| entry.queued.is_some());
        queued.map(|entry| entry.timeout).min()
    }

    /// For the stop: the functions that do not run, to be dropped, and the tasks to be stopped.
    pub(crate) fn clear(&mut self) -> (Vec<Function>, Vec<Abort>) {
        self.queue.clear();
        let mut functions = Vec::new();
        let mut aborts = Vec::new();
        for entry in &mut self.entries {
            entry.queued = None;
            functions.extend(entry.function.take());
            aborts.extend(entry.run.as_mut().and_then(|run| run.abort.take()));
        }
        (functions, aborts)
    }
}

/// What a request waits for.
#[derive(Debug)]
pub(crate) struct Ticket {
    sequence: u64,
    /// Measurements added later are not waited for.
    before: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(100);

    /// With one measurement, and ticks from that moment on.
    fn one() -> (State, Instant) {
        let start = Instant::now();
        let mut state = State::new(Ticks::new(start, Duration::ZERO, PERIOD), 32, PERIOD);
        state.push(Measurement::new("m", || {}));
        (state, start)
    }

    /// Runs what is in the queue, each for so long.
    fn run(state: &mut State, now: Instant, took: Duration, ending: impl Fn() -> Ending) {
        while let Some(job) = state.begin(now) {
            state.end(job.id, job.sequence, job.function, ending(), now + took);
        }
    }

    #[test]
    fn a_request_that_falls_on_a_tick_runs_what_rests() {
        let (mut state, start) = one();
        assert!(state.tick(start));
        let fails = || Ending::Failed("no".into());
        run(&mut state, start, Duration::ZERO, fails);
        assert!(!state.tick(start + PERIOD), "it rests");

        // Whichever of the two comes first, it is one run.
        let now = start + 2 * PERIOD;
        let first = state.request();
        assert!(state.tick(now));
        assert!(!state.is_served(&first));
        run(&mut state, now, Duration::ZERO, fails);
        assert!(state.is_served(&first));

        let now = start + 3 * PERIOD;
        assert!(!state.tick(now), "it rests again");
        let second = state.request();
        run(&mut state, now, Duration::ZERO, || Ending::Done);
        assert!(state.is_served(&second));

        let info = &state.entries[0].info;
        assert_eq!((info.runs, info.skipped, info.missed), (3, 2, 0));
        assert_eq!(state.ticks.missed(), 0);
    }

    #[test]
    fn a_run_that_took_too_long_has_failed_also_if_it_ends_before_the_clock_sees_that() {
        let (mut state, start) = one();
        for (took, timeouts) in [(PERIOD / 2, 0), (PERIOD, 1), (PERIOD * 2, 2)] {
            state.request();
            run(&mut state, start, took, || Ending::Done);
            let info = &state.entries[0].info;
            assert_eq!((info.timeouts, info.failures), (timeouts, timeouts));
        }
        assert!(!state.entries[0].info.hanging);
        assert_eq!(state.expire(start + 3 * PERIOD).0, 0, "not counted again");
    }

    #[test]
    fn a_tick_that_finds_the_run_of_the_tick_before_in_the_queue_is_missed() {
        let (mut state, start) = one();
        state.request();
        assert!(state.tick(start), "asked for, and due");
        assert!(!state.tick(start + PERIOD), "by now it is late");
        run(&mut state, start + PERIOD, Duration::ZERO, || Ending::Done);
        let info = &state.entries[0].info;
        assert_eq!((info.runs, info.missed), (1, 1));
        assert_eq!(state.ticks.missed(), 1);
    }
}
