//! The built-in events of the process, with real figures.

use std::fs::{self, File};
use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::listen::{duration, integer, keys, listen};
use crate::support::{DEADLINE, on_request, wait_until};

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
    let threads: Vec<_> = (0..300)
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
        (150..=450).contains(&grown("threads")),
        "{before:?} {after:?}"
    );
    assert!(
        integer(&before, "threads") >= 2,
        "this one and the poller's"
    );
}

/// A number of kibibytes or of things, from `/proc/self/status`.
fn status(key: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    let number = line.split_ascii_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// User and system time as `ps` shows it, which counts in hundredths of a second.
fn ticks_of_the_kernel() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = text.rsplit_once(')').unwrap().1.split_ascii_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|n| n.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

#[test]
fn the_figures_are_those_that_the_kernel_tells_others() {
    let (memory, cpu, counts) = (
        listen("vm.memory", "vm-status"),
        listen("vm.cpu", "vm-status"),
        listen("vm.system_counts", "vm-status"),
    );
    let poller = on_request()
        .name("vm-status")
        .memory()
        .cpu()
        .process_counts()
        .start()
        .unwrap();
    let look = || {
        let kib = |key| status(key) << 10;
        let memory = [kib("VmRSS:"), kib("VmSize:")];
        (memory, status("Threads:"), ticks_of_the_kernel())
    };
    let mut counts_seen = None;
    // Other tests allocate, start and end threads meanwhile; between two of their steps all agree.
    wait_until("the figures agree", || {
        let before = look();
        let memory = memory.poll(&poller);
        let cpu = cpu.events.try_recv().unwrap();
        let counts = counts.events.try_recv().unwrap();
        let after = look();

        let used = duration(&cpu, "cumulative");
        // The kernel counts this time per thread, and rounds down.
        let slack = Duration::from_millis(100);
        assert!(
            before.2 <= used + slack && used <= after.2 + slack,
            "{before:?} {cpu:?} {after:?}"
        );
        let near = |n: u64, told: u64| n.abs_diff(told) <= 4 << 20;
        let agrees = |told: &([u64; 2], u64, Duration)| {
            near(integer(&memory, "total"), told.0[0])
                && near(integer(&memory, "virtual"), told.0[1])
                && integer(&counts, "threads") == told.1
        };
        counts_seen = Some(counts.clone());
        agrees(&before) && agrees(&after)
    });
    let counts = counts_seen.unwrap();

    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let limit = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let soft = limit.unwrap().split_ascii_whitespace().nth(3).unwrap();
    let told = counts
        .get("open_files_limit")
        .map(|number| number.as_u64().unwrap().to_string());
    assert_eq!(told.as_deref().unwrap_or("unlimited"), soft);
}

#[test]
fn the_utilization_is_the_cpu_time_over_that_of_all_cores() {
    let listener = listen("vm.cpu", "vm-share");
    let poller = on_request().name("vm-share").cpu().start().unwrap();
    let asked = Instant::now();
    let first = listener.poll(&poller);
    let answered = Instant::now();
    while asked.elapsed() < Duration::from_millis(100) {
        black_box(0);
    }
    let least = answered.elapsed();
    let second = listener.poll(&poller);
    let most = asked.elapsed();
    let cores = thread::available_parallelism().unwrap().get() as f64;
    let used = duration(&second, "time").as_secs_f64();
    let part = second["utilization"].as_f64().unwrap();
    // The poller's own two clocks are read one after the other.
    assert!(
        part >= used / (most.as_secs_f64() * cores) * 0.99,
        "{part} {second:?}"
    );
    let upper = (used / (least.as_secs_f64() * cores) * 1.01).min(1.0);
    assert!(part <= upper, "{part} {first:?} {second:?}");
}
