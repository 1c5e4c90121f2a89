//! What became of the lines.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use telemetry_metrics::Health;

use crate::text::{self, Escape};

/// What became of a console's lines, from [`Console::stats`](crate::Console::stats). A line of a table
/// counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Lines that the output took whole.
    pub written: u64,
    /// Lines that it did not, because of an error or a panic of its own. Of a table they are part of
    /// the next.
    pub failed: u64,
    /// Lines that were not tried: those for which a [background
    /// queue](crate::EventsBuilder::background) had no room, and those of events that an output
    /// emitted while it was written to.
    pub dropped: u64,
}

#[derive(Debug)]
pub(crate) struct Account {
    written: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
    health: Option<Health>,
    /// Whether standard error has heard of a failure, or need not.
    is_told: AtomicBool,
}

impl Account {
    pub(crate) fn new(health: Option<Health>, is_stderr: bool) -> Self {
        Self {
            written: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            health,
            is_told: AtomicBool::new(is_stderr),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            written: self.written.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn written(&self, lines: u64) {
        self.written.fetch_add(lines, Ordering::Relaxed);
        if lines > 0 {
            self.health.iter().for_each(|health| health.sent(lines));
        }
    }

    pub(crate) fn dropped(&self, lines: u64) {
        self.dropped.fetch_add(lines, Ordering::Relaxed);
        self.health.iter().for_each(|health| health.dropped(lines));
    }

    /// To be called without a lock: it may write to standard error.
    pub(crate) fn failed(&self, lines: u64, error: &io::Error) {
        self.failed.fetch_add(lines, Ordering::Relaxed);
        self.health.iter().for_each(|health| health.failed(lines));
        // A reader that has seen enough (`program | head`) is not worth a word.
        if error.kind() == io::ErrorKind::BrokenPipe || self.is_told.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut why = String::new();
        let error = telemetry::display(error);
        text::printed(&mut why, Escape::Line, 200, error);
        let _ = writeln!(
            io::stderr(),
            "telemetry-console: the output failed: {why}; lines that are lost are counted (said once)"
        );
    }
}
