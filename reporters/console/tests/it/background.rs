//! The queue before a slow output.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use telemetry::execute;
use telemetry_console::{Console, FlushError};

use crate::support::{Caught, SOON, Stuck, eventually};

#[test]
fn a_stuck_output_makes_nobody_wait_and_what_does_not_fit_is_counted() {
    let stuck = Stuck::default();
    let console = Console::events()
        .only(["back.stuck"])
        .time(false)
        .environment(|_| None)
        .output(stuck.clone())
        .background(1024)
        .start()
        .unwrap();
    execute!("back.stuck", { n: 0 });
    stuck.wait_for_writer();
    (1..=1_000).for_each(|n| execute!("back.stuck", { n }));
    let dropped = console.stats().dropped;
    // Of `back.stuck n=10` and a line break some 64 fit.
    assert!((900..1_000).contains(&dropped), "{dropped}");
    assert_eq!(
        console.flush(Duration::from_millis(10)),
        Err(FlushError::Timeout)
    );
    stuck.open();
    console.flush(SOON).unwrap();
    let stats = console.stats();
    assert_eq!(
        (stats.written, stats.failed, stats.dropped),
        (1_001 - dropped, 0, dropped)
    );
    let lines = stuck.caught.lines();
    let expected: Vec<_> = (0..=1_000 - dropped)
        .map(|n| format!("back.stuck n={n}"))
        .collect();
    assert_eq!(lines, expected, "the oldest are kept, whole and in order");
    execute!("back.stuck", { n: 7 });
    console.stop(SOON).unwrap();
    assert_eq!(
        stuck.caught.lines().last().map(String::as_str),
        Some("back.stuck n=7")
    );
    assert!(stuck.caught.is_let_go());
}

#[test]
fn stopping_a_stuck_console_ends_in_time_and_its_thread_later() {
    let stuck = Stuck::default();
    let console = Console::events()
        .only(["back.late"])
        .output(stuck.clone())
        .background(1024)
        .start()
        .unwrap();
    execute!("back.late");
    stuck.wait_for_writer();
    assert_eq!(
        console.stop(Duration::from_millis(20)),
        Err(FlushError::Timeout)
    );
    stuck.open();
    eventually("the thread ends", || stuck.caught_is_let_go());
    assert_eq!(stuck.caught.lines().len(), 1);
}

/// Would block every other time, and takes little.
struct NonBlocking(Caught, u32);

impl Write for NonBlocking {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1 % 2 == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.write(&text[..text.len().min(7)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_would_block_is_waited_for_and_tears_no_line() {
    let caught = Caught::default();
    let console = Console::events()
        .only(["back.block"])
        .time(false)
        .environment(|_| None)
        .output(NonBlocking(caught.clone(), 0))
        .background(4096)
        .start()
        .unwrap();
    (0..20).for_each(|n| execute!("back.block", { n }));
    console.flush(SOON).unwrap();
    let expected: Vec<_> = (0..20).map(|n| format!("back.block n={n}")).collect();
    assert_eq!(caught.lines(), expected);
    let stats = console.stats();
    assert_eq!((stats.written, stats.failed), (20, 0));
}

/// Fails so many times.
struct Fails(Arc<AtomicU32>, Caught);

impl Write for Fails {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.0.load(Ordering::SeqCst) > 0 {
            self.0.fetch_sub(1, Ordering::SeqCst);
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.1.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_flush_tells_of_its_own_failures_only() {
    let (times, caught) = (Arc::new(AtomicU32::new(u32::MAX)), Caught::default());
    let console = Console::events()
        .only(["back.fails"])
        .output(Fails(times.clone(), caught.clone()))
        .background(4096)
        .start()
        .unwrap();
    for failed in 1..=2 {
        execute!("back.fails");
        // Whether it tells depends on whether it comes before the failure.
        let _ = console.flush(SOON);
        assert_eq!(console.stats().failed, failed);
    }
    eventually("a flush was quicker than the failure, and tells", || {
        execute!("back.fails");
        matches!(console.flush(SOON), Err(FlushError::Failed(_)))
    });
    times.store(0, Ordering::SeqCst);
    execute!("back.fails");
    assert_eq!(console.flush(SOON), Ok(()));
    assert_eq!((console.stats().written, caught.lines().len()), (1, 1));
    assert!(console.stop(SOON).is_ok());
}

#[test]
fn stopping_tells_of_what_is_lost_then_and_not_of_what_was_lost_before() {
    let console = Console::events()
        .only(["back.lost"])
        .output(Fails(Arc::new(AtomicU32::new(u32::MAX)), Caught::default()))
        .background(4096)
        .start()
        .unwrap();
    execute!("back.lost");
    let _ = console.flush(SOON);
    assert_eq!(console.stats().failed, 1);
    assert_eq!(console.stop(SOON), Ok(()), "nothing was left to do");
}
