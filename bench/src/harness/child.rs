//! The child's side: one process per case.
//!
//! `tracing`'s subscriber, `log`'s logger, `metrics`' recorder and our own handlers are global, and
//! some of them can be set only once; so each case has a process of its own. The parent keeps all
//! children alive and gives them orders in turn, line by line, so that a slow phase of the machine
//! hits all of them alike.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::case::{Case, Churn, Prepared, Witness, seen_so_far};
use super::workers::{Outcome, Work, Workers, measured_calls};
use crate::alloc::{self, Mode};

/// Calls in the phase that counts allocations.
const COUNTED_CALLS: u64 = 2_000;

/// Obeys orders until standard input ends: `time <threads> <microseconds>` is answered by
/// nanoseconds per call, `allocations` by allocations and bytes per call, `flood <threads> <calls>`
/// by calls made, calls that arrived, and nanoseconds per call.
pub fn obey(case: &Case) {
    let mut child = Child::new((case.prepare)());
    let mut batches = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words[..] {
            ["time", threads, micros] => {
                let threads: usize = threads.parse().expect("a number of threads");
                let window = Duration::from_micros(micros.parse().expect("a time"));
                if batches.len() <= threads {
                    batches.resize(threads + 1, None);
                }
                let batch = match batches[threads] {
                    Some(batch) => batch,
                    None => *batches[threads].insert(child.workers.batch(threads)),
                };
                child
                    .checked(threads, Work::For(window, batch))
                    .map(|outcome| format!("{}", outcome.nanos as f64 / outcome.calls as f64))
            }
            ["allocations"] => child.allocations(),
            ["flood", threads, calls] => Ok(child.flood(
                threads.parse().expect("a number of threads"),
                calls.parse().expect("a number of calls"),
            )),
            _ => Err(format!("not an order: {line}")),
        };
        let answer = answer.unwrap_or_else(|problem| format!("problem: {problem}"));
        println!("{answer}");
        let _ = std::io::stdout().flush();
    }
}

/// Makes the calls that callgrind counts, on this thread.
pub fn make_calls(case: &Case, calls: u64) {
    let prepared = (case.prepare)();
    let settle = || {
        if let Some(settle) = &prepared.settle {
            settle();
        }
    };
    // First uses resolve callsites, fill caches and create series: not what is asked here. Through
    // the closure itself, because callgrind counts from the first entry of `measured_calls`.
    let burst = prepared.burst.unwrap_or(u64::MAX);
    (prepared.run)(case.scaled(500).min(burst));
    settle();
    // As many as fit into its queue: what is dropped is cheap.
    let mut left = calls;
    while left > 0 {
        let now = left.min(burst);
        measured_calls(&prepared, now);
        settle();
        left -= now;
    }
}

/// Attaches and detaches beside emitters on all other threads. Prints the most memory that was
/// held at once, the time per cycle, and the events emitted per cycle.
pub fn churn(churn: Churn, threads: usize, cycles: u64) {
    let emit = (churn.emitter)();
    let stop = AtomicBool::new(false);
    let seen = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| {
                let before = seen_so_far();
                while !stop.load(Ordering::Relaxed) {
                    emit();
                }
                seen.fetch_add(seen_so_far() - before, Ordering::Relaxed);
            });
        }
        // What is allocated once is not what is asked here.
        (0..1_000).for_each(|_| (churn.cycle)());
        alloc::count(Mode::Live);
        let start = Instant::now();
        (0..cycles).for_each(|_| (churn.cycle)());
        let each = start.elapsed().as_nanos() as f64 / cycles as f64;
        let peak = alloc::peak();
        stop.store(true, Ordering::Relaxed);
        print!("{peak} {each} ");
    });
    println!("{}", seen.into_inner() as f64 / cycles as f64);
}

struct Child {
    prepared: &'static Prepared,
    workers: Workers,
}

impl Child {
    fn new(prepared: Prepared) -> Self {
        // For the workers, which live as long as the process.
        let prepared: &'static Prepared = Box::leak(Box::new(prepared));
        Self {
            prepared,
            workers: Workers::new(prepared),
        }
    }

    fn total(&self) -> u64 {
        match &self.prepared.witness {
            Witness::Thread(_) => 0,
            Witness::Total(_, total) | Witness::AtLeastOneIn(_, total) => total(),
        }
    }

    /// All threads at once, and no rest for anybody; how much arrives is the question, not a check.
    fn flood(&mut self, threads: usize, calls: u64) -> String {
        // So that everybody has met every series.
        self.workers.work(threads, Work::Calls(1_000));
        let before = self.total();
        let outcome = self
            .workers
            .work(threads, Work::Calls(calls.div_ceil(threads as u64)));
        let arrived = self.total() - before;
        let each = outcome.nanos as f64 / outcome.calls as f64;
        format!("{} {arrived} {each}", outcome.calls)
    }

    /// Works, and makes sure that the handlers really ran.
    fn checked(&mut self, threads: usize, work: Work) -> Result<Outcome, String> {
        let before = self.total();
        let outcome = self.workers.work(threads, work);
        let grown = self.total() - before;
        let calls = outcome.calls;
        let (saw, expected) = match self.prepared.witness {
            Witness::Thread(per_call) => (outcome.seen, per_call * calls),
            Witness::Total(per_call, _) => (grown, per_call * calls),
            Witness::AtLeastOneIn(share, _) => (grown.min(calls / share), calls / share),
        };
        if saw == expected {
            Ok(outcome)
        } else {
            Err(format!(
                "{calls} calls were seen {saw} times, not {expected}"
            ))
        }
    }

    fn allocations(&mut self) -> Result<String, String> {
        let calls = self
            .prepared
            .burst
            .map_or(COUNTED_CALLS, |burst| burst.min(COUNTED_CALLS));
        self.checked(1, Work::Calls(calls))?;
        alloc::count(Mode::Calls);
        let outcome = self.checked(1, Work::Calls(calls));
        alloc::count(Mode::Off);
        let outcome = outcome?;
        let per_call = |n: u64| n as f64 / calls as f64;
        let (allocations, bytes) = (per_call(outcome.allocations), per_call(outcome.bytes));
        Ok(format!("{allocations} {bytes}"))
    }
}
