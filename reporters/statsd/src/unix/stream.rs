//! Messages on a stream: where one ends, and what becomes of one that does not fit.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::net::{SendFlags, send};

use super::link::{broken, is_full, wait_for_room};
use super::{Broken, NAP};

/// How the reader of a stream knows where a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Datadog's: the length before it, four bytes, the lowest first.
    Prefixed,
    /// A line feed behind each line.
    Lines,
}

impl Framing {
    pub(super) fn frame(self, message: &[u8], framed: &mut Vec<u8>) {
        framed.clear();
        if self == Self::Prefixed {
            let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
            framed.extend_from_slice(&length.to_le_bytes());
        }
        framed.extend_from_slice(message);
        if self == Self::Lines {
            framed.push(b'\n');
        }
    }
}

/// The end of a message whose beginning was sent.
#[derive(Debug, Default)]
pub(super) struct Rest {
    bytes: Vec<u8>,
    /// Of a message that counts only whole, its lines.
    whole: Option<u64>,
}

fn lines(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    u64::try_from(ends).unwrap_or(u64::MAX)
}

impl Rest {
    pub(super) fn keep(&mut self, framing: Framing, rest: &[u8], message: &[u8]) {
        self.bytes.extend_from_slice(rest);
        self.whole = (framing == Framing::Prefixed).then(|| lines(message) + 1);
    }

    /// Sends it, or as much of it as can be sent.
    pub(super) fn write(&mut self, stream: &UnixStream, deadline: Instant) -> Result<(), Broken> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let (written, broken) = write(stream, &self.bytes, deadline);
        self.bytes.drain(..written);
        broken.map_or(Ok(()), Err)
    }

    /// Forgets it; how many lines are lost.
    pub(super) fn give_up(&mut self) -> u64 {
        let bytes = std::mem::take(&mut self.bytes);
        match self.whole.take() {
            Some(whole) if !bytes.is_empty() => whole,
            _ => lines(&bytes),
        }
    }
}

/// A peer that has ended is an error here, and must not be a signal that ends this process.
#[cfg(not(any(target_vendor = "apple", target_os = "solaris", target_os = "illumos")))]
const FLAGS: SendFlags = SendFlags::NOSIGNAL;
#[cfg(any(target_vendor = "apple", target_os = "solaris", target_os = "illumos"))]
const FLAGS: SendFlags = SendFlags::empty();

/// Writes what can be written by the deadline: how much, and why not all.
pub(super) fn write(
    stream: &UnixStream,
    bytes: &[u8],
    deadline: Instant,
) -> (usize, Option<Broken>) {
    let mut written = 0;
    let mut woken = false;
    while written < bytes.len() {
        match send(stream, &bytes[written..], FLAGS).map_err(io::Error::from) {
            Ok(0) => return (written, Some(Broken::Gone(ErrorKind::WriteZero.into()))),
            Ok(more) => (written, woken) = (written + more, false),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_full(&error) => {
                if std::mem::replace(&mut woken, true) {
                    std::thread::sleep(NAP);
                }
                if !wait_for_room(stream, deadline) {
                    return (written, Some(Broken::Full));
                }
            }
            Err(error) => return (written, Some(broken(error))),
        }
    }
    (written, None)
}

/// Whether the peer has hung up, and how: in good order or not. Whatever it says is not for us.
pub(super) fn end(mut stream: &UnixStream) -> Option<io::Result<()>> {
    let mut buffer = [0; 256];
    for _ in 0..16 {
        match stream.read(&mut buffer) {
            Ok(0) => return Some(Ok(())),
            Ok(_) => {}
            Err(error) => {
                let alive = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
                return (!alive).then_some(Err(error));
            }
        }
    }
    None
}
