//! A real StatsD daemon receives what the running application counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use demo_app::Config;
use telemetry::Number;

use crate::support::servers::StatsdDaemon;
use crate::support::{TestDemo, eventually};

async fn demo_and_daemon() -> (TestDemo, StatsdDaemon) {
    let daemon = StatsdDaemon::start().await;
    let statsd = Some(daemon.address.to_string());
    let demo = TestDemo::with(Config {
        statsd,
        flush_ms: 100,
        ..Config::default()
    })
    .await;
    (demo, daemon)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed StatsD daemon; .ci/run installs it and runs this"]
async fn the_daemons_counters_show_the_number_of_requests_made() {
    let (demo, daemon) = demo_and_daemon().await;
    let made = [
        ("/users-slow", 23),
        ("/users-fast", 41),
        ("/fail", 3),
        ("/no/such/page", 5),
    ];
    for (path, times) in made {
        for _ in 0..times {
            demo.get(path).await;
        }
    }
    demo.get("/panic").await;
    let expected = BTreeMap::from([
        ("demo.endpoint.stop.count.GET./users-slow.200.ok", 23.0),
        ("demo.endpoint.stop.count.GET./users-fast.200.ok", 41.0),
        ("demo.endpoint.stop.count.GET./fail.500.error", 3.0),
        ("demo.endpoint.stop.count.GET.unmatched.404.ok", 5.0),
        ("demo.endpoint.exception.count./panic", 1.0),
    ]);
    let ours = || async {
        let counters = daemon.counters().await;
        counters
            .into_iter()
            .filter(|(name, _)| name.starts_with("demo.endpoint."))
            .collect()
    };
    let same = |counters: &BTreeMap<String, f64>| {
        counters.len() == expected.len()
            && counters
                .iter()
                .all(|(name, n)| expected.get(name.as_str()) == Some(n))
    };
    eventually(ours, same).await;
    // And it stays so: nothing is sent twice.
    demo.demo
        .statsd()
        .unwrap()
        .flush(Duration::from_secs(2))
        .unwrap();
    let counters = ours().await;
    assert!(same(&counters), "{counters:?}");
}

/// What the daemon calls `upper_N`: the value at the rounded rank.
fn upper(sorted: &[f64], percent: f64) -> f64 {
    sorted[(percent / 100.0 * sorted.len() as f64).round() as usize - 1]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an installed StatsD daemon; .ci/run installs it and runs this"]
async fn the_daemons_timers_show_the_true_distribution_of_query_times() {
    let (demo, daemon) = demo_and_daemon().await;
    // The truth, in milliseconds, collected by a handler beside the aggregator.
    let truth: Arc<Mutex<BTreeMap<String, Vec<f64>>>> = Arc::default();
    let collect = truth.clone();
    let _guard = telemetry::attach("test-truth", "demo.repo.query", move |event| {
        let time = event
            .measurement("total_time")
            .and_then(Number::as_duration);
        let tag = |key| event.metadata(key).unwrap_or_default().to_string();
        // Stored events are read meanwhile, and were before.
        if !["users", "todo_items"].contains(&tag("source").as_str()) {
            return;
        }
        let name = format!(
            "demo.repo.query.total_time.sqlite.{}.{}",
            tag("source"),
            tag("command")
        );
        let millis = time.expect("a duration").as_secs_f64() * 1e3;
        collect
            .lock()
            .unwrap()
            .entry(name)
            .or_default()
            .push(millis);
    })
    .unwrap()
    .guard();

    for _ in 0..40 {
        assert_eq!(demo.get("/users-slow").await.status, 200);
    }
    // Its last flush is sent, and the daemon has read it: its socket is read in order, so what was
    // sent after has been read after.
    let report = demo.demo.stop().await;
    assert_eq!(report.complaints(), [""; 0]);
    let marker = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    marker.send_to(b"test.marker:1|c", daemon.address).unwrap();
    eventually(
        || daemon.counters(),
        |counters| counters.contains_key("test.marker"),
    )
    .await;

    let timers = daemon.finish().await;
    let mut truth = std::mem::take(&mut *truth.lock().unwrap());
    assert_eq!(truth.len(), 2, "{:?}", truth.keys());
    for (name, times) in &mut truth {
        times.sort_by(f64::total_cmp);
        let timer = &timers[name];
        let number = |key: &str| {
            timer[key]
                .as_f64()
                .unwrap_or_else(|| panic!("{name}: {timers}"))
        };
        assert_eq!(number("count"), times.len() as f64, "{name}");
        let mean = times.iter().sum::<f64>() / times.len() as f64;
        close(name, "mean", number("mean"), mean, 0.011);
        for percent in [50.0, 90.0, 95.0] {
            let key = format!("upper_{percent}");
            close(name, &key, number(&key), upper(times, percent), 0.022);
        }
    }
    let items = &truth["demo.repo.query.total_time.sqlite.todo_items.SELECT"];
    assert_eq!(items.len(), 800);
}

fn close(name: &str, what: &str, shown: f64, truth: f64, share: f64) {
    let off = (shown - truth).abs() / truth;
    assert!(
        off <= share,
        "{name}: {what} is {shown}, but truly {truth}: {off:.4} off"
    );
}
