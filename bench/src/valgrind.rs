//! Instructions per call, counted by callgrind.
//!
//! Each case runs alone under `valgrind --tool=callgrind`, which counts only inside
//! `measured_calls`, and only on the thread that is inside: background threads of a peer cost it
//! nothing here. The count is free of noise, so the cases run in parallel.
//!
//! Where other threads do a part of the work, everything that the process does is counted as well, and
//! then once more with twice as many calls: the difference is what these calls cost all threads
//! together. Batches begin and end where they like, so that is true to some per cent.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::args::Args;
use crate::harness::{Case, this_program};
use crate::stats::Measured;

/// Whether valgrind can be run.
pub fn is_installed() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Counts for all the cases.
///
/// # Errors
///
/// If one of them could not be counted.
pub fn count(cases: &[&Case], args: &Args, results: &mut [Measured]) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let per_call = |case: &Case| {
        let calls = case.scaled(args.calls);
        let here = count_one(&case.id, calls, &HERE)? as f64 / calls as f64;
        let everywhere = if case.is_counted_everywhere {
            count_everywhere(&case.id, calls, here)?
        } else {
            None
        };
        Ok::<_, String>((here, everywhere))
    };
    let counts = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    eprint!("\rinstructions {} of {}   ", at + 1, cases.len());
                    let count = per_call(case);
                    counts.lock().expect("nobody panics").push((at, count));
                }
            });
        }
    });
    eprintln!();
    for (at, count) in counts.into_inner().expect("nobody panics") {
        let (here, everywhere) = count?;
        results[at].instructions = Some(here);
        results[at].everywhere = everywhere;
    }
    Ok(())
}

/// What is counted of the calling thread.
const HERE: [&str; 1] = ["--toggle-collect=*measured_calls*"];

/// Everything but what a dependency of a peer does before `main`: it looks at a clock for a while. In
/// this order: whoever toggles begins with nothing, if not told otherwise afterwards.
const EVERYWHERE: [&str; 2] = [
    "--toggle-collect=*fastant*init*ctor",
    "--collect-atstart=yes",
];

/// All threads together cannot have less to do than one of them. A batch more or less has to be
/// allowed for.
const ALL_OF_IT: f64 = 0.8;

/// So many calls that the ways in which two processes differ, as maps are hashed with a seed, are nothing
/// beside them.
const LEAST: u64 = 64;

/// What a call costs all threads; `None` if that cannot be true.
fn count_everywhere(id: &str, calls: u64, here: f64) -> Result<Option<f64>, String> {
    // They are slow, and there are two of them.
    let calls = (calls / 2).max(LEAST);
    let once = count_one(id, calls, &EVERYWHERE)?;
    let twice = count_one(id, calls * 2, &EVERYWHERE)?;
    let each = twice.saturating_sub(once) as f64 / calls as f64;
    if each < here * ALL_OF_IT {
        eprintln!("\n{id}: {here} instructions, but {each} on all threads: left out");
        return Ok(None);
    }
    Ok(Some(each))
}

fn count_one(id: &str, calls: u64, what: &[&str]) -> Result<u64, String> {
    let program = this_program()?.get_program().to_owned();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(what)
        .arg(program)
        .args(["--make-calls", id, "--calls", &calls.to_string()])
        .output()
        .map_err(|error| format!("{id}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    collected(&said)
        .filter(|count| *count > 0)
        .ok_or_else(|| format!("{id}: callgrind counted nothing:\n{said}"))
}

/// `==123== Collected : 4567`
fn collected(said: &str) -> Option<u64> {
    let (_, rest) = said.split_once("Collected : ")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_callgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 32016\n==7== \n";
        assert_eq!(collected(said), Some(32_016));
        assert_eq!(collected("killed"), None);
    }
}
