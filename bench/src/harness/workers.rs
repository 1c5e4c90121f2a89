//! The threads that make the calls, inside a child process.
//!
//! They live as long as the process, so that what a thread caches is warm. In a sample all of them
//! run for the same *time* rather than for the same number of calls, in small batches, after having
//! met at a spinning gate: they really do overlap.

use std::hint::{black_box, spin_loop};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::case::{Prepared, seen_so_far};
use crate::alloc;

/// Aimed at when the size of a batch is chosen: reading the clock once per batch is then nothing.
const BATCH: Duration = Duration::from_micros(50);

/// What a worker is to do.
#[derive(Clone, Copy)]
pub enum Work {
    /// Make calls for so long, in batches of so many.
    For(Duration, u64),
    /// Make so many calls.
    Calls(u64),
}

/// What a worker, or all of them together, did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Calls made.
    pub calls: u64,
    /// Time spent making them.
    pub nanos: u64,
    /// Growth of the worker's own count of handler runs.
    pub seen: u64,
    /// Allocations, if they are counted.
    pub allocations: u64,
    /// Bytes allocated, if they are counted.
    pub bytes: u64,
}

struct Job {
    work: Work,
    arrived: Arc<AtomicUsize>,
    expected: usize,
}

/// The threads.
pub struct Workers {
    prepared: &'static Prepared,
    jobs: Vec<Sender<Job>>,
    done: Receiver<Outcome>,
    report: Sender<Outcome>,
}

impl Workers {
    /// None yet: they are started when first needed.
    pub fn new(prepared: &'static Prepared) -> Self {
        let (report, done) = channel();
        Self {
            prepared,
            jobs: Vec::new(),
            done,
            report,
        }
    }

    /// Lets the first `threads` workers do the same work at the same time.
    pub fn work(&mut self, threads: usize, work: Work) -> Outcome {
        while self.jobs.len() < threads {
            let (job, jobs) = channel();
            let (prepared, report) = (self.prepared, self.report.clone());
            std::thread::spawn(move || obey(prepared, &jobs, &report));
            self.jobs.push(job);
        }
        let arrived = Arc::new(AtomicUsize::new(0));
        for worker in &self.jobs[..threads] {
            let job = Job {
                work,
                arrived: arrived.clone(),
                expected: threads,
            };
            worker.send(job).expect("workers live for ever");
        }
        let mut total = Outcome::default();
        for _ in 0..threads {
            let one = self.done.recv().expect("a worker panicked");
            total.calls += one.calls;
            total.nanos += one.nanos;
            total.seen += one.seen;
            total.allocations += one.allocations;
            total.bytes += one.bytes;
        }
        if let Some(settle) = &self.prepared.settle {
            settle();
        }
        total
    }

    /// How many calls take about as long as a batch should; also warms everything up.
    pub fn batch(&mut self, threads: usize) -> u64 {
        let most = self
            .prepared
            .burst
            .map_or(u64::MAX, |burst| (burst / threads as u64).max(1));
        let mut batch = 16.min(most);
        loop {
            // The best of some: a first call, a page fault or an interrupt is not a long batch.
            let nanos = (0..5).map(|_| self.work(threads, Work::Calls(batch)).nanos);
            let each = Duration::from_nanos(nanos.min().unwrap_or(0) / threads as u64);
            if each >= BATCH || batch >= most {
                return batch;
            }
            batch = (batch * 2).min(most);
        }
    }
}

fn obey(prepared: &Prepared, jobs: &Receiver<Job>, report: &Sender<Outcome>) {
    while let Ok(job) = jobs.recv() {
        let (allocations, bytes) = alloc::of_this_thread();
        let seen = seen_so_far();
        job.arrived.fetch_add(1, Ordering::SeqCst);
        while job.arrived.load(Ordering::SeqCst) < job.expected {
            spin_loop();
        }
        let (calls, time) = match job.work {
            Work::For(window, batch) => run_for(prepared, window, batch),
            Work::Calls(calls) => (calls, time(prepared, calls)),
        };
        let (allocations_now, bytes_now) = alloc::of_this_thread();
        let outcome = Outcome {
            calls,
            nanos: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            seen: seen_so_far() - seen,
            allocations: allocations_now - allocations,
            bytes: bytes_now - bytes,
        };
        if report.send(outcome).is_err() {
            return;
        }
    }
}

fn run_for(prepared: &Prepared, window: Duration, batch: u64) -> (u64, Duration) {
    let mut calls = 0;
    let mut spent = Duration::ZERO;
    while spent < window {
        spent += time(prepared, batch);
        calls += batch;
        if prepared.burst.is_some()
            && let Some(settle) = &prepared.settle
        {
            settle();
        }
    }
    (calls, spent)
}

fn time(prepared: &Prepared, calls: u64) -> Duration {
    let start = Instant::now();
    measured_calls(prepared, calls);
    start.elapsed()
}

/// What callgrind is told to look at. Never inlined, so that there is a name to tell it.
#[inline(never)]
pub fn measured_calls(prepared: &Prepared, calls: u64) {
    (prepared.run)(calls);
    // Not a tail call: callgrind has to see this function end.
    black_box(calls);
}
