//! Comparisons of `telemetry` with its peers.
//!
//! One command measures everything and prints Markdown: instructions, allocations, and times with
//! one and with T threads. `README.md` says what is compared and how to read it.
//!
//! A [`harness::Case`] is one thing done over and over. Each runs in a process of its own: see
//! [`harness`].

mod alloc;
mod args;
mod candidates;
mod cases;
mod goals;
mod harness;
mod original;
mod peers;
mod receiver;
mod report;
mod sink;
mod stats;
mod update;
mod valgrind;

use std::process::{Command, ExitCode};

use args::{Args, Task, USAGE};
use harness::{Case, Watch, Weight};
use report::Results;
use stats::Measured;

fn main() -> ExitCode {
    let outcome = Args::read().and_then(|args| run(&args));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    let cases = cases::all();
    let weights = cases::weights();
    let watches = cases::watches();
    let find = |id: &str| {
        cases
            .iter()
            .find(|case| case.id == id)
            .ok_or(format!("no such case: {id}"))
    };
    match &args.task {
        Task::Help => println!("{USAGE}"),
        Task::List => {
            cases.iter().for_each(|case| println!("{}", case.id));
            weights.iter().for_each(|weight| println!("{}", weight.id));
            watches.iter().for_each(|watch| println!("{}", watch.id));
        }
        Task::Obey(id) => harness::obey(find(id)?),
        Task::Calls(id) => harness::make_calls(find(id)?, args.calls),
        Task::Churn(id) => {
            let churn = find(id)?.churn.ok_or("nothing to churn")?;
            harness::run_churn(churn, args.threads, args.cycles);
        }
        Task::Weigh(id) => {
            let weight = weights.iter().find(|weight| weight.id == id);
            harness::put_on_scale(weight.ok_or("nothing to weigh")?, args.threads)?;
        }
        Task::BeWatched(id) => {
            let watch = watches.iter().find(|watch| watch.id == id);
            harness::be_watched(watch.ok_or("nothing to watch")?)?;
        }
        Task::Report => report(&cases, &weights, &watches, args)?,
    }
    Ok(())
}

fn report(
    cases: &[Case],
    weights: &[Weight],
    watches: &[Watch],
    args: &Args,
) -> Result<(), String> {
    let mut cases: Vec<&Case> = cases.iter().filter(|case| args.selects(&case.id)).collect();
    cases.sort_by_key(|case| case.is_only_flooded);
    let called = cases.partition_point(|case| !case.is_only_flooded);
    let weights: Vec<&Weight> = weights.iter().filter(|w| args.selects(w.id)).collect();
    let watches: Vec<&Watch> = watches.iter().filter(|w| args.selects(w.id)).collect();
    if cases.is_empty() && weights.is_empty() && watches.is_empty() {
        return Err("no case has that in its id; see --list".to_owned());
    }
    let mut results = vec![Measured::default(); cases.len()];
    if args.instructions && called > 0 {
        if valgrind::is_installed() {
            valgrind::count(&cases[..called], args, &mut results[..called])?;
        } else {
            eprintln!("valgrind is not installed: no instruction counts");
        }
    }
    if called > 0 {
        harness::measure(&cases[..called], args, &mut results[..called])?;
    }
    for (case, result) in cases.iter().zip(&mut results) {
        if case.churn.is_some() && args.times {
            eprintln!("churn {}", case.id);
            result.churn = Some(harness::churn(&case.id, args)?);
        }
        if case.is_flooded && args.times {
            eprintln!("flood {}", case.id);
            result.flood = Some(harness::flood(&case.id, args)?);
        }
    }
    let mut weighed = Vec::with_capacity(weights.len());
    for weight in weights {
        eprintln!("weigh {}", weight.id);
        weighed.push((weight, harness::weigh(weight.id, args)?));
    }
    let mut seen = Vec::with_capacity(watches.len());
    for watch in watches.into_iter().filter(|_| args.times) {
        eprintln!("watch {}", watch.id);
        seen.push((watch, harness::watch(watch, args)?));
    }
    let originals = match &args.beam {
        Some(checkouts) if args.times => original::measure(checkouts, args)?,
        _ => Vec::new(),
    };
    let results = Results {
        cases: cases.into_iter().zip(results).collect(),
        weights: weighed,
        watches: seen,
        originals,
    };
    let machine = machine();
    print!("{}", results.markdown(args, &machine));
    if let Some(path) = &args.json {
        let text = format!("{:#}\n", results.json(args, &machine));
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    for path in &args.update {
        let in_file = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let document = std::fs::read_to_string(path).map_err(|error| in_file(&error))?;
        let sections = results.sections(args, &machine);
        let updated = update::update(&document, &sections, cfg!(feature = "tsc"))
            .map_err(|error| in_file(&error))?;
        std::fs::write(path, updated).map_err(|error| in_file(&error))?;
    }
    Ok(())
}

/// Processor, cores, compiler.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
    let compiler = Command::new(std::env::var("RUSTC").unwrap_or("rustc".to_owned()))
        .arg("--version")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    format!(
        "{}, {cores} cores; {}.",
        model.as_deref().unwrap_or(std::env::consts::ARCH),
        compiler.as_deref().unwrap_or("rustc of unknown version"),
    )
}
