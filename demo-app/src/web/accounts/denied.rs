//! Why somebody was not signed up or logged in.

use std::fmt;

use axum::http::StatusCode;

use super::form::Refused;
use super::passwords::PasswordError;
use crate::flow::CommandError;

/// Why somebody was not signed up or logged in.
///
/// As text it is one of a few words, for events. They tell no more than the visitor is told: above
/// all not whether there is a user of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The form was not one of ours.
    Form(Refused),
    /// There is no such user, or it is another password.
    InvalidCredentials,
    /// There were too many attempts at this name.
    Throttled,
    /// A name cannot be like that.
    InvalidName,
    /// A password should not be like that.
    InvalidPassword,
    /// The command was not done: the name is taken, or something is in the way.
    Command(CommandError),
    /// Too many wait for their password to be hashed.
    Busy,
    /// The system did not give what it takes.
    Failed,
    /// The database did not answer.
    Database,
}

impl Denied {
    fn reason(self) -> &'static str {
        match self {
            Self::Form(refused) => refused.reason(),
            Self::InvalidCredentials => "invalid_credentials",
            Self::Throttled => "throttled",
            Self::InvalidName => "invalid_name",
            Self::InvalidPassword => "invalid_password",
            Self::Command(error) => error.reason(),
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Database => "database",
        }
    }

    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::InvalidCredentials => StatusCode::UNAUTHORIZED,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::InvalidName | Self::InvalidPassword => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Command(CommandError::NameTaken) => StatusCode::CONFLICT,
            Self::Busy | Self::Command(CommandError::Busy | CommandError::Stopping) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            // Said by the form's own page.
            Self::Form(_) => StatusCode::FORBIDDEN,
            Self::Failed | Self::Database | Self::Command(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the visitor is told.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "The name or the password is wrong.",
            Self::Throttled => "Too many attempts with this name. Try again in a minute.",
            Self::InvalidName => "A name has 1 to 40 characters, and none that cannot be seen.",
            Self::InvalidPassword => "A password has at least 8 characters, and at most 200.",
            Self::Command(CommandError::NameTaken) => "This name is taken. Choose another.",
            Self::Command(CommandError::Unanswered) => {
                "There was no answer in time. It may have worked all the same: try to log in."
            }
            Self::Busy | Self::Command(CommandError::Busy | CommandError::Stopping) => {
                "Too much is going on. Try again in a moment."
            }
            Self::Failed | Self::Database | Self::Command(_) | Self::Form(_) => {
                "Something went wrong. Try again in a moment."
            }
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Self {
        Self::Form(refused)
    }
}

impl From<PasswordError> for Denied {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Failed => Self::Failed,
        }
    }
}

impl From<CommandError> for Denied {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

impl From<sqlx::Error> for Denied {
    fn from(_: sqlx::Error) -> Self {
        Self::Database
    }
}
