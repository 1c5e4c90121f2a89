//! The built-in events of the process, with real figures.

use std::fs::File;
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::listen::{duration, integer, keys, listen};
use crate::support::{DEADLINE, on_request};

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
    assert_eq!(keys(&before), ["cumulative", "time", "utilization"]);

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
        .process_counts()
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
