//! The figures of a tokio runtime.

use std::time::{Duration, Instant};

use telemetry_poller::Poller;
use tokio::runtime::{Builder, Runtime};

use crate::listen::{Listener, Measurements, duration, integer, keys, listen};
use crate::support::{DEADLINE, on_request, row};

fn two_workers() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

#[test]
fn tokio_tasks_and_workers_are_counted() {
    let runtime = two_workers();
    let listener = listen("vm.system_counts", "vm-tokio");
    let poller = on_request()
        .name("vm-tokio")
        .system_counts(runtime.handle().clone())
        .start()
        .unwrap();
    let counts = listener.poll(&poller);
    assert_eq!(
        keys(&counts),
        [
            "open_files",
            "open_files_limit",
            "tasks",
            "threads",
            "workers"
        ]
    );
    assert_eq!(
        (integer(&counts, "tasks"), integer(&counts, "workers")),
        (0, 2)
    );

    let tasks: Vec<_> = (0..7)
        .map(|_| runtime.spawn(std::future::pending::<()>()))
        .collect();
    assert_eq!(integer(&listener.poll(&poller), "tasks"), 7);
    for task in &tasks {
        task.abort();
    }
    drop(tasks);
    drop(runtime);
    let after = listener.poll(&poller);
    assert_eq!(integer(&after, "tasks"), 0);
    assert_eq!(
        row(&poller, "vm.system_counts").failures,
        0,
        "a runtime that is gone is no failure"
    );
}

#[test]
fn tasks_that_no_worker_takes_are_the_run_queue() {
    // Nobody drives this runtime, so what is spawned stays in its queue.
    let runtime = Builder::new_current_thread().build().unwrap();
    let listener = listen("vm.total_run_queue_lengths", "vm-queue");
    let poller = on_request()
        .name("vm-queue")
        .run_queue(runtime.handle().clone())
        .start()
        .unwrap();
    let empty = listener.poll(&poller);
    assert_eq!(keys(&empty), ["total"]);
    assert_eq!(integer(&empty, "total"), 0);

    let tasks: Vec<_> = (0..5).map(|n| runtime.spawn(async move { n })).collect();
    assert_eq!(integer(&listener.poll(&poller), "total"), 5);
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    assert_eq!(integer(&listener.poll(&poller), "total"), 0);
}

#[test]
fn without_tokio_its_figures_are_left_out() {
    let counts = listen("vm.system_counts", "vm-no-tokio");
    let queue = listen("vm.total_run_queue_lengths", "vm-no-tokio");
    let poller = on_request().name("vm-no-tokio").vm().start().unwrap();
    assert_eq!(
        keys(&counts.poll(&poller)),
        ["open_files", "open_files_limit", "threads"]
    );
    assert_eq!(queue.events.try_iter().count(), 0);
    let names: Vec<String> = poller
        .list_measurements()
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert_eq!(names, ["vm.memory", "vm.cpu", "vm.system_counts"]);
}

#[test]
fn vm_takes_the_runtime_that_it_is_called_in() {
    let runtime = two_workers();
    let counts = listen("vm.system_counts", "vm-in-tokio");
    let builder = on_request().name("vm-in-tokio");
    let poller = {
        let _entered = runtime.enter();
        builder.vm().start().unwrap()
    };
    assert_eq!(integer(&counts.poll(&poller), "workers"), 2);
    let names: Vec<String> = poller
        .list_measurements()
        .into_iter()
        .map(|row| row.name)
        .collect();
    assert_eq!(
        names,
        [
            "vm.memory",
            "vm.cpu",
            "vm.total_run_queue_lengths",
            "vm.system_counts",
            "vm.tokio"
        ]
    );
}

#[test]
fn vm_on_takes_the_runtime_that_it_is_given() {
    let runtime = two_workers();
    let counts = listen("vm.system_counts", "vm-on-tokio");
    let poller = on_request()
        .name("vm-on-tokio")
        .vm_on(runtime.handle().clone())
        .start()
        .unwrap();
    assert_eq!(integer(&counts.poll(&poller), "workers"), 2);
    assert!(
        poller
            .list_measurements()
            .iter()
            .all(|row| row.failures == 0)
    );
}

/// Polls until `done`, and answers the last event.
fn poll_until(
    listener: &Listener,
    poller: &Poller,
    mut done: impl FnMut(&Measurements) -> bool,
) -> Measurements {
    let began = Instant::now();
    loop {
        let event = listener.poll(poller);
        if done(&event) {
            return event;
        }
        assert!(began.elapsed() < DEADLINE, "waited in vain: {event:?}");
    }
}

#[test]
fn a_busy_worker_shows_in_its_share_of_the_time() {
    let runtime = two_workers();
    let listener = listen("vm.tokio", "vm-busy");
    let poller = on_request()
        .name("vm-busy")
        .tokio(runtime.handle().clone())
        .start()
        .unwrap();
    let idle = listener.poll(&poller);
    if cfg!(not(tokio_unstable)) {
        assert_eq!(keys(&idle), ["busy_time", "parks", "utilization"]);
    }
    let burn = Duration::from_millis(200);
    let burnt = runtime.spawn(async move {
        let began = Instant::now();
        while began.elapsed() < burn {
            std::hint::spin_loop();
        }
    });
    runtime.block_on(burnt).unwrap();
    // A worker says how long it was busy when it goes to sleep, which may be a little later.
    let (mut busy, mut parks) = (Duration::ZERO, 0);
    let last = poll_until(&listener, &poller, |event| {
        let part = event["utilization"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&part), "{event:?}");
        busy += duration(event, "busy_time");
        parks += integer(event, "parks");
        busy >= burn
    });
    // Nobody else has these workers; the machine may be busy, but not for that long.
    assert!(busy < burn + DEADLINE / 2, "{busy:?} {last:?}");
    assert!(parks >= 1);
}

#[test]
#[cfg(tokio_unstable)]
fn with_tokio_unstable_there_is_more() {
    let runtime = two_workers();
    let listener = listen("vm.tokio", "vm-unstable");
    let poller = on_request()
        .name("vm-unstable")
        .tokio(runtime.handle().clone())
        .start()
        .unwrap();
    let before = listener.poll(&poller);
    assert_eq!(
        keys(&before),
        [
            "blocking_queue",
            "blocking_threads",
            "busy_time",
            "forced_yields",
            "idle_blocking_threads",
            "local_queue",
            "mean_poll_time",
            "overflows",
            "parks",
            "polls",
            "remote_schedules",
            "spawned",
            "steals",
            "utilization"
        ]
    );
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let blocking = runtime.spawn_blocking(move || gate.recv());
    let tasks: Vec<_> = (0..50)
        .map(|_| runtime.spawn(tokio::task::yield_now()))
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    let (mut spawned, mut polls) = (0, 0);
    let after = poll_until(&listener, &poller, |event| {
        spawned += integer(event, "spawned");
        polls += integer(event, "polls");
        // Workers add up their polls when they go to sleep.
        polls >= 100 && integer(event, "blocking_threads") == 1
    });
    assert!((50..=60).contains(&spawned), "{spawned} {after:?}");
    assert_eq!(integer(&after, "idle_blocking_threads"), 0);
    drop(release);
    let _ = runtime.block_on(blocking).unwrap();
    poll_until(&listener, &poller, |event| {
        integer(event, "idle_blocking_threads") == 1
    });
}
