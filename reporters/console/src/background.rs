//! The queue between emitters and an output that may be slow: bounded, in bytes.
//!
//! Emitters append lines to one buffer, the writer's thread takes the buffer and leaves an empty one:
//! two allocations for good, and the lock is held for as long as it takes to copy a line. What does
//! not fit is dropped and counted, because the alternative is to wait.

use std::io::ErrorKind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use telemetry_metrics::push::FlushError;

use crate::account::Account;
use crate::lines::LONGEST;
use crate::sink::{Sink, Writing, count_lines};

/// How long to wait for an output that would block.
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct Background {
    state: Mutex<State>,
    /// For the writer: there is something to do.
    work: Condvar,
    /// For those that flush: something was done.
    done: Condvar,
    capacity: usize,
    account: Arc<Account>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// Lines that were ever put in, and those of them that the writer is done with, one way or the
    /// other.
    accepted: u64,
    settled: u64,
    failures: u64,
    last_error: String,
    /// Nothing more is put in; the writer ends when it is done.
    is_closed: bool,
    /// When it is to give up an output that would block.
    until: Option<Instant>,
    has_ended: bool,
}

impl Background {
    pub(crate) fn new(capacity: usize, account: Arc<Account>) -> Self {
        Self {
            state: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            capacity,
            account,
        }
    }

    /// Starts the thread that writes.
    pub(crate) fn start(self: &Arc<Self>, sink: Sink) -> Result<(), std::io::Error> {
        let background = self.clone();
        thread::Builder::new()
            .name("telemetry-console".into())
            .spawn(move || {
                // What this thread emits is its output's doing.
                let _writing = Writing::begin();
                background.run(sink);
                background.lock().has_ended = true;
                background.done.notify_all();
            })
            .map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, line: &[u8]) {
        let mut state = self.lock();
        if state.is_closed || self.capacity.saturating_sub(state.lines.len()) < line.len() {
            drop(state);
            self.account.dropped(1);
            return;
        }
        let was_empty = state.lines.is_empty();
        state.lines.extend_from_slice(line);
        state.accepted += 1;
        drop(state);
        if was_empty {
            self.work.notify_one();
        }
    }

    /// Waits until everything that is in the queue now was tried.
    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let state = self.lock();
        let accepted = state.accepted;
        self.wait(state, timeout, |state| state.settled >= accepted)
    }

    /// Writes what is in the queue, and lets go of the output.
    pub(crate) fn close(&self, timeout: Duration) -> Result<(), FlushError> {
        let mut state = self.lock();
        state.is_closed = true;
        state.until = Some(Instant::now() + timeout.min(LONGEST));
        self.work.notify_one();
        self.wait(state, timeout, |state| state.has_ended)
    }

    fn wait(
        &self,
        state: MutexGuard<'_, State>,
        timeout: Duration,
        is_done: impl Fn(&State) -> bool,
    ) -> Result<(), FlushError> {
        let failures = state.failures;
        let (state, _) = self
            .done
            .wait_timeout_while(state, timeout.min(LONGEST), |state| {
                !is_done(state) && !state.has_ended
            })
            .unwrap_or_else(PoisonError::into_inner);
        if !is_done(&state) {
            return Err(if state.has_ended {
                FlushError::Stopped
            } else {
                FlushError::Timeout
            });
        }
        if state.failures > failures {
            return Err(FlushError::Failed(state.last_error.clone()));
        }
        Ok(())
    }

    fn run(&self, mut sink: Sink) {
        let mut lines = Vec::new();
        loop {
            let mut state = self.lock();
            while state.lines.is_empty() {
                if state.is_closed {
                    return;
                }
                state = self
                    .work
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            lines.clear();
            std::mem::swap(&mut lines, &mut state.lines);
            drop(state);
            self.write(&mut sink, &lines);
        }
    }

    /// Writes all, or gives up what is left.
    fn write(&self, sink: &mut Sink, lines: &[u8]) {
        let all = count_lines(lines);
        let (mut at, mut whole) = (0, 0);
        let result = loop {
            let written = sink.write(&lines[at..]);
            self.account.written(written.lines);
            at += written.bytes;
            whole += written.lines;
            match written.error {
                None => break sink.flush(),
                Some(error) if error.kind() == ErrorKind::WouldBlock && self.may_wait() => {}
                Some(error) => break Err(error),
            }
        };
        let failed = all - whole;
        if let Err(error) = &result {
            self.account.failed(failed, error);
        } else if failed > 0 {
            // They were torn, and made whole by what was written after them.
            self.account.written(failed);
        }
        let mut state = self.lock();
        state.settled += all;
        if let Err(error) = result {
            state.failures += 1;
            state.last_error = error.to_string();
        }
        drop(state);
        self.done.notify_all();
    }

    /// Pauses; `false` if there is no time left.
    fn may_wait(&self) -> bool {
        let state = self.lock();
        let is_over = |state: &State| state.until.is_some_and(|until| Instant::now() >= until);
        if is_over(&state) {
            return false;
        }
        drop(state);
        thread::sleep(PAUSE);
        true
    }
}
