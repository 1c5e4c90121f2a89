//! Outputs that fail, panic, are stuck, or are used by many threads at once.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use telemetry::execute;
use telemetry_console::{Console, FlushError};
use telemetry_metrics::Aggregator;

use crate::support::{Caught, SOON, Stuck, eventually};

/// Fails as long as it is told to.
struct Failing {
    fails: Arc<AtomicBool>,
    panics: bool,
    caught: Caught,
}

impl Write for Failing {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.fails.load(Ordering::SeqCst) {
            assert!(!self.panics, "on purpose");
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.caught.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_fails_or_panics_is_counted_and_tried_again() {
    for panics in [false, true] {
        let (fails, caught) = (Arc::new(AtomicBool::new(true)), Caught::default());
        let aggregator = Aggregator::builder().start().unwrap();
        let console = Console::events()
            .only(["output.fails"])
            .time(false)
            .environment(|_| None)
            .output(Failing {
                fails: fails.clone(),
                panics,
                caught: caught.clone(),
            })
            .health(aggregator.register_health("console"))
            .start()
            .unwrap();
        execute!("output.fails", { n: 1 });
        execute!("output.fails", { n: 2 });
        fails.store(false, Ordering::SeqCst);
        execute!("output.fails", { n: 3 });
        let stats = console.stats();
        assert_eq!((stats.written, stats.failed, stats.dropped), (1, 2, 0));
        assert_eq!(caught.lines(), ["output.fails n=3"]);
        let health = &aggregator.health()[0];
        assert_eq!(
            (&*health.reporter, health.sent, health.failed),
            ("console", 1, 2)
        );
        let handlers = telemetry::list_handlers("output.fails");
        assert_eq!(
            handlers.iter().map(|handler| handler.failures).sum::<u64>(),
            0
        );
    }
}

/// Takes a few bytes at a time, so that lines would mix if they could.
struct Slowly(Caught);

impl Write for Slowly {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        thread::yield_now();
        self.0.write(&text[..text.len().min(3)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_of_many_threads_do_not_mix() {
    for background in [false, true] {
        let caught = Caught::default();
        let builder = Console::events()
            .only(["output.threads"])
            .time(false)
            .environment(|_| None)
            .output(Slowly(caught.clone()));
        let builder = if background {
            builder.background(1 << 20)
        } else {
            builder
        };
        let console = builder.start().unwrap();
        thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    (0..50).for_each(|n| execute!("output.threads", { thread, n }));
                });
            }
        });
        console.flush(SOON).unwrap();
        let mut lines = caught.lines();
        for thread in 0..4 {
            let own: Vec<_> = lines
                .iter()
                .filter(|line| line.contains(&format!("thread={thread} ")))
                .cloned()
                .collect();
            let expected: Vec<_> = (0..50)
                .map(|n| format!("output.threads thread={thread} n={n}"))
                .collect();
            assert_eq!(own, expected, "in their order");
        }
        lines.sort();
        lines.dedup();
        assert_eq!(lines.len(), 200);
        assert_eq!(console.stats().written, 200);
    }
}

#[test]
fn stopping_detaches_flushes_and_lets_go_of_the_output() {
    for background in [false, true] {
        let caught = Caught::default();
        let builder = Console::events()
            .only(["output.stop"])
            .time(false)
            .environment(|_| None)
            .output(BufWriter::new(caught.clone()));
        let builder = if background {
            builder.background(1 << 20)
        } else {
            builder
        };
        let console = builder.start().unwrap();
        // A thread that keeps a copy of the list of handlers.
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let (emitted, has_emitted) = std::sync::mpsc::channel();
        let other = thread::spawn(move || {
            execute!("output.stop", { n: 1 });
            emitted.send(()).unwrap();
            let _ = wait.recv();
        });
        has_emitted.recv().unwrap();
        if !background {
            assert_eq!(caught.text(), "", "it is in the buffer");
            console.flush(SOON).unwrap();
            assert_eq!(caught.lines().len(), 1);
        }
        execute!("output.stop", { n: 2 });
        console.stop(SOON).unwrap();
        assert_eq!(caught.lines(), ["output.stop n=1", "output.stop n=2"]);
        assert!(caught.is_let_go(), "although a thread may keep the handler");
        execute!("output.stop", { n: 3 });
        assert_eq!(caught.lines().len(), 2);
        drop(done);
        other.join().unwrap();
    }
}

#[test]
fn dropping_flushes_as_well() {
    let caught = Caught::default();
    let console = Console::events()
        .only(["output.drop"])
        .output(BufWriter::new(caught.clone()))
        .start()
        .unwrap();
    execute!("output.drop");
    drop(console);
    assert_eq!(caught.lines().len(), 1);
    assert!(caught.is_let_go());
}

#[test]
fn an_output_that_is_stuck_makes_a_flush_fail_in_time() {
    let stuck = Stuck::default();
    let console = Console::events()
        .only(["output.stuck"])
        .time(false)
        .environment(|_| None)
        .output(stuck.clone())
        .start()
        .unwrap();
    let emitter = thread::spawn(|| execute!("output.stuck"));
    stuck.wait_for_writer();
    let short = Duration::from_millis(20);
    assert_eq!(console.flush(short), Err(FlushError::Timeout));
    assert_eq!(console.stop(short), Err(FlushError::Timeout));
    stuck.open();
    emitter.join().unwrap();
    assert_eq!(stuck.caught.lines(), ["output.stuck"]);
    eventually("the output is let go of", || stuck.caught_is_let_go());
}
