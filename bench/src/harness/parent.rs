//! The parent's side: one child per case, all alive at once, given their orders in turn.

use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::case::Case;
use crate::args::Args;
use crate::stats::{Churned, Flooded, Measured, Times, Weighed};

/// How many processes each case gets, one after the other, each with its share of the rounds.
/// Whether two threads write to the same cache line depends on where a process happens to put
/// things, so one process might be lucky.
const PROCESSES: usize = 3;

/// Measures times and allocations of all the cases.
///
/// # Errors
///
/// If a child could not be run, or a case did not do what it must.
pub fn measure(cases: &[&Case], args: &Args, results: &mut [Measured]) -> Result<(), String> {
    for (child, result) in start_all(cases)?.iter_mut().zip(results.iter_mut()) {
        let [allocations, bytes] = child.order("allocations")?[..] else {
            return Err(format!("{}: not an answer", child.id));
        };
        result.allocations = Some(allocations);
        result.bytes = Some(bytes);
    }
    if !args.times {
        return Ok(());
    }
    let mut samples = vec![[const { Vec::new() }; 2]; cases.len()];
    for process in 0..PROCESSES {
        let rounds = process * args.rounds / PROCESSES..(process + 1) * args.rounds / PROCESSES;
        if !rounds.is_empty() {
            time(cases, &mut start_all(cases)?, rounds, args, &mut samples)?;
        }
    }
    eprintln!();
    for (result, [one, all]) in results.iter_mut().zip(samples) {
        result.one_thread = Some(Times::of(one));
        // None of a case that is measured with one thread only.
        result.all_threads = (!all.is_empty()).then(|| Times::of(all));
    }
    Ok(())
}

fn start_all(cases: &[&Case]) -> Result<Vec<Running>, String> {
    cases.iter().map(|case| Running::start(&case.id)).collect()
}

/// Samples of a case: with one thread, and with all.
type Samples = [Vec<f64>; 2];

fn time(
    cases: &[&Case],
    children: &mut [Running],
    rounds: Range<usize>,
    args: &Args,
    samples: &mut [Samples],
) -> Result<(), String> {
    let threads = [1, args.threads];
    let threads_of = |at: usize| &threads[..if cases[at].is_whole { 1 } else { 2 }];
    let micros = args.window.as_micros();
    for (at, child) in children.iter_mut().enumerate() {
        for threads in threads_of(at) {
            // Chooses the size of a batch, and warms up.
            child.order(&format!("time {threads} {micros}"))?;
        }
    }
    for round in rounds {
        eprint!("\rround {} of {}   ", round + 1, args.rounds);
        for step in 0..children.len() {
            // Another one first in each round: nobody always runs after the same neighbour.
            let at = (step + round * 7) % children.len();
            for (samples, threads) in samples[at].iter_mut().zip(threads_of(at)) {
                let answer = children[at].order(&format!("time {threads} {micros}"))?;
                samples.push(answer[0]);
            }
        }
    }
    Ok(())
}

/// Runs the churn of a case in a process of its own.
///
/// # Errors
///
/// If it could not be run, or nobody emitted meanwhile.
pub fn churn(id: &str, args: &Args) -> Result<Churned, String> {
    let output = this_program()?
        .args(["--churn", id, "--cycles", &args.cycles.to_string()])
        .args(["--threads", &args.threads.to_string()])
        .output()
        .map_err(|error| format!("{id}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match numbers(&text)[..] {
        [peak, nanos, events] if events > 0.0 => Ok(Churned {
            peak,
            nanos,
            events,
        }),
        _ => Err(format!("{id}: churn ended with {}: {text}", output.status)),
    }
}

/// Floods a case in a process of its own.
///
/// # Errors
///
/// If it could not be run.
pub fn flood(id: &str, args: &Args) -> Result<Flooded, String> {
    let order = format!("flood {} {}", args.threads, args.flood);
    match Running::start(id)?.order(&order)?[..] {
        [calls, arrived, nanos] => Ok(Flooded {
            calls,
            arrived,
            nanos,
        }),
        _ => Err(format!("{id}: not an answer")),
    }
}

/// Weighs something in a process of its own.
///
/// # Errors
///
/// If it could not be run, or did not count what it was given.
pub fn weigh(id: &str, args: &Args) -> Result<Weighed, String> {
    let output = this_program()?
        .args(["--weigh", id, "--threads", &args.threads.to_string()])
        .output()
        .map_err(|error| format!("{id}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match numbers(&text)[..] {
        [series, thread, sample] => Ok(Weighed {
            series,
            thread,
            sample,
        }),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!(
                "{id}: weighing ended with {}: {said}",
                output.status
            ))
        }
    }
}

/// A command that runs this program again.
///
/// # Errors
///
/// If the program does not know where it is.
pub fn this_program() -> Result<Command, String> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|error| format!("where is this program? {error}"))
}

struct Running {
    id: String,
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Running {
    fn start(id: &str) -> Result<Self, String> {
        let mut process = this_program()?
            .args(["--obey", id])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{id}: {error}"))?;
        let orders = process.stdin.take();
        let answers = process.stdout.take().ok_or("no pipe")?;
        Ok(Self {
            id: id.to_owned(),
            process,
            orders,
            answers: BufReader::new(answers),
        })
    }

    fn order(&mut self, order: &str) -> Result<Vec<f64>, String> {
        let problem = |what: &str| format!("{}: {what}", self.id);
        let orders = self.orders.as_mut().ok_or("no pipe")?;
        writeln!(orders, "{order}").map_err(|error| problem(&error.to_string()))?;
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .map_err(|error| problem(&error.to_string()))?;
        match numbers(&answer) {
            numbers if numbers.is_empty() => Err(problem(answer.trim_end())),
            numbers => Ok(numbers),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The end of its input ends it.
        self.orders = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace()
        .map_while(|word| word.parse().ok())
        .collect()
}
