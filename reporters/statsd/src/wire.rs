//! [`Wire`]: what a delivery needs to know of a socket, and nothing else.

use std::io;
use std::time::Instant;

/// Something to send datagrams with.
pub(crate) trait Wire {
    /// Called before each flush. What is told is worth a line on standard error, and no reason not
    /// to send.
    fn begin(&mut self) -> Option<String>;

    /// Sends a datagram, by `deadline` or not at all.
    fn send(&mut self, datagram: &[u8], deadline: Instant) -> Result<(), Trouble>;

    /// Sends the end of what was begun, by `deadline`; most wires begin nothing they do not end.
    fn complete(&mut self, _deadline: Instant) -> Result<(), Trouble> {
        Ok(())
    }

    /// The pending refusal, which is gone afterwards.
    fn refusal(&mut self) -> Option<io::Error>;

    /// What such a refusal is about.
    fn refusals(&self) -> Refusals;

    /// Whether the peer has room for a few more datagrams, as far as is known.
    fn has_room(&mut self) -> bool {
        true
    }

    /// Lines that were begun, and whose end can no longer be sent; they are known once.
    fn torn(&mut self) -> u64 {
        0
    }

    /// Gives up the current connection, for another address if there is one.
    fn turn(&mut self);

    /// Where it leads, for messages.
    fn name(&self) -> String;
}

/// What a refusal is about, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// The datagram before, and it is there as soon as `send` returns: UDP by loopback.
    OfTheLast,
    /// Any datagram sent so far, after a moment: UDP by a network.
    OfAny,
    /// There are none: what cannot be delivered is not sent. Unix datagrams.
    None,
    /// Anything that the peer has not read when it ends, whenever that is: a stream.
    OfTheUnread,
}

impl Refusals {
    /// Whether what is sent too fast is lost without a word.
    pub(crate) fn needs_pauses(self) -> bool {
        matches!(self, Self::OfTheLast | Self::OfAny)
    }
}

/// Why a datagram was not sent.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// A refusal, which is about what was sent before; and this one was not sent.
    Refused(io::Error),
    /// This one could not be sent; another one may.
    Failed(io::Error),
    /// This one is larger than the system sends, now and later.
    TooLarge(io::Error),
    /// Nothing more can be sent in this flush.
    Stop(String),
}

impl Trouble {
    /// `EMSGSIZE` has no kind of its own.
    pub(crate) fn of(error: io::Error) -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        const TOO_LARGE: i32 = 90;
        #[cfg(windows)]
        const TOO_LARGE: i32 = 10_040;
        #[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
        const TOO_LARGE: i32 = 40;
        if error.raw_os_error() == Some(TOO_LARGE) {
            Self::TooLarge(error)
        } else {
            Self::Failed(error)
        }
    }
}

impl Wire for Box<dyn Wire + Send> {
    fn begin(&mut self) -> Option<String> {
        (**self).begin()
    }

    fn send(&mut self, datagram: &[u8], deadline: Instant) -> Result<(), Trouble> {
        (**self).send(datagram, deadline)
    }

    fn complete(&mut self, deadline: Instant) -> Result<(), Trouble> {
        (**self).complete(deadline)
    }

    fn refusal(&mut self) -> Option<io::Error> {
        (**self).refusal()
    }

    fn refusals(&self) -> Refusals {
        (**self).refusals()
    }

    fn has_room(&mut self) -> bool {
        (**self).has_room()
    }

    fn torn(&mut self) -> u64 {
        (**self).torn()
    }

    fn turn(&mut self) {
        (**self).turn();
    }

    fn name(&self) -> String {
        (**self).name()
    }
}
