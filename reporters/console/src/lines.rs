//! Where the lines of events go: straight to the output, or into a queue before it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use telemetry_metrics::push::FlushError;

use crate::account::Account;
use crate::background::Background;
use crate::sink::Sink;

/// What clocks can be asked for without trouble; whoever waits longer waits for ever.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 3_600);

#[derive(Debug, Clone)]
pub(crate) enum Lines {
    Direct(Arc<Direct>),
    Background(Arc<Background>),
}

impl Lines {
    /// Takes a line with its end.
    pub(crate) fn write(&self, line: &[u8]) {
        match self {
            Self::Direct(direct) => direct.write(line),
            Self::Background(background) => background.push(line),
        }
    }

    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        match self {
            Self::Direct(direct) => direct.flush(timeout, false),
            Self::Background(background) => background.flush(timeout),
        }
    }

    /// Flushes, and lets go of the output: a handler that was detached may live on in the copies of
    /// other threads, and a file or a pipe should not.
    pub(crate) fn close(&self, timeout: Duration) -> Result<(), FlushError> {
        match self {
            Self::Direct(direct) => direct.flush(timeout, true),
            Self::Background(background) => background.close(timeout),
        }
    }
}

/// Writes on the thread that emits.
#[derive(Debug)]
pub(crate) struct Direct {
    /// `None` once it is closed.
    sink: Mutex<Option<Sink>>,
    account: Arc<Account>,
}

impl Direct {
    pub(crate) fn new(sink: Sink, account: Arc<Account>) -> Self {
        Self {
            sink: Mutex::new(Some(sink)),
            account,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sink>> {
        // A sink does not panic, whatever its output does.
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, line: &[u8]) {
        let written = self.lock().as_mut().map(|sink| sink.write(line));
        match written.map(|written| written.error) {
            Some(None) => self.account.written(1),
            Some(Some(error)) => self.account.failed(1, &error),
            // Emitted while it was closed.
            None => self.account.dropped(1),
        }
    }

    /// On a thread of its own, because an output that is stuck holds the lock, or the flush, for as
    /// long as it likes.
    fn flush(self: &Arc<Self>, timeout: Duration, close: bool) -> Result<(), FlushError> {
        let direct = self.clone();
        let (reply, answer) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("telemetry-console-flush".into())
            .spawn(move || reply.send(direct.flush_here(close)));
        let result = if thread.is_ok() {
            answer.recv_timeout(timeout.min(LONGEST))
        } else {
            // Better late than not at all.
            Ok(self.flush_here(close))
        };
        match result {
            Ok(result) => result.map_err(|error| FlushError::Failed(error.to_string())),
            Err(_) => Err(FlushError::Timeout),
        }
    }

    fn flush_here(&self, close: bool) -> io::Result<()> {
        let mut slot = self.lock();
        let result = slot.as_mut().map_or(Ok(()), Sink::flush);
        // Dropped after the lock, as that is the output's code.
        let closed = if close { slot.take() } else { None };
        drop(slot);
        drop(closed);
        result
    }
}
