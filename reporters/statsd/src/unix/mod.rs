//! [`UnixPeer`]: a daemon behind a Unix socket, of datagrams or a stream.
//!
//! A Unix socket is honest: what it takes lies in the daemon's own buffer, and a full buffer, a
//! daemon that has ended and a socket that is not there are told at once. So nothing is paced and
//! nothing is waited for, except for room. A daemon that was restarted has a new socket under the
//! old path: the first send to the old one fails, and the same datagram goes to the new one.
//!
//! What the daemon had not read when it ended is lost with it. Of datagrams nobody hears that; of a
//! stream the system says that there was something.

mod link;
mod stream;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::address::UnixKind;
use crate::wire::{Refusals, Trouble, Wire};
use link::Link;
use stream::Rest;

pub(crate) use stream::Framing;

/// How long to sleep where a socket has room and takes nothing.
const NAP: Duration = Duration::from_millis(1);

pub(crate) struct UnixPeer {
    path: PathBuf,
    kind: UnixKind,
    framing: Framing,
    link: Option<Link>,
    /// What is left of a message on a stream that became full in the middle of it.
    rest: Rest,
    /// Whether that message is of this flush, so that a refusal is about it as well.
    rest_is_new: bool,
    /// The message with its frame.
    framed: Vec<u8>,
    /// A socket of datagrams was full until there was no time left: maybe it is not the daemon's
    /// any more. (A stream that is full stays: what lies in it is known as long as it is open.)
    renew: bool,
    /// Lines whose beginning was sent, and whose end cannot be.
    torn: u64,
}

/// Why a message is not sent, or not whole.
enum Broken {
    /// There is nobody at the other end.
    Gone(io::Error),
    /// There was no room until the deadline.
    Full,
    /// Something about this message.
    Other(io::Error),
}

/// The peer has ended, and there was something that it had not read.
fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl UnixPeer {
    pub(crate) fn new(path: PathBuf, kind: UnixKind, framing: Framing) -> Self {
        Self {
            path,
            kind,
            framing,
            link: None,
            rest: Rest::default(),
            rest_is_new: false,
            framed: Vec::new(),
            renew: false,
            torn: 0,
        }
    }

    fn open(&mut self) -> Result<(), Trouble> {
        if self.link.is_none() {
            let link = Link::open(&self.path, self.kind).map_err(|error| {
                Trouble::Stop(format!("cannot connect to {}: {error}", self.name()))
            })?;
            self.link = Some(link);
        }
        Ok(())
    }

    /// Gives up the socket, and with it the end of what was begun.
    fn close(&mut self) {
        self.link = None;
        self.torn += self.rest.give_up();
    }

    fn full(&mut self) -> Trouble {
        let name = self.name();
        Trouble::Stop(format!(
            "no time left: {name} takes nothing, its buffer is full"
        ))
    }

    /// Sends the message once, to whoever is there.
    fn attempt(&mut self, message: &[u8], deadline: Instant) -> Result<(), Broken> {
        match &self.link {
            None => Err(Broken::Gone(io::ErrorKind::NotConnected.into())),
            Some(Link::Datagram(socket)) => link::send(socket, message, deadline),
            Some(Link::Stream(stream)) => {
                self.rest.write(stream, deadline)?;
                self.framing.frame(message, &mut self.framed);
                match stream::write(stream, &self.framed, deadline) {
                    (_, None) => Ok(()),
                    // Its reader waits for the end; so that follows, and nothing else before it.
                    (written @ 1.., Some(Broken::Full)) => {
                        self.rest
                            .keep(self.framing, &self.framed[written..], message);
                        self.rest_is_new = true;
                        Ok(())
                    }
                    (_, Some(broken)) => Err(broken),
                }
            }
        }
    }
}

impl Wire for UnixPeer {
    /// Finds out whether the daemon has hung up since the last flush.
    fn begin(&mut self) -> Option<String> {
        self.rest_is_new = false;
        let end = match &self.link {
            Some(Link::Stream(stream)) => stream::end(stream),
            _ => None,
        };
        if end.is_some() || std::mem::take(&mut self.renew) {
            self.close();
        }
        let error = end?.err()?;
        Some(format!(
            "{} ended with something unread: {error}",
            self.name()
        ))
    }

    fn send(&mut self, datagram: &[u8], deadline: Instant) -> Result<(), Trouble> {
        let mut again = true;
        loop {
            self.open()?;
            match self.attempt(datagram, deadline) {
                Ok(()) => return Ok(()),
                Err(Broken::Gone(error)) => {
                    let is_stream = matches!(self.link, Some(Link::Stream(_)));
                    let is_reset = is_stream && error.kind() == io::ErrorKind::ConnectionReset;
                    let refusal = self.refusal().or_else(|| is_reset.then(reset));
                    self.close();
                    if let Some(refusal) = refusal {
                        return Err(Trouble::Refused(refusal));
                    }
                    if !std::mem::take(&mut again) {
                        let name = self.name();
                        return Err(Trouble::Stop(format!("{name} hung up: {error}")));
                    }
                }
                Err(Broken::Full) => {
                    self.renew = matches!(self.link, Some(Link::Datagram(_)));
                    return Err(self.full());
                }
                Err(Broken::Other(error)) => {
                    // In the middle of a stream nobody knows where the next message would begin.
                    if matches!(self.link, Some(Link::Stream(_))) {
                        self.close();
                    }
                    return Err(Trouble::of(error));
                }
            }
        }
    }

    fn complete(&mut self, deadline: Instant) -> Result<(), Trouble> {
        let Some(Link::Stream(stream)) = &self.link else {
            return Ok(());
        };
        match self.rest.write(stream, deadline) {
            Ok(()) => Ok(()),
            Err(Broken::Full) => Err(self.full()),
            Err(Broken::Gone(error) | Broken::Other(error)) => {
                let refusal = self.refusal().unwrap_or(error);
                if self.rest_is_new {
                    // It is not lost: it is sent again, with all of this flush.
                    self.rest.give_up();
                }
                self.close();
                Err(Trouble::Refused(refusal))
            }
        }
    }

    fn refusal(&mut self) -> Option<io::Error> {
        let Some(Link::Stream(stream)) = &self.link else {
            return None;
        };
        match stream.take_error() {
            Ok(error) => error,
            Err(error) => Some(error),
        }
    }

    fn refusals(&self) -> Refusals {
        match &self.link {
            Some(Link::Stream(_)) => Refusals::OfTheUnread,
            _ => Refusals::None,
        }
    }

    fn torn(&mut self) -> u64 {
        std::mem::take(&mut self.torn)
    }

    fn turn(&mut self) {
        self.close();
    }

    fn name(&self) -> String {
        crate::address::Address::Unix {
            kind: self.kind,
            path: self.path.clone(),
        }
        .to_string()
    }
}
