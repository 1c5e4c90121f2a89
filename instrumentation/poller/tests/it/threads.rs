//! How many threads there are, and that none is left behind.

use std::fs;
use std::time::Duration;

use telemetry_poller::{Measurement, Poller};

use crate::support::{DEADLINE, hangs, row, wait_until};

/// Threads of this process with this name, which is at most fifteen bytes.
fn threads(name: &str) -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter_map(Result::ok)
        // One that ends meanwhile cannot be read, and does not count.
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
        .filter(|comm| comm.trim_end() == name)
        .count()
}

#[test]
fn an_idle_poller_has_two_threads_and_a_stopped_one_none() {
    let poller = Poller::builder()
        .name("thr-idle")
        .period(Duration::from_millis(1))
        .measurement("m", || {})
        .start()
        .unwrap();
    wait_until("it polls", || row(&poller, "m").runs >= 20);
    assert_eq!(threads("thr-idle"), 2);
    assert!(poller.stop());
    wait_until("no thread is left", || threads("thr-idle") == 0);
}

#[test]
fn what_hangs_has_one_thread_each_and_gives_it_back() {
    let (releases, hanging): (Vec<_>, Vec<_>) = (0..3).map(|_| hangs()).unzip();
    let mut builder = Poller::builder()
        .name("thr-hang")
        .period(Duration::from_millis(2))
        .timeout(Duration::from_millis(50));
    for (n, hang) in hanging.into_iter().enumerate() {
        builder = builder.measurement(format!("hangs-{n}"), hang);
    }
    let poller = builder.measurement("quick", || {}).start().unwrap();
    wait_until("all hang", || {
        let rows = poller.list_measurements();
        rows.iter().filter(|row| row.hanging).count() == 3
    });
    let runs = row(&poller, "quick").runs;
    wait_until("ticks pass", || row(&poller, "quick").runs >= runs + 50);
    assert_eq!(threads("thr-hang"), 3 + 2);
    drop(releases);
    wait_until("only the two are left", || threads("thr-hang") == 2);
    assert!(poller.stop());
    wait_until("no thread is left", || threads("thr-hang") == 0);
}

#[test]
fn a_poller_dropped_while_one_hangs_leaves_that_thread_only_until_it_returns() {
    let (release, hang) = hangs();
    let poller = Poller::builder()
        .name("thr-drop")
        .stop_timeout(Duration::from_millis(20))
        .measurement("hangs", hang)
        .measurement("other", || {})
        .start()
        .unwrap();
    wait_until("the other runs", || row(&poller, "other").runs == 1);
    drop(poller);
    wait_until("one thread is left", || threads("thr-drop") == 1);
    drop(release);
    wait_until("no thread is left", || threads("thr-drop") == 0);
}

#[test]
fn hanging_measurements_that_are_removed_do_not_cost_threads_without_end() {
    let poller = Poller::builder()
        .name("thr-removed")
        // Patient for a quarter of it.
        .period(Duration::from_millis(20))
        .init_delay(Duration::MAX)
        .timeout(Duration::from_millis(1))
        .stop_timeout(DEADLINE)
        .start()
        .unwrap();
    let mut releases = Vec::new();
    for n in 0..60 {
        let (release, hang) = hangs();
        releases.push(release);
        let name = format!("hangs-{n}");
        poller.add(Measurement::new(name.clone(), hang)).unwrap();
        // Once there are no threads left for it, it is not started.
        let _ = poller.poll_now(Duration::from_millis(20));
        assert!(poller.remove(&name));
    }
    let there = threads("thr-removed");
    assert!((32..=32 + 3).contains(&there), "{there}");
    drop(releases);
    poller.add(Measurement::new("m", || {})).unwrap();
    assert_eq!(poller.poll_now(DEADLINE), Ok(()), "it goes on");
    assert!(poller.stop());
    wait_until("no thread is left", || threads("thr-removed") == 0);
}
