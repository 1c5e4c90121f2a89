//! How much of the heap a series holds.
//!
//! Bytes that are live, by the counting allocator, over many series: what is shared by all of them
//! disappears, and what a map has to spare is a part of it. Threads take turns but stay alive, so
//! whatever belongs to a thread is one per thread.

use std::sync::Barrier;

use crate::alloc::{self, Mode};

/// Recorded by every thread beforehand, so that what a thread or a table needs once is there.
const WARM: usize = 64;

/// Something that has series.
pub struct Weight {
    /// Unique; what filters and promises refer to.
    pub id: &'static str,
    /// What it is, for people.
    pub label: &'static str,
    /// How many series are weighed.
    pub series: usize,
    /// How many samples each of them gets from each thread.
    pub samples: usize,
    /// Sets up that many series, of which there are none yet. Called once, in a process of its own.
    pub prepare: fn(usize) -> Scale,
}

/// Something to be weighed, set up.
pub struct Scale {
    /// Records one sample: which series, and which of its samples.
    pub record: Box<dyn Fn(usize, usize) + Send + Sync>,
    /// Run before each look at the scale: whatever is to be done regularly.
    pub settle: Box<dyn Fn()>,
    /// How many samples have been recorded, by what keeps them.
    pub total: Box<dyn Fn() -> u64>,
}

/// Prints bytes per series of one thread, per further thread, and per further sample.
///
/// # Errors
///
/// If samples are missing.
pub fn put_on_scale(weight: &Weight, threads: usize) -> Result<(), String> {
    let scale = (weight.prepare)(WARM + weight.series);
    let record = &scale.record;
    // First everybody warms up; then one thread; then the others; then that one thread again.
    let turns: Vec<usize> = (0..threads).chain(0..threads).chain([0]).collect();
    let barrier = Barrier::new(threads + 1);
    let mut held = Vec::with_capacity(turns.len());
    std::thread::scope(|scope| {
        for this in 0..threads {
            let (turns, barrier) = (&turns, &barrier);
            scope.spawn(move || {
                for (turn, whose) in turns.iter().enumerate() {
                    barrier.wait();
                    if *whose == this {
                        let series = if turn < threads {
                            0..WARM
                        } else {
                            WARM..WARM + weight.series
                        };
                        for series in series {
                            (0..weight.samples).for_each(|sample| record(series, sample));
                        }
                    }
                    barrier.wait();
                }
                // What belongs to a thread goes with it, so it stays for the last look.
                barrier.wait();
            });
        }
        for turn in 0..turns.len() {
            if turn == threads {
                alloc::count(Mode::Live);
            }
            barrier.wait();
            barrier.wait();
            (scale.settle)();
            held.push(alloc::live());
        }
        barrier.wait();
    });
    alloc::count(Mode::Off);
    let samples = weight.samples * (WARM * threads + weight.series * (threads + 1));
    let total = (scale.total)();
    if total != samples as u64 {
        return Err(format!("of {samples} samples, {total} are there"));
    }
    let [one, .., all, again] = held[threads..] else {
        return Err("at least two threads".to_owned());
    };
    let series = weight.series as f64;
    println!(
        "{} {} {}",
        one as f64 / series,
        (all - one) as f64 / series / (threads - 1) as f64,
        (again - all) as f64 / series / weight.samples as f64,
    );
    Ok(())
}
