//! Unix sockets of a test's own, and what came to them.

use std::io::Read;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::support::{SOON, wait_for};

/// A path for a socket; what is there is removed with the value.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("tel-statsd-{}-{number}.sock", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    pub(crate) fn address(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.0.display())
    }

    pub(crate) fn path(&self) -> &PathBuf {
        &self.0
    }

    pub(crate) fn datagrams(&self) -> UnixDatagram {
        self.clear();
        let socket = UnixDatagram::bind(&self.0).unwrap();
        socket.set_read_timeout(Some(SOON)).unwrap();
        socket
    }

    pub(crate) fn streams(&self) -> UnixListener {
        self.clear();
        UnixListener::bind(&self.0).unwrap()
    }

    pub(crate) fn clear(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Everything that lies in the socket.
pub(crate) fn received(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut buffer = vec![0; 70_000];
    let mut all = Vec::new();
    while let Ok(length) = socket.recv(&mut buffer) {
        all.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    all
}

/// Takes in whoever has connected.
pub(crate) fn accepted(listener: &UnixListener) -> UnixStream {
    listener.set_nonblocking(true).unwrap();
    let (stream, _) = wait_for("a connection", || listener.accept().ok());
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Everything that lies in the stream.
pub(crate) fn bytes(mut stream: &UnixStream) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    all
}

/// Reads all that connect, until it is stopped.
pub(crate) struct Reading {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Vec<u8>>>,
}

impl Reading {
    pub(crate) fn new(listener: UnixListener) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut streams: Vec<(UnixStream, Vec<u8>)> = Vec::new();
            loop {
                // Asked before reading, so that nothing is missed that was there before.
                let last = stopped.load(Ordering::SeqCst);
                streams.extend(accepted_or_none(&listener).map(|stream| (stream, Vec::new())));
                for (stream, got) in &mut streams {
                    got.extend(bytes(stream));
                }
                if last {
                    return streams.into_iter().map(|(_, got)| got).collect();
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Self { stop, thread }
    }

    /// What came on each connection.
    pub(crate) fn finish(self) -> Vec<Vec<u8>> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap()
    }
}

/// Messages of which each has its length in front, and how many bytes are left over.
pub(crate) fn frames(bytes: &[u8]) -> (Vec<String>, usize) {
    let mut all = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some((message, after)) = after.split_at_checked(length) else {
            break;
        };
        all.push(String::from_utf8(message.to_vec()).unwrap());
        rest = after;
    }
    (all, rest.len())
}

/// The sum of all counts.
pub(crate) fn total<'t>(texts: impl IntoIterator<Item = &'t str>) -> u64 {
    let lines = texts.into_iter().flat_map(str::lines);
    lines
        .map(|line| {
            let value = line.split_once(':').unwrap().1;
            value.split_once('|').unwrap().0.parse::<u64>().unwrap()
        })
        .sum()
}

/// Takes in whoever has connected, if there is somebody.
pub(crate) fn accepted_or_none(listener: &UnixListener) -> Option<UnixStream> {
    listener.set_nonblocking(true).unwrap();
    let (stream, _) = listener.accept().ok()?;
    stream.set_nonblocking(true).unwrap();
    Some(stream)
}
