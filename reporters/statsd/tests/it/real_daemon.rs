//! Etsy's StatsD daemon, which speaks the standard format, and what it made of our lines.
//!
//! To run these: install the daemon (`npm install statsd`), and then
//! `STATSD_DAEMON_JS=node_modules/statsd/stats.js cargo test -p telemetry-statsd -- --ignored`.

use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{counter, distribution, last_value, sum, summary};

use crate::etsy::Daemon;
use crate::support::{SOON, aggregator, alone_at_work, counts, quiet};

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_has_the_same_numbers() {
    let daemon = Daemon::start();
    let aggregator = aggregator([
        counter("real.all.count").tags(["route", "status"]),
        sum("real.all.level").up_down(),
        sum("real.all.bytes").bytes().option("report_as", "counter"),
        last_value("real.all.heat").measurement("level"),
        summary("real.all.duration"),
        distribution("real.all.size")
            .measurement("bytes")
            .buckets([1.0]),
        summary("real.all.busy").event("real.busy").measurement("n"),
    ]);
    let statsd = quiet(&aggregator, daemon.udp())
        .prefix("app")
        .max_values(500)
        .start()
        .unwrap();

    let mut bytes = 0;
    for (round, level) in [(1, 2.5), (2, -7.25), (3, 1.0), (4, -0.5)] {
        let duration = Duration::from_micros(300 * round);
        for n in 0..round {
            execute!("real.all", { level: level, bytes: n, duration: duration },
                { route: "/a b.html", status: 200 });
            bytes += n;
        }
        statsd.flush(SOON).unwrap();
        daemon.has_read(counts(&aggregator).0);
        let heat = daemon.get("gauges", "app.real.all.heat");
        assert_eq!(
            heat,
            [level],
            "negative or not, after whatever it was before"
        );
    }
    assert_eq!(
        daemon.get("counters", "app.real.all.count.-a_b_html.200"),
        [10.0]
    );
    assert_eq!(daemon.get("counters", "app.real.all.bytes"), [bytes as f64]);
    assert_eq!(
        daemon.get("gauges", "app.real.all.level"),
        [2.5 - 14.5 + 3.0 - 2.0]
    );
    let times = [0.3, 0.6, 0.6, 0.9, 0.9, 0.9, 1.2, 1.2, 1.2, 1.2];
    assert_eq!(daemon.get("timers", "app.real.all.duration"), times);
    assert_eq!(
        daemon
            .get("timers", "app.real.all.size")
            .iter()
            .sum::<f64>(),
        bytes as f64
    );

    let many = 123_457;
    (0..many).for_each(|n| execute!("real.busy", { n: n % 1_000 }));
    statsd.flush(SOON).unwrap();
    daemon.has_read(counts(&aggregator).0);
    assert_eq!(daemon.get("counters", "statsd.bad_lines_seen"), [0.0]);

    let end = daemon.finish();
    let timer = |what: &str| &end[what]["app.real.all.busy"];
    let values: Vec<f64> = timer("timers")
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert_eq!(values.len(), 500);
    let count = timer("timer_counters").as_f64().unwrap();
    assert!((count / f64::from(many) - 1.0).abs() < 1e-6, "{count}");
    let truth = (0..many).map(|n| f64::from(n % 1_000)).sum::<f64>() / f64::from(many);
    let mean = values.iter().sum::<f64>() / 500.0;
    assert!((mean / truth - 1.0).abs() < 1e-6, "{mean} {truth}");
    assert_eq!(end["timer_counters"]["app.real.all.duration"], 10);
}

#[test]
#[ignore = "needs an installed StatsD daemon, and its path in STATSD_DAEMON_JS"]
fn a_real_daemon_keeps_up_with_ten_thousand_series() {
    let _alone = alone_at_work();
    let daemon = Daemon::start();
    let metric = counter("real.many.count").tags(["n"]).max_series(20_000);
    let aggregator = aggregator([metric, summary("real.many.n")]);
    let statsd = quiet(&aggregator, daemon.udp())
        .max_values(50_000)
        .start()
        .unwrap();
    statsd.flush(SOON).unwrap();
    for n in 0..50_000 {
        execute!("real.many", { n: n }, { n: n % 10_000 });
    }
    statsd.flush(SOON).unwrap();
    assert_eq!(counts(&aggregator), (60_000, 0, 0));
    let read = daemon.rest();
    println!("the daemon read {read} lines of 60000");
    // Linux tells how much of it lies unread; elsewhere nobody waits for a daemon that gets no
    // processor, so not all of them arrive on a busy machine.
    let least = if cfg!(target_os = "linux") {
        60_000.0
    } else {
        48_000.0
    };
    assert!(read >= least, "{read}");
    let end = daemon.finish();
    let counters = end["counters"].as_object().unwrap();
    let ours: Vec<_> = counters
        .iter()
        .filter(|(name, _)| name.starts_with("real.many.count."))
        .collect();
    assert!(ours.iter().all(|(_, count)| **count == 5));
    let timers = end["timer_counters"]["real.many.n"].as_f64().unwrap();
    assert!(
        ours.len() as f64 + timers == read,
        "each line that was read is in its place"
    );
}
