//! Commands: what somebody wants to happen. And how they get to the one task that decides.

use std::fmt;
use std::time::{Duration, Instant};

use telemetry::{SpanContext, execute};
use tokio::sync::mpsc::{self, error::SendTimeoutError};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::event::Kind;

/// What somebody wants to happen.
#[derive(Clone)]
pub(super) enum Command {
    /// Makes a user of a name that nobody has.
    SignUp { name: String, password_hash: String },
    /// Writes to a new user; once, however often it is asked for.
    SendWelcome { user_id: i64 },
    /// Says what a user has done elsewhere.
    Record { user_id: i64, kind: Kind },
}

impl Command {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => "sign_up",
            Self::SendWelcome { .. } => "send_welcome",
            Self::Record { .. } => "record",
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Done {
    /// The user it is about.
    pub(super) user_id: i64,
    /// How many events it made; none if it had been done before.
    pub(super) events: u64,
}

/// Why a command was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum CommandError {
    /// Another user has this name.
    NameTaken,
    /// There is no such user.
    UnknownUser,
    /// Too many commands wait already.
    Busy,
    /// The application ends.
    Stopping,
    /// There was no answer in time. It may be done all the same.
    Unanswered,
    /// The database did not take it. The query's own event says more.
    Database,
}

impl CommandError {
    /// A word for tags.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NameTaken => "name_taken",
            Self::UnknownUser => "unknown_user",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
            Self::Unanswered => "unanswered",
            Self::Database => "database",
        }
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameTaken => "this name is taken; choose another",
            Self::UnknownUser => "there is no such user",
            Self::Busy => "too much is going on; try again in a moment",
            Self::Stopping => "the application is stopping; try again in a moment",
            Self::Unanswered => "there was no answer in time; it may have worked all the same",
            Self::Database => "the database did not answer; try again in a moment",
        })
    }
}

impl std::error::Error for CommandError {}

impl From<sqlx::Error> for CommandError {
    fn from(_: sqlx::Error) -> Self {
        Self::Database
    }
}

/// A command on its way.
pub(super) struct Envelope {
    pub(super) command: Command,
    /// The span that it comes from.
    pub(super) context: Option<SpanContext>,
    pub(super) sent: Instant,
    /// Closed when nobody waits any more.
    pub(super) reply: oneshot::Sender<Result<Done, CommandError>>,
}

/// Where commands are handed in. Nothing here waits for ever.
#[derive(Debug, Clone)]
pub(super) struct Commands {
    pub(super) sender: mpsc::Sender<Envelope>,
    pub(super) accept_within: Duration,
    pub(super) answer_within: Duration,
}

impl Commands {
    /// Hands a command in as part of the current span, and waits for what becomes of it.
    pub(super) async fn send(&self, command: Command) -> Result<Done, CommandError> {
        let name = command.name();
        let (reply, answer) = oneshot::channel();
        let envelope = Envelope {
            command,
            context: SpanContext::current(),
            sent: Instant::now(),
            reply,
        };
        let error = match self.sender.send_timeout(envelope, self.accept_within).await {
            Ok(()) => match timeout(self.answer_within, answer).await {
                Ok(Ok(decided)) => return decided,
                // In time, but by a panic; or too late.
                Ok(Err(_)) | Err(_) => CommandError::Unanswered,
            },
            Err(SendTimeoutError::Timeout(_)) => CommandError::Busy,
            Err(SendTimeoutError::Closed(_)) => CommandError::Stopping,
        };
        execute!("demo.commands.refuse", {}, { command: name, reason: error.reason() });
        Err(error)
    }
}
