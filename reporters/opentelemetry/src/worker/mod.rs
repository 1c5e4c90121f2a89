//! [`Worker`]: the thread that sends.
//!
//! It has a runtime of its own, of one thread, so that nothing depends on the runtime of the program, and
//! nothing in the program's can stop it. There are two tasks, one for each signal, and neither waits for
//! the other. Whoever wants something of them sends a [`Command`]; the thread keeps the deadlines, also
//! of those who wait without blocking.

mod account;
mod asked;
mod metrics;
mod notice;
mod serve;
mod traces;

use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use telemetry::AttachGuard;
use telemetry_metrics::push::FlushError;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

pub(crate) use account::Account;
pub(crate) use asked::Answer;
use asked::{Command, Reply};
pub(crate) use metrics::Metrics;
pub(crate) use traces::Traces;

use crate::settings::LONGEST;

/// How much longer than its deadline an answer is waited for: to hear why it failed, and that all is counted.
/// The thread answers at the deadline, whatever the network does, as soon as the machine lets it.
const GRACE: Duration = Duration::from_secs(1);

/// What there is to do.
#[derive(Default)]
pub(crate) struct Work {
    /// Puts spans into the queue as long as it lives.
    pub(crate) observer: Option<AttachGuard>,
    pub(crate) traces: Option<Traces>,
    pub(crate) metrics: Option<Metrics>,
}

/// The running thread.
pub(crate) struct Worker {
    commands: UnboundedSender<Command>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// # Errors
    ///
    /// If the system refuses a thread, or what its runtime needs.
    pub(crate) fn start(work: Work) -> io::Result<Self> {
        let (commands, received) = tokio::sync::mpsc::unbounded_channel();
        let (ready, is_ready) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("telemetry-otlp".into())
            .spawn(move || serve::run(work, &ready, received))?;
        // A runtime must not be dropped in an async context, so it is made where it stays.
        is_ready
            .recv()
            .unwrap_or_else(|_| Err(io::Error::other("the reporter's thread panicked")))?;
        Ok(Self { commands, thread })
    }

    pub(crate) fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.request(timeout, false)
    }

    /// Answers when the deadline is over, even if the thread does not.
    fn request(&self, timeout: Duration, stop: bool) -> Result<(), FlushError> {
        let timeout = timeout.min(LONGEST);
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(timeout, stop, Reply::Blocking(reply));
        match answer.recv_timeout(timeout + GRACE) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(FlushError::Timeout),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(FlushError::Stopped),
        }
    }

    pub(crate) fn ask(&self, timeout: Duration) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.send(timeout.min(LONGEST), false, Reply::Async(reply));
        Answer(answer)
    }

    pub(crate) fn stop(self, timeout: Duration) -> Result<(), FlushError> {
        let answer = self.request(timeout, true);
        // Its last words were the answer. Without one it is left to itself.
        if answer != Err(FlushError::Timeout) || self.thread.is_finished() {
            let _ = self.thread.join();
        }
        answer
    }

    pub(crate) fn ask_to_stop(self, timeout: Duration) -> Answer {
        let (reply, answer) = oneshot::channel();
        self.send(timeout.min(LONGEST), true, Reply::Async(reply));
        Answer(answer)
    }

    /// Who gets no answer because the thread is gone hears that by the reply being dropped.
    fn send(&self, timeout: Duration, stop: bool, reply: Reply) {
        let deadline = Instant::now() + timeout;
        let _ = self.commands.send(Command {
            deadline,
            stop,
            reply,
        });
    }
}
