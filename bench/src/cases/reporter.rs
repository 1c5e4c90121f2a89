//! What further reporters cost the thread that emits: the same events, with more and more of them
//! attached, and beside somebody who scrapes.
//!
//! There are two ladders, because reporters that want values, as StatsD does, make a distribution
//! keep them besides its buckets. That is the price of the first of them, so the ladder of
//! distributions begins with one. A summary keeps values in any case.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use telemetry_console::Console;
use telemetry_metrics::{Aggregator, Metric, summary};
use telemetry_prometheus::Prometheus;
use telemetry_statsd::Statsd;

use super::metric::{Pattern, by_tags_counter, by_tags_distribution, counted, emit, samples};
use super::scrape::SCRAPED;
use crate::harness::{Case, Prepared, Table, repeat};
use crate::sink::Sink;

/// Both ladders, and the scrapes.
pub fn cases() -> Vec<Case> {
    let case = |id: &str, label: &str, prepare| {
        Case::new(Table::Reporter, format!("reporter.{id}"), label, prepare)
    };
    vec![
        case(
            "distribution.none",
            "counter and distribution, nobody",
            || beside(by_tags_distribution(), &[]),
        ),
        case(
            "distribution.prometheus",
            "counter and distribution: Prometheus",
            || beside(by_tags_distribution(), &[PROMETHEUS]),
        ),
        case(
            "distribution.statsd",
            "counter and distribution: StatsD, every second",
            || beside(by_tags_distribution(), &[STATSD]),
        ),
        case(
            "distribution.two",
            "counter and distribution: StatsD, Prometheus",
            || beside(by_tags_distribution(), &[STATSD, PROMETHEUS]),
        ),
        case(
            "distribution.three",
            "counter and distribution: StatsD, Prometheus, console table",
            || beside(by_tags_distribution(), &[STATSD, PROMETHEUS, CONSOLE]),
        ),
        case("summary.none", "counter and summary, nobody", || {
            beside(durations(), &[])
        }),
        case("summary.one", "counter and summary: Prometheus", || {
            beside(durations(), &[PROMETHEUS])
        }),
        case(
            "summary.two",
            "counter and summary: Prometheus, StatsD, every second",
            || beside(durations(), &[PROMETHEUS, STATSD]),
        ),
        case(
            "summary.three",
            "counter and summary: Prometheus, StatsD, console table",
            || beside(durations(), &[PROMETHEUS, STATSD, CONSOLE]),
        ),
        case(
            "scraped.never",
            "counter and distribution, 10,000 series all over the place",
            || scraped(Scrapes::Never),
        ),
        case(
            "scraped.each_second",
            "the same beside a scrape of all of them per second",
            || scraped(Scrapes::EachSecond),
        ),
        case(
            "scraped.always",
            "the same beside one scrape after the other",
            || scraped(Scrapes::Always),
        ),
    ]
}

/// Starts a reporter; what it returns keeps it running.
type Start = fn(&Aggregator) -> Box<dyn Send + Sync>;

const PROMETHEUS: Start =
    |aggregator| Box::new(Prometheus::new(aggregator).expect("valid definitions"));
const STATSD: Start = |aggregator| {
    let statsd = Statsd::builder(aggregator)
        .address(Sink::start().address())
        .interval(Duration::from_secs(1))
        .start();
    // Its handle can be sent to other threads, but not shared by them.
    Box::new(Mutex::new(statsd.expect("valid settings")))
};
const CONSOLE: Start = |aggregator| {
    let console = Console::metrics(aggregator)
        .interval(Duration::from_secs(1))
        .output(std::io::sink())
        .start();
    Box::new(Mutex::new(console.expect("valid settings")))
};

fn durations() -> Metric {
    summary("bench.request.duration").tags(["route", "status"])
}

fn beside(metric: Metric, reporters: &[Start]) -> Prepared {
    let aggregator = Aggregator::builder()
        .metrics([by_tags_counter(), metric])
        .start()
        .expect("valid definitions");
    let running: Vec<_> = reporters.iter().map(|start| start(&aggregator)).collect();
    Prepared::total(2, Pattern::InTurn.calls(emit), move || {
        // For as long as there are events.
        let _ = &running;
        counted(&aggregator)
    })
}

/// How often there is a scrape.
#[derive(Clone, Copy)]
enum Scrapes {
    Never,
    EachSecond,
    /// As long as there are calls, so that other cases have their rest.
    Always,
}

/// Series are met in an order in which the next is never near.
const STRIDE: usize = 7_919;

fn scraped(scrapes: Scrapes) -> Prepared {
    let limited = |metric: Metric| metric.max_series(SCRAPED);
    let aggregator = Aggregator::builder()
        .metrics([by_tags_counter(), by_tags_distribution()].map(limited))
        .start()
        .expect("valid definitions");
    let prometheus = Prometheus::new(&aggregator).expect("valid definitions");
    let emitting = Arc::new(AtomicUsize::new(0));
    let is_emitting = emitting.clone();
    std::thread::spawn(move || {
        loop {
            match scrapes {
                Scrapes::Never => return,
                Scrapes::EachSecond => std::thread::sleep(Duration::from_secs(1)),
                Scrapes::Always if is_emitting.load(Ordering::Relaxed) > 0 => {}
                Scrapes::Always => {
                    std::thread::sleep(Duration::from_millis(1));
                    continue;
                }
            }
            std::hint::black_box(prometheus.render());
        }
    });
    let samples = samples(SCRAPED);
    samples.iter().for_each(emit);
    let calls = repeat(move |at| emit(&samples[at as usize * STRIDE % SCRAPED]));
    let run = Box::new(move |count| {
        emitting.fetch_add(1, Ordering::Relaxed);
        calls(count);
        emitting.fetch_sub(1, Ordering::Relaxed);
    });
    Prepared::total(2, run, move || counted(&aggregator))
}
