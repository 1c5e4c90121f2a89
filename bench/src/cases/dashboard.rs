//! What a dashboard costs the program that it is a part of: with nobody watching, with one viewer, and
//! with a hundred of them, at 2,000 series.
//!
//! They are twenty metrics of one event with a hundred pairs of tags. It is emitted 40,000 times a
//! second, so that at each tick all series have something new.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use axum::Router;
use telemetry_dashboard::{Access, Dashboard};
use telemetry_metrics::{Aggregator, Metric, counter, distribution, summary};

use super::metric::{BOUNDS, emit, samples};
use crate::harness::{Watch, Watched};

/// Pairs of tags, each of which is a series of each metric.
const PAIRS: usize = 100;

/// Twenty of them make 2,000 series.
const METRICS: usize = 20;

/// So many events are emitted at once, and their time is one sample.
const BURST: usize = 2_000;

/// How often.
const PAUSE: Duration = Duration::from_millis(50);

/// Without a dashboard, and with it for so many viewers of a page.
pub fn watches() -> Vec<Watch> {
    let watch = |id, label, page, viewers| Watch {
        id,
        label,
        page,
        viewers,
        serve,
    };
    vec![
        watch("dashboard.without", "no dashboard", None, 0),
        watch("dashboard.nobody", "nobody watches", Some("overview"), 0),
        watch(
            "dashboard.metrics.1",
            "1 viewer of 12 charts",
            Some("metrics"),
            1,
        ),
        watch(
            "dashboard.metrics.100",
            "100 viewers of 12 charts",
            Some("metrics"),
            100,
        ),
        watch(
            "dashboard.overview.1",
            "1 viewer of the overview",
            Some("overview"),
            1,
        ),
        watch(
            "dashboard.overview.100",
            "100 viewers of the overview",
            Some("overview"),
            100,
        ),
    ]
}

/// Counters, distributions and summaries of the same event.
fn metrics() -> Vec<Metric> {
    let metrics = (0..METRICS).map(|number| {
        let name = |what: &str| format!("bench.page.{what}_{number}");
        let metric = match number % 4 {
            0 | 1 => counter(name("count")),
            2 => distribution(name("time"))
                .measurement("duration")
                .seconds()
                .buckets(BOUNDS.map(Duration::from_secs_f64)),
            _ => summary(name("spread")).measurement("duration").seconds(),
        };
        metric.event("bench.request").tags(["route", "status"])
    });
    metrics.collect()
}

/// Serves, if there is to be a dashboard, and emits until it is told to stop.
fn serve(has_dashboard: bool) -> Watched {
    let aggregator = Aggregator::builder()
        .metrics(metrics())
        .start()
        .expect("valid definitions");
    let samples = samples(PAIRS);
    samples.iter().for_each(emit);
    let snapshot = aggregator.snapshot();
    let own = snapshot.families.iter().filter(|family| {
        let name = family.definition.name();
        name.starts_with("bench.page.")
    });
    let series: usize = own.map(|family| family.series.len()).sum();
    assert_eq!(series, PAIRS * METRICS);
    let port = has_dashboard.then(|| start(&aggregator));
    let emit = move |window: Duration| {
        let _ = &aggregator;
        let begun = Instant::now();
        let mut times = Vec::new();
        let mut due = begun;
        while begun.elapsed() < window {
            let burst = Instant::now();
            for at in 0..BURST {
                emit(&samples[at % PAIRS]);
            }
            times.push(burst.elapsed().as_nanos() as f64 / BURST as f64);
            due += PAUSE;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        times
    };
    Watched {
        port,
        emit: Box::new(emit),
    }
}

/// On a runtime of its own; where it listens.
fn start(aggregator: &Aggregator) -> u16 {
    let dashboard = Dashboard::builder(aggregator)
        .access(Access::host_decides())
        .start()
        .expect("valid settings");
    let router: Router = dashboard.router();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("threads");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket").port();
    listener.set_nonblocking(true).expect("a socket");
    std::thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            let _ = axum::serve(listener, router).await;
        });
    });
    port
}
