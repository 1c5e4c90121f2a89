//! The command line.

use std::path::PathBuf;
use std::time::Duration;

/// What `--help` prints.
pub const USAGE: &str = "\
usage: cargo run --release -- [filter ..] [options]

  filter             only cases whose id contains one of these texts
  --rounds n         interleaved rounds of timing (60)
  --window ms        length of one sample in milliseconds (5)
  --threads n        how many threads T is (available parallelism, at least 2)
  --quick            10 rounds of 3 ms, fewer calls under valgrind, all else shorter
  --flood n          calls in a flood (1000000)
  --watched s        for how many seconds a dashboard is watched (20)
  --no-instructions  do not count instructions (they need valgrind)
  --no-times         do not measure times
  --beam dir         measure the original, too; its three checkouts are there
  --json file        write every number there, too
  --update file      replace the tables that a document marks, see src/update.rs
  --list             print the ids of the cases and stop";

/// The command line, read.
pub struct Args {
    /// What to do.
    pub task: Task,
    /// Texts of which an id must contain one; empty is all.
    pub filter: Vec<String>,
    /// Rounds of timing.
    pub rounds: usize,
    /// Length of a sample.
    pub window: Duration,
    /// What T is.
    pub threads: usize,
    /// Whether instructions are counted.
    pub instructions: bool,
    /// Whether times are measured.
    pub times: bool,
    /// Calls per case under valgrind.
    pub calls: u64,
    /// Calls in a flood.
    pub flood: u64,
    /// Attach and detach cycles in a churn run.
    pub cycles: u64,
    /// For how long something is watched.
    pub watched: Duration,
    /// Where checkouts of the original are.
    pub beam: Option<PathBuf>,
    /// Where to write the numbers.
    pub json: Option<PathBuf>,
    /// Documents whose marked tables to replace.
    pub update: Vec<PathBuf>,
}

/// What a process of this program is to do.
pub enum Task {
    /// Run everything and report.
    Report,
    /// Print the ids.
    List,
    /// Print [`USAGE`].
    Help,
    /// Child: obey orders on standard input for this case.
    Obey(String),
    /// Child: make [`Args::calls`] calls of this case and end.
    Calls(String),
    /// Child: attach and detach [`Args::cycles`] times beside emitters.
    Churn(String),
    /// Child: weigh this.
    Weigh(String),
    /// Child: be watched.
    BeWatched(String),
}

impl Args {
    /// Reads the process's arguments.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn read() -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let mut args = Self {
            task: Task::Report,
            filter: Vec::new(),
            rounds: 60,
            window: Duration::from_millis(5),
            threads: cores.max(2),
            instructions: true,
            times: true,
            calls: 4_000,
            flood: 1_000_000,
            cycles: 100_000,
            watched: Duration::from_secs(20),
            beam: None,
            json: None,
            update: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--rounds" => args.rounds = number::<usize>(&value()?)?.max(1),
                "--window" => args.window = Duration::from_millis(number::<u64>(&value()?)?.max(1)),
                "--threads" => args.threads = number::<usize>(&value()?)?.clamp(2, 256),
                "--calls" => args.calls = number::<u64>(&value()?)?.max(1),
                "--flood" => args.flood = number::<u64>(&value()?)?.max(1),
                "--watched" => {
                    args.watched = Duration::from_secs(number::<u64>(&value()?)?.max(1));
                }
                "--cycles" => args.cycles = number::<u64>(&value()?)?.max(1),
                "--no-instructions" => args.instructions = false,
                "--no-times" => args.times = false,
                "--beam" => args.beam = Some(value()?.into()),
                "--json" => args.json = Some(value()?.into()),
                "--update" => args.update.push(value()?.into()),
                "--list" => args.task = Task::List,
                "--help" | "-h" => args.task = Task::Help,
                "--obey" => args.task = Task::Obey(value()?),
                "--make-calls" => args.task = Task::Calls(value()?),
                "--churn" => args.task = Task::Churn(value()?),
                "--weigh" => args.task = Task::Weigh(value()?),
                "--be-watched" => args.task = Task::BeWatched(value()?),
                "--quick" => {
                    args.rounds = 10;
                    args.window = Duration::from_millis(3);
                    args.calls = 1_000;
                    args.cycles = 20_000;
                    args.watched = Duration::from_secs(5);
                }
                unknown if unknown.starts_with('-') => return Err(format!("unknown: {unknown}")),
                _ => args.filter.push(word),
            }
        }
        Ok(args)
    }

    /// Whether the filter lets a case through.
    pub fn selects(&self, id: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|text| id.contains(text.as_str()))
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("not a number: {text}"))
}
