//! What the tests share: starting, finding numbers in snapshots, quiet panics, threads that start
//! together, and a small random number generator.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use telemetry_metrics::{
    Aggregator, Amount, Check, Data, Delta, Distribution, Family, Kind, Mark, Metric, Needs, Part,
    Reader, Series, Skip, Snapshot, StartError, Summary,
};

/// Starts an aggregator whose definitions are right.
pub(crate) fn start(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder()
        .metrics(metrics)
        .start()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The same where nothing emits what the definitions ask for, which is meant here.
pub(crate) fn start_unchecked(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder()
        .metrics(metrics)
        .check_definitions(Check::Off)
        .start()
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The problems of definitions that are wrong, as `name: problem`.
pub(crate) fn problems(metrics: impl IntoIterator<Item = Metric>) -> Vec<String> {
    match Aggregator::builder().metrics(metrics).start() {
        Ok(_) => Vec::new(),
        Err(StartError::Definitions(problems)) => problems
            .iter()
            .map(|one| format!("{}: {:?}", one.metric, one.problem))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

/// The family of this name and kind.
pub(crate) fn family<'s>(snapshot: &'s Snapshot, kind: Kind, name: &str) -> &'s Family {
    snapshot
        .families
        .iter()
        .find(|family| family.definition.name() == name && family.definition.kind() == kind)
        .unwrap_or_else(|| panic!("there is no {kind} called {name}"))
}

/// The tags of a series as people write them, `a=1,b=2`; `overflow` for the overflow series.
pub(crate) fn label(family: &Family, series: &Series) -> String {
    if series.is_overflow {
        return "overflow".into();
    }
    let tags: Vec<String> = series
        .tags(&family.definition)
        .map(|(key, text)| format!("{key}={text}"))
        .collect();
    tags.join(",")
}

/// As [`label`], of a delta.
pub(crate) fn delta_label(delta: &Delta<'_>) -> String {
    if delta.is_overflow {
        return "overflow".into();
    }
    let tags: Vec<String> = delta
        .tags()
        .map(|(key, text)| format!("{key}={text}"))
        .collect();
    tags.join(",")
}

/// How many events a series counted: of a counter, summary or distribution.
pub(crate) fn count_of(data: &Data) -> u64 {
    match data {
        Data::Counter(count) => *count,
        Data::Summary(summary) => summary.count,
        Data::Distribution(distribution) => {
            assert_eq!(distribution.count, distribution.buckets.iter().sum::<u64>());
            distribution.count
        }
        other => panic!("{other:?} does not count"),
    }
}

/// Everything that a counter, summary or distribution counted, over all its series.
pub(crate) fn total_count(snapshot: &Snapshot, kind: Kind, name: &str) -> u64 {
    family(snapshot, kind, name)
        .series
        .iter()
        .map(|series| count_of(&series.data))
        .sum()
}

/// The counts of a family by tags, sorted.
pub(crate) fn counts(snapshot: &Snapshot, kind: Kind, name: &str) -> Vec<(String, u64)> {
    let family = family(snapshot, kind, name);
    let mut counts: Vec<(String, u64)> = family
        .series
        .iter()
        .map(|series| (label(family, series), count_of(&series.data)))
        .collect();
    counts.sort();
    counts
}

/// The counts of a counter by tags, sorted.
pub(crate) fn counter_counts(aggregator: &Aggregator, name: &str) -> Vec<(String, u64)> {
    counts(&aggregator.snapshot(), Kind::Counter, name)
}

/// Makes what a comparison needs of literals.
pub(crate) fn owned(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    counts
        .iter()
        .map(|(tags, count)| ((*tags).to_owned(), *count))
        .collect()
}

/// The amount of a sum or last value.
pub(crate) fn amount_of(data: Option<&Data>) -> Option<Amount> {
    match data? {
        Data::Sum(amount) | Data::LastValue(amount) => Some(*amount),
        other => panic!("{other:?} is no amount"),
    }
}

/// The summary without tags.
pub(crate) fn summary_of(snapshot: &Snapshot, name: &str) -> Summary {
    let family = family(snapshot, Kind::Summary, name);
    match family.series.first().map(|series| &series.data) {
        Some(Data::Summary(summary)) => summary.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// The distribution without tags.
pub(crate) fn distribution_of(snapshot: &Snapshot, name: &str) -> Distribution {
    let family = family(snapshot, Kind::Distribution, name);
    match family.series.first().map(|series| &series.data) {
        Some(Data::Distribution(distribution)) => distribution.clone(),
        other => panic!("{name} is {other:?}"),
    }
}

/// The number of a self-metric; 0 if the series is not shown.
pub(crate) fn own(snapshot: &Snapshot, name: &str, tags: &[(&str, &str)]) -> u64 {
    match snapshot.find(name, tags) {
        None => 0,
        Some(Data::Counter(count)) => *count,
        Some(Data::LastValue(Amount::Real(number))) => *number as u64,
        Some(other) => panic!("{name} is {other:?}"),
    }
}

/// How many events a metric skipped for this reason.
pub(crate) fn skipped(snapshot: &Snapshot, metric: &str, reason: Skip) -> u64 {
    let tags = [("metric", metric), ("reason", reason.as_str())];
    own(snapshot, "telemetry.metric.skipped", &tags)
}

/// How many events a metric skipped for any reason.
pub(crate) fn all_skipped(snapshot: &Snapshot, metric: &str) -> u64 {
    Skip::ALL
        .iter()
        .map(|reason| skipped(snapshot, metric, *reason))
        .sum()
}

/// How often the handlers of this event have panicked: never, if the aggregator isolates what it
/// should.
pub(crate) fn handler_failures(event: &str) -> u64 {
    telemetry::list_handlers(event)
        .iter()
        .map(|row| row.failures)
        .sum()
}

/// Panics without the lines that the panic hook would write.
pub(crate) fn panic_quietly() -> ! {
    resume_unwind(Box::new("on purpose"))
}

/// Text that panics when it is wanted.
pub(crate) struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic_quietly()
    }
}

/// Everything that a reader has to say, as owned deltas.
pub(crate) struct Scanned {
    pub(crate) name: String,
    pub(crate) tags: String,
    pub(crate) data: telemetry_metrics::DeltaData,
    pub(crate) mark: Mark,
}

/// Scans, and takes nothing.
pub(crate) fn scan(reader: &mut Reader) -> Vec<Scanned> {
    let mut scanned = Vec::new();
    reader.scan(|delta| {
        scanned.push(Scanned {
            name: delta.definition.name().to_owned(),
            tags: delta_label(&delta),
            data: delta.data,
            mark: delta.mark,
        });
    });
    scanned
}

/// Scans, takes all, and returns the parts of the only series that has any.
pub(crate) fn take_parts(aggregator: &Aggregator) -> Vec<Part> {
    let mut reader = aggregator.reader(Needs::Values);
    parts(&mut reader)
}

/// As [`take_parts`], with a reader that exists already.
pub(crate) fn parts(reader: &mut Reader) -> Vec<Part> {
    let mut all = Vec::new();
    for one in scan(reader) {
        reader.take(one.mark);
        if let telemetry_metrics::DeltaData::Values(parts) = one.data {
            all.extend(parts);
        }
    }
    all
}

/// Runs `work(n)` on `threads` threads that start together, and waits for all of them.
pub(crate) fn together(threads: usize, work: impl Fn(usize) + Sync) {
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for n in 0..threads {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(n);
            });
        }
    });
}

/// Sets a flag when it is dropped, so that threads which run until then end even if a test fails.
pub(crate) struct Ends<'f>(pub(crate) &'f AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Xorshift: reproducible, and good enough to choose what fails.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    /// True once in `n` times.
    pub(crate) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Whether two numbers differ by at most this share of the second.
pub(crate) fn close(a: f64, b: f64, share: f64) -> bool {
    (a - b).abs() <= b.abs() * share
}

pub(crate) fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}
