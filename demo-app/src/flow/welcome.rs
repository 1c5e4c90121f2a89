//! The process manager: it answers an event with a command.
//!
//! Its position moves on when the command is done. If the application ends between the two, it sends
//! the command again, which then finds that it was done before.

use telemetry::{Span, span};

use super::command::{Command, CommandError, Commands};
use super::consumer::{Consumer, Failure};
use super::event::{Kind, StoredEvent};

/// Welcomes whoever signs up.
pub(super) struct Welcome {
    pub(super) commands: Commands,
}

impl Consumer for Welcome {
    const NAME: &'static str = "welcome";

    fn wants(kind: Kind) -> bool {
        kind == Kind::UserSignedUp
    }

    fn span(event: &StoredEvent) -> Span {
        let kind = event.kind.map(Kind::as_str);
        span!(parent: event.context, "demo.process.react", { process: Self::NAME, event: kind })
    }

    async fn before(&self, event: &StoredEvent) -> Result<(), Failure> {
        let user_id = event.user_id;
        match self.commands.send(Command::SendWelcome { user_id }).await {
            Ok(_) => Ok(()),
            Err(error @ CommandError::UnknownUser) => Err(Failure::Poison(error.reason())),
            Err(error) => Err(Failure::Later(error.reason())),
        }
    }
}
