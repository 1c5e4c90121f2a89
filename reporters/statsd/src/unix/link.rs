//! Opening Unix sockets that never block, sending datagrams, and waiting for room.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::{Broken, NAP};
use crate::address::UnixKind;

/// How long to wait for room at once: the socket may change without waking anybody.
const SLICE: Duration = Duration::from_millis(100);

/// A socket that is connected.
pub(super) enum Link {
    Datagram(UnixDatagram),
    Stream(UnixStream),
}

impl Link {
    pub(super) fn open(path: &Path, kind: UnixKind) -> io::Result<Self> {
        match kind {
            UnixKind::Datagram => datagram(path).map(Self::Datagram),
            UnixKind::Stream => stream(path).map(Self::Stream),
            UnixKind::Either => match datagram(path) {
                Err(error) if is(&error, Errno::PROTOTYPE) => stream(path).map(Self::Stream),
                other => other.map(Self::Datagram),
            },
        }
    }
}

fn is(error: &io::Error, errno: Errno) -> bool {
    error.raw_os_error() == Some(errno.raw_os_error())
}

fn datagram(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    Ok(socket)
}

/// The standard library's `connect` would wait for a daemon that accepts nobody, without end.
fn stream(path: &Path) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket: OwnedFd = socket()?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(true)?;
    rustix::net::connect(&stream, &address)?;
    Ok(stream)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn socket() -> io::Result<OwnedFd> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
    Ok(rustix::net::socket_with(family, kind, flags, None)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn socket() -> io::Result<OwnedFd> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}

/// Waits until the socket has room. `false` if there is no time left.
pub(super) fn wait_for_room(socket: impl AsFd, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        // A slice is short enough for any system's clock.
        let timeout = Timespec::try_from(left.min(SLICE)).unwrap_or(Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        });
        let mut sockets = [PollFd::new(&socket, PollFlags::OUT)];
        match poll(&mut sockets, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return true,
            Err(_) => {
                // Then time is all there is to wait for.
                std::thread::sleep(NAP.min(left));
                return true;
            }
        }
    }
}

/// What an error means for whoever sends.
pub(super) fn broken(error: io::Error) -> Broken {
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::NotConnected
        | ErrorKind::BrokenPipe
        | ErrorKind::NotFound => Broken::Gone(error),
        _ => Broken::Other(error),
    }
}

/// Whether all that can be done is to wait: the peer's buffer is full, or the system's.
pub(super) fn is_full(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || is(error, Errno::NOBUFS)
}

/// Sends a datagram whole.
pub(super) fn send(socket: &UnixDatagram, message: &[u8], deadline: Instant) -> Result<(), Broken> {
    let mut woken = false;
    loop {
        match socket.send(message) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if is_full(&error) => {
                // Woken for nothing: another sender was faster.
                if std::mem::replace(&mut woken, true) {
                    std::thread::sleep(NAP);
                }
                if !wait_for_room(socket, deadline) {
                    return Err(Broken::Full);
                }
            }
            Err(error) => return Err(broken(error)),
        }
    }
}
