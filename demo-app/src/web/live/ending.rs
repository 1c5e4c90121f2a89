//! How a WebSocket ends.

use axum::extract::ws::{CloseFrame, close_code};
use telemetry_http::CloseReason;
use tokio_tungstenite::tungstenite::Error as Tungstenite;

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client said so.
    Client,
    /// The connection is gone, without a word.
    Gone,
    /// Pings were not answered, or what was sent was not taken.
    Silent,
    /// The application stops.
    Closing,
    /// A handler panicked.
    Panicked,
    /// More clicks than can wait.
    Busy,
    /// Too much that means nothing.
    Policy,
    /// A message that is too long.
    TooLong,
    /// A message that is not text.
    NotText,
    /// Not what a WebSocket is.
    Protocol,
}

impl Ending {
    /// What an error while reading means.
    pub(super) fn of(error: axum::Error) -> Self {
        match error.into_inner().downcast_ref::<Tungstenite>() {
            Some(Tungstenite::Capacity(_)) => Self::TooLong,
            Some(Tungstenite::Protocol(_) | Tungstenite::Utf8(_)) => Self::Protocol,
            _ => Self::Gone,
        }
    }

    /// What the channel's last event says.
    pub(super) fn reason(self) -> CloseReason {
        match self {
            Self::Client => CloseReason::Client,
            Self::Closing | Self::Silent | Self::Busy => CloseReason::Server,
            Self::Gone
            | Self::Panicked
            | Self::Policy
            | Self::TooLong
            | Self::NotText
            | Self::Protocol => CloseReason::Error,
        }
    }

    /// What the peer is told, if there is one to be told.
    pub(super) fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Client | Self::Gone | Self::Silent => return None,
            Self::Closing => (close_code::AWAY, "the server stops"),
            Self::Panicked => (close_code::ERROR, "the handler panicked"),
            Self::Busy => (close_code::AGAIN, "too many clicks are waiting"),
            Self::Policy => (close_code::POLICY, "too much that means nothing"),
            Self::TooLong => (close_code::SIZE, "the message is too long"),
            Self::NotText => (close_code::UNSUPPORTED, "only text is understood"),
            Self::Protocol => (close_code::PROTOCOL, "that is not a WebSocket's frame"),
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}
