//! The built-in events, with real figures.
//!
//! All pollers of the process emit events of the same names, and a handler runs on the thread that
//! emits. So each test names its poller's thread, and listens to that one only.

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use telemetry::{AttachGuard, Number, attach};
use telemetry_poller::Poller;
use tokio::runtime::{Builder, Runtime};

use crate::support::{DEADLINE, on_request, row};

type Measurements = BTreeMap<&'static str, Number>;

struct Listener {
    events: mpsc::Receiver<Measurements>,
    _guard: AttachGuard,
}

/// Listens to `event` as emitted on the thread called `poller`.
fn listen(event: &str, poller: &'static str) -> Listener {
    let (sender, events) = mpsc::channel();
    let guard = attach(format!("{poller} {event}"), event, move |event| {
        assert_eq!(event.all_metadata().count(), 0);
        if thread::current().name() == Some(poller) {
            let _ = sender.send(event.measurements().collect());
        }
    })
    .unwrap()
    .guard();
    Listener {
        events,
        _guard: guard,
    }
}

impl Listener {
    /// The only event of one poll.
    fn poll(&self, poller: &Poller) -> Measurements {
        poller.poll_now(DEADLINE).unwrap();
        let events: Vec<Measurements> = self.events.try_iter().collect();
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_iter().next().unwrap()
    }
}

fn keys(measurements: &Measurements) -> Vec<&'static str> {
    measurements.keys().copied().collect()
}

fn integer(measurements: &Measurements, key: &str) -> u64 {
    measurements[key]
        .as_u64()
        .unwrap_or_else(|| panic!("{key} in {measurements:?}"))
}

fn duration(measurements: &Measurements, key: &str) -> Duration {
    match measurements[key] {
        Number::Duration(time) => time,
        other => panic!("{key} is {other:?}"),
    }
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap()
}

#[test]
fn memory_that_is_touched_becomes_resident() {
    const SIZE: u64 = 64 << 20;
    let listener = listen("vm.memory", "vm-memory");
    let poller = on_request().name("vm-memory").memory().start().unwrap();
    let before = listener.poll(&poller);
    assert_eq!(keys(&before), ["total", "virtual"]);
    let block = black_box(vec![1u8; SIZE as usize]);
    let after = listener.poll(&poller);
    drop(block);

    let grown = integer(&after, "total").saturating_sub(integer(&before, "total"));
    // Other tests allocate and free a little meanwhile, and the kernel counts in batches.
    assert!(
        (SIZE - (16 << 20)..SIZE + (64 << 20)).contains(&grown),
        "{before:?} {after:?}"
    );
    assert!(integer(&after, "virtual") >= integer(&after, "total"));
}

#[test]
fn burnt_cpu_time_is_counted_since_the_last_poll_and_altogether() {
    let listener = listen("vm.cpu", "vm-cpu");
    let poller = on_request().name("vm-cpu").cpu().start().unwrap();
    let before = listener.poll(&poller);
    assert_eq!(keys(&before), ["cumulative", "time"]);

    let burn = Duration::from_millis(100);
    let began = Instant::now();
    let mut total = Duration::ZERO;
    let mut last = before.clone();
    // This thread may get little of the machine, so it burns until the process has had enough.
    while total < burn {
        assert!(
            began.elapsed() < DEADLINE,
            "no CPU time is counted: {last:?}"
        );
        for n in 0..1_000_000u64 {
            black_box(n);
        }
        last = listener.poll(&poller);
        total += duration(&last, "time");
    }
    let grown = duration(&last, "cumulative") - duration(&before, "cumulative");
    assert_eq!(grown, total, "the times of the polls add up");
    let cores = thread::available_parallelism().unwrap().get() as u32;
    assert!(
        grown <= began.elapsed() * (cores + 1),
        "{grown:?} in {:?}",
        began.elapsed()
    );
}

#[test]
fn open_files_and_threads_are_counted() {
    let listener = listen("vm.system_counts", "vm-counts");
    let poller = on_request()
        .name("vm-counts")
        .system_counts(None)
        .start()
        .unwrap();
    let before = listener.poll(&poller);

    let files: Vec<File> = (0..200).map(|_| File::open("/dev/null").unwrap()).collect();
    let (release, gate) = mpsc::channel::<()>();
    let gate = std::sync::Arc::new(std::sync::Mutex::new(gate));
    let threads: Vec<_> = (0..100)
        .map(|_| {
            let gate = gate.clone();
            thread::spawn(move || {
                let _ = gate.lock().unwrap().recv();
            })
        })
        .collect();
    let after = listener.poll(&poller);
    drop((files, release));
    for thread in threads {
        thread.join().unwrap();
    }

    // Other tests open and end a few meanwhile.
    let grown = |key| integer(&after, key) as i64 - integer(&before, key) as i64;
    assert!(
        (150..=300).contains(&grown("open_files")),
        "{before:?} {after:?}"
    );
    assert!(
        (50..=250).contains(&grown("threads")),
        "{before:?} {after:?}"
    );
    assert!(
        integer(&before, "threads") >= 2,
        "this one and the poller's"
    );
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
    assert_eq!(keys(&counts), ["open_files", "tasks", "threads", "workers"]);
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
    assert_eq!(keys(&counts.poll(&poller)), ["open_files", "threads"]);
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
            "vm.system_counts"
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
