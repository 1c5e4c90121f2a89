//! What the process is, and how its runtime fares.
//!
//! The path of the program and its arguments are not shown: they may hold secrets. Its name is.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::super::past::{Book, value};
use super::super::words::short;
use crate::card::{Card, Value};
use crate::moment::Moment;

const MEMORY: &str = "vm.memory.total";
const CPU: &str = "vm.cpu.utilization";
const CPU_TIME: &str = "vm.cpu.cumulative";
const THREADS: &str = "vm.system_counts.threads";
const FILES: &str = "vm.system_counts.open_files";
const FILES_LIMIT: &str = "vm.system_counts.open_files_limit";
const WORKERS: &str = "vm.tokio.utilization";

pub(super) struct Process {
    book: Book,
    about: About,
}

/// What does not change while the process runs.
struct About {
    program: String,
    host: Option<String>,
    cores: Option<usize>,
}

impl Process {
    pub(super) fn new() -> Self {
        let all = [MEMORY, CPU, CPU_TIME, THREADS, FILES, FILES_LIMIT, WORKERS];
        Self {
            book: Book::of(all),
            about: About::read(),
        }
    }

    pub(super) fn cards(&mut self, moment: &Moment<'_>) -> Vec<Card> {
        self.book.update(moment);
        let mut cards = vec![self.process(moment)];
        cards.extend(Handle::try_current().ok().map(|handle| tokio(&handle)));
        cards.push(self.usage());
        cards
    }

    fn process(&self, moment: &Moment<'_>) -> Card {
        let started = moment.sources.started;
        // To the second, so that nothing is sent for less.
        let uptime = moment.now.duration_since(started).unwrap_or_default();
        let About {
            program,
            host,
            cores,
        } = &self.about;
        let mut card = Card::fields("process")
            .title("Process")
            .field("Program", program.as_str())
            .field("Process id", u64::from(std::process::id()));
        if let Some(host) = host {
            card = card.field("Host", host.as_str());
        }
        let debug = if cfg!(debug_assertions) {
            ", with debug assertions"
        } else {
            ""
        };
        card.field("Built for", format!("{OS}, {ARCH}{debug}"))
            .field("Processors", *cores)
            .field("Watched since", started)
            .field("Watched for", Value::seconds(uptime.as_secs() as f64))
    }

    /// What definitions of polls know of the process.
    fn usage(&self) -> Card {
        let now = |name: &str| {
            let mut series = self.book.named(name).iter();
            series.find(|one| one.gone.is_none()).and_then(value)
        };
        let bytes = |bytes: Option<f64>| bytes.map_or_else(Value::missing, Value::bytes);
        let ratio = |ratio: Option<f64>| ratio.map_or_else(Value::missing, Value::ratio);
        let time = |time: Option<f64>| time.map_or_else(Value::missing, Value::seconds);
        let card = Card::fields("usage")
            .title("Resources")
            .field("Resident memory", bytes(now(MEMORY)))
            .field("Processor time in use", ratio(now(CPU)))
            .field("Processor time so far", time(now(CPU_TIME)))
            .field("Time of tokio's workers in use", ratio(now(WORKERS)))
            .field("Threads", now(THREADS))
            .field("Open files and sockets", now(FILES))
            .field("At most", now(FILES_LIMIT));
        if now(MEMORY).is_some() || now(CPU).is_some() || now(THREADS).is_some() {
            return card;
        }
        card.hint(
            "Nothing measures this yet: start a `telemetry_poller::Poller` with `.vm()`, and add \
             `telemetry_poller::metrics()` to the definitions.",
        )
    }
}

impl About {
    fn read() -> Self {
        Self {
            program: program(),
            host: host(),
            cores: available_parallelism().ok().map(usize::from),
        }
    }
}

/// The name of the program's file.
fn program() -> String {
    let path = std::env::current_exe().ok();
    let name = path.as_deref().and_then(Path::file_name);
    short(&name.unwrap_or_default().to_string_lossy())
}

/// The host's name, where it is there to be read.
fn host() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("HOSTNAME").ok())?;
    let name = short(name.trim());
    (!name.is_empty()).then_some(name)
}

fn tokio(handle: &Handle) -> Card {
    let metrics = handle.metrics();
    let flavor = match handle.runtime_flavor() {
        RuntimeFlavor::CurrentThread => "one thread",
        RuntimeFlavor::MultiThread => "several threads",
        _ => "another",
    };
    Card::fields("tokio")
        .title("Tokio")
        .field("Runtime", flavor)
        .field("Workers", metrics.num_workers())
        .field("Tasks alive", metrics.num_alive_tasks())
        .field("Tasks in the global queue", metrics.global_queue_depth())
        .hint("Of the runtime that serves this dashboard.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_named_without_its_path() {
        let name = program();
        assert!(!name.is_empty() && !name.contains('/'), "{name}");
    }

    #[test]
    fn a_runtime_tells_its_workers() {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .build()
            .unwrap();
        let card = tokio(runtime.handle()).whole();
        assert_eq!(card["fields"][0]["value"], "several threads");
        assert_eq!(card["fields"][1]["value"], 2);
    }
}
