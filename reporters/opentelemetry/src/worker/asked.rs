//! What is asked of the thread, and how it answers.

use std::pin::Pin;
use std::sync::mpsc::SyncSender;
use std::task::{Context, Poll};
use std::time::Instant;

use telemetry_metrics::push::FlushError;
use tokio::sync::oneshot;

/// Send everything, and answer by the deadline.
pub(super) struct Command {
    pub(super) deadline: Instant,
    /// And stop then.
    pub(super) stop: bool,
    pub(super) reply: Reply,
}

/// Where the answer goes to. Whoever asked may have given up waiting.
pub(super) enum Reply {
    Blocking(SyncSender<Result<(), FlushError>>),
    Async(oneshot::Sender<Result<(), FlushError>>),
}

impl Reply {
    pub(super) fn send(self, answer: Result<(), FlushError>) {
        match self {
            // It has room for the one answer that there is.
            Self::Blocking(reply) => drop(reply.try_send(answer)),
            Self::Async(reply) => drop(reply.send(answer)),
        }
    }
}

/// The answer that is to come.
pub(crate) struct Answer(pub(super) oneshot::Receiver<Result<(), FlushError>>);

impl Future for Answer {
    type Output = Result<(), FlushError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(FlushError::Stopped)))
    }
}

/// What a task is asked for: everything that there is now.
pub(super) struct Ask {
    /// There is no later time.
    pub(super) is_last: bool,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}
