//! What is compared with what, and what has been promised.

mod promises;

pub use promises::{
    A_TENTH, ADDED, Added, DIFFERENCES, Difference, Most, NUMBERS, ORIGINALS, WEIGHTS,
};

/// Two cases of equal work, or one case and a number.
pub struct Goal {
    /// The work.
    pub work: &'static str,
    /// Id of our case.
    pub ours: &'static str,
    /// Id of the peer's case.
    pub peer: &'static str,
    /// Ours may take at most so many times the peer's instructions.
    pub instructions: Option<f64>,
    /// And so many times its time with one thread, by median and by minimum.
    pub one_thread: Option<f64>,
    /// And so many times its time with T threads.
    pub all_threads: Option<f64>,
    /// With one thread the medians alone decide.
    pub one_by_medians: bool,
    /// At T threads the medians alone decide.
    pub all_by_medians: bool,
}

const fn pair(work: &'static str, ours: &'static str, peer: &'static str) -> Goal {
    Goal {
        work,
        ours,
        peer,
        instructions: None,
        one_thread: None,
        all_threads: None,
        one_by_medians: false,
        all_by_medians: false,
    }
}

impl Goal {
    const fn instructions(self, most: f64) -> Self {
        Self {
            instructions: Some(most),
            ..self
        }
    }

    const fn one_thread(self, most: f64) -> Self {
        Self {
            one_thread: Some(most),
            ..self
        }
    }

    const fn all_threads(self, most: f64) -> Self {
        Self {
            all_threads: Some(most),
            ..self
        }
    }

    const fn one_thread_by_medians(self, most: f64) -> Self {
        Self {
            one_by_medians: true,
            ..self.one_thread(most)
        }
    }

    const fn all_threads_by_medians(self, most: f64) -> Self {
        Self {
            all_by_medians: true,
            ..self.all_threads(most)
        }
    }

    /// Not more than the other, as far as this kind of measuring can tell.
    const fn no_more(self) -> Self {
        self.instructions(SEEDS)
            .one_thread(NOISE)
            .all_threads_by_medians(NOISE)
    }
}

/// 0.7 with the operating system's clock, 0.5 with the processor's.
const SPAN: f64 = if cfg!(feature = "tsc") { 0.5 } else { 0.7 };

/// What two counts of the same thing may differ by: maps are hashed with a seed of the process, and
/// with some seeds there is more to be compared.
const SEEDS: f64 = 1.03;

/// What two measurements of the same thing may differ by.
const NOISE: f64 = 1.05;

/// Ratios that were promised, and others that are worth knowing.
pub const PAIRS: &[Goal] = &[
    pair("idle", "event.ours.none.literal", "event.tracing.none").instructions(1.0),
    pair(
        "idle, run-time name",
        "event.ours.none.runtime",
        "event.tracing.none",
    ),
    pair(
        "handler on another event",
        "event.ours.other.literal",
        "event.tracing.other",
    )
    .instructions(1.0),
    pair(
        "a visit to 3 fields",
        "event.ours.visit.literal",
        "event.tracing.visit",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "a visit to 3 fields, run-time name",
        "event.ours.visit.runtime",
        "event.tracing.visit",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "3 fields by name",
        "event.ours.by_name.literal",
        "event.tracing.by_name",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair(
        "3 fields by name, run-time name",
        "event.ours.by_name.runtime",
        "event.tracing.by_name",
    )
    .instructions(0.8)
    .one_thread(0.75)
    .all_threads(0.75),
    pair("no-op", "event.ours.noop.literal", "event.tracing.noop"),
    pair(
        "8 no-ops",
        "event.ours.eight.literal",
        "event.tracing.eight",
    ),
    pair("idle span", "span.ours.none.literal", "span.tracing.none"),
    pair(
        "idle span, `in_scope`",
        "span.ours.none.in_scope",
        "span.tracing.none.in_scope",
    ),
    pair(
        "idle span, future",
        "span.ours.none.wrap",
        "span.tracing.none.instrument",
    ),
    pair(
        "visited span",
        "span.ours.visit.literal",
        "span.tracing.timed",
    ),
    pair(
        "visited span, against a layer",
        "span.ours.visit.literal",
        "span.tracing.layer",
    ),
    pair(
        "visited span, `in_scope`",
        "span.ours.visit.in_scope",
        "span.tracing.timed.in_scope",
    ),
    pair(
        "visited span, future",
        "span.ours.visit.wrap",
        "span.tracing.timed.instrument",
    ),
    pair(
        "span into a summary",
        "span.ours.summary.bare",
        "span.otel.batch.bare",
    )
    .instructions(SPAN)
    .one_thread(SPAN)
    .all_threads(SPAN),
    pair(
        "span with 2 fields into a summary",
        "span.ours.summary.tagged",
        "span.otel.batch",
    )
    .instructions(SPAN)
    .one_thread(SPAN)
    .all_threads(SPAN),
    pair(
        "counter and distribution, 64 series",
        "metric.ours.64",
        "metric.prometheus-client.64",
    )
    .instructions(0.6)
    .one_thread(0.6),
    pair(
        "counter and distribution, one series",
        "metric.ours.one",
        "metric.prometheus-client.one",
    )
    .instructions(0.6)
    .one_thread(0.6)
    .all_threads_by_medians(0.12),
    pair(
        "the same with its handles bound",
        "metric.ours.one",
        "metric.prometheus-client.handle",
    ),
    pair(
        "the same with its handles bound",
        "metric.ours.one",
        "metric.metrics.handle",
    ),
    pair(
        "without tags, against bound handles",
        "metric.cells.one",
        "metric.prometheus-client.handle",
    ),
    pair(
        "Prometheus beside nobody, distribution",
        "reporter.distribution.prometheus",
        "reporter.distribution.none",
    )
    .no_more(),
    pair(
        "StatsD, which wants values, beside nobody, distribution",
        "reporter.distribution.statsd",
        "reporter.distribution.none",
    ),
    pair(
        "a second reporter, distribution",
        "reporter.distribution.two",
        "reporter.distribution.statsd",
    )
    .no_more(),
    pair(
        "a third reporter, distribution",
        "reporter.distribution.three",
        "reporter.distribution.statsd",
    )
    .no_more(),
    pair(
        "a second reporter, summary",
        "reporter.summary.two",
        "reporter.summary.one",
    )
    .no_more(),
    pair(
        "a third reporter, summary",
        "reporter.summary.three",
        "reporter.summary.one",
    )
    .no_more(),
    pair(
        "10,000 series, beside a scrape per second",
        "reporter.scraped.each_second",
        "reporter.scraped.never",
    )
    .one_thread_by_medians(1.25)
    .all_threads_by_medians(1.25),
    pair(
        "10,000 series, beside one scrape after the other",
        "reporter.scraped.always",
        "reporter.scraped.never",
    ),
    pair(
        "counter to StatsD, 64 series",
        "statsd.ours.64",
        "statsd.metrics.64",
    )
    .instructions(0.5)
    .one_thread(0.5)
    .all_threads(0.5),
    pair(
        "counter to StatsD, one series",
        "statsd.ours.one",
        "statsd.metrics.one",
    )
    .instructions(0.5)
    .one_thread(0.5)
    .all_threads(0.5),
    pair(
        "the same with its handle bound",
        "statsd.ours.one",
        "statsd.metrics.handle",
    ),
    pair(
        "scrape of 10,000 counters",
        "scrape.ours.counters",
        "scrape.prometheus-client.counters",
    )
    .instructions(0.75)
    .one_thread(0.75),
    pair(
        "scrape of 10,000 histograms",
        "scrape.ours.histograms",
        "scrape.prometheus-client.histograms",
    )
    .instructions(0.25)
    .one_thread(0.25),
];
