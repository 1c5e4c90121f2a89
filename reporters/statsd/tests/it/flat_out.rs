//! Many events, as fast as threads can emit them, and what Etsy's daemon made of them: also if it is
//! ended and started again in the middle.
//!
//! To run these, see [`real_daemon`](crate::real_daemon).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use telemetry::execute;
use telemetry_metrics::{Aggregator, counter, summary};
use telemetry_statsd::{Statsd, StatsdReport};

use crate::etsy::{At, Daemon};
use crate::sockets::Place;
use crate::support::{SOON, aggregator, alone_at_work, wait_until};

const THREADS: u64 = 8;

fn start(aggregator: &Aggregator, at: &At) -> Statsd {
    Statsd::builder(aggregator)
        .address(at.address())
        .interval(Duration::from_millis(50))
        .max_values(200_000)
        .start()
        .unwrap()
}

fn both(place: &Place) -> [At; 2] {
    [At::udp(), At::Stream(place.path().clone())]
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_million_counted_events_arrive_exactly() {
    let _alone = alone_at_work();
    let place = Place::new();
    for at in both(&place) {
        let daemon = Daemon::start_at(&at);
        let aggregator = aggregator([counter("flat.million.count")]);
        let statsd = start(&aggregator, &at);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..1_000_000 / THREADS).for_each(|_| execute!("flat.million")));
            }
        });
        statsd.stop(SOON).unwrap();
        wait_until("a million", || {
            daemon.counter("flat.million.count") == 1_000_000.0
        });
        assert_eq!(daemon.counter("statsd.bad_lines_seen"), 0.0);
    }
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_hundred_thousand_timed_events_have_their_count_mean_and_percentiles() {
    let _alone = alone_at_work();
    let place = Place::new();
    for at in both(&place) {
        let daemon = Daemon::start_at(&at);
        let aggregator = aggregator([summary("flat.timer.duration")]);
        let statsd = start(&aggregator, &at);
        // From a tenth of a millisecond to ten seconds, more short ones than long ones.
        let micros = |n: u64| {
            let place = (n * 7_919 % 100_000) as f64 / 100_000.0;
            (100.0 * 100_000f64.powf(place)) as u64
        };
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for n in (thread..100_000).step_by(THREADS as usize) {
                        let duration = Duration::from_micros(micros(n));
                        execute!("flat.timer", { duration: duration });
                    }
                });
            }
        });
        statsd.stop(SOON).unwrap();
        daemon.has_read(100_000);
        let end = daemon.finish();
        assert_eq!(end["timer_counters"]["flat.timer.duration"], 100_000);
        let timers = end["timers"]["flat.timer.duration"].as_array().unwrap();
        let mut got: Vec<f64> = timers.iter().map(|value| value.as_f64().unwrap()).collect();
        let mut truth: Vec<f64> = (0..100_000).map(|n| micros(n) as f64 / 1e3).collect();
        assert_eq!(got.len(), truth.len());
        for all in [&mut got, &mut truth] {
            all.sort_by(f64::total_cmp);
        }
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        let off = |got: f64, truth: f64| (got / truth - 1.0).abs();
        assert!(off(mean(&got), mean(&truth)) < 0.011);
        for rank in [50_000, 95_000] {
            assert!(off(got[rank], truth[rank]) < 0.022, "{rank}");
        }
    }
}

/// Emits from some threads while the daemon is ended and started again a few times; what was
/// emitted, what the daemons knew, and the reporter's own account.
fn restarts(at: &At, event: &'static str, end: impl Fn(Daemon) -> Option<Value>) -> Restarts {
    let metric = format!("{event}.count");
    let aggregator = aggregator([counter(&metric).tags(["thread"])]);
    let statsd = start(&aggregator, at);
    let name = telemetry::EventName::new(event).unwrap();
    let (emitted, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut known = Restarts::default();
    let prefix = format!("{metric}.");
    let mut count = |end: &Value| {
        for (name, count) in end["counters"].as_object().unwrap() {
            if name.starts_with(&prefix) {
                known.counted += count.as_u64().unwrap();
            }
        }
        known.lines += end["counters"]["statsd.metrics_received"]
            .as_u64()
            .unwrap_or(0);
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (emitted, over) = (&emitted, &over);
            scope.spawn(move || {
                while !over.load(Ordering::SeqCst) {
                    for _ in 0..100 {
                        execute!(name, {}, { thread: thread });
                    }
                    emitted.fetch_add(100, Ordering::SeqCst);
                    std::thread::yield_now();
                }
            });
        }
        for _ in 0..3 {
            let daemon = Daemon::start_at(at);
            let before = statsd.report().sent;
            wait_until("some flushes", || statsd.report().sent > before + 40);
            end(daemon).iter().for_each(&mut count);
            let before = statsd.report().failed;
            wait_until("a flush that fails", || statsd.report().failed > before);
        }
        over.store(true, Ordering::SeqCst);
    });
    let daemon = Daemon::start_at(at);
    wait_until("the last flush", || statsd.flush(SOON).is_ok());
    let report = statsd.report();
    statsd.stop(SOON).unwrap();
    daemon.rest();
    count(&daemon.finish());
    known.emitted = emitted.into_inner();
    known.report = report;
    known
}

#[derive(Debug, Default)]
struct Restarts {
    emitted: u64,
    counted: u64,
    lines: u64,
    report: StatsdReport,
}

/// A daemon that ends in good order says what it has counted; what lay in its socket is lost with
/// it, and neither protocol confirms anything. So only that can be missing.
fn missing_is_only_what_lay_in_a_socket(known: &Restarts) -> String {
    let lost = known.emitted.checked_sub(known.counted);
    let lost = lost.unwrap_or_else(|| panic!("something was counted twice: {known:?}"));
    let lines = known.report.sent - known.lines;
    // Four lines per flush; three daemons, and of each what came in the second before its end.
    assert!(lines <= 3 * 80, "{known:?}");
    assert!(lost == 0 || lines > 0, "{known:?}");
    assert!(
        known.report.failed > 0 && known.report.dropped == 0,
        "{known:?}"
    );
    format!(
        "of {} events {lost} were lost, in {lines} lines of {}; {} of them known as late",
        known.emitted, known.report.sent, known.report.late
    )
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_daemon_that_is_restarted_in_the_middle_by_udp() {
    let _alone = alone_at_work();
    let known = restarts(&At::udp(), "flat.udp", |daemon| Some(daemon.finish()));
    println!("{}", missing_is_only_what_lay_in_a_socket(&known));
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_daemon_that_is_restarted_in_the_middle_by_a_stream() {
    let _alone = alone_at_work();
    let place = Place::new();
    let at = At::Stream(place.path().clone());
    let known = restarts(&at, "flat.stream", |daemon| Some(daemon.finish()));
    println!("{}", missing_is_only_what_lay_in_a_socket(&known));
    // A stream tells; though not how much a daemon had not read that was slower than the flushes.
    let lines = known.report.sent - known.lines;
    assert!(lines == 0 || known.report.late > 0, "{known:?}");
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_daemon_that_is_killed_takes_what_it_was_sent_and_no_more() {
    let _alone = alone_at_work();
    let known = restarts(&At::udp(), "flat.killed", |daemon| {
        drop(daemon);
        None
    });
    // It had been sent something, and told nobody; all that came later is there.
    assert!(known.counted > 0 && known.counted < known.emitted);
    assert!(known.lines < known.report.sent);
    assert_eq!(known.report.dropped, 0);
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_daemon_that_is_restarted_between_flushes_loses_nothing() {
    let _alone = alone_at_work();
    let place = Place::new();
    for (at, event) in both(&place)
        .into_iter()
        .zip(["flat.calm.udp", "flat.calm.stream"])
    {
        let metric = format!("{event}.count");
        let aggregator = aggregator([counter(&metric)]);
        let statsd = Statsd::builder(&aggregator)
            .address(at.address())
            .interval(crate::support::NEVER)
            .start()
            .unwrap();
        let event = telemetry::EventName::new(event).unwrap();
        let mut counted = 0;
        for round in 1..=3 {
            let daemon = Daemon::start_at(&at);
            (0..10_000).for_each(|_| execute!(event));
            statsd.flush(SOON).unwrap();
            daemon.has_read(1);
            counted += daemon.finish()["counters"][&metric].as_u64().unwrap();
            (0..10_000).for_each(|_| execute!(event));
            assert!(statsd.flush(SOON).is_err());
            assert_eq!(counted, round * 10_000 + (round - 1) * 10_000);
        }
        let daemon = Daemon::start_at(&at);
        statsd.flush(SOON).unwrap();
        wait_until("all of it", || {
            counted as f64 + daemon.counter(&metric) == 60_000.0
        });
        assert_eq!(statsd.report().late, 0);
    }
}
