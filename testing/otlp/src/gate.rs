//! [`Gate`]: what stands between a sender and a receiver, and misbehaves when it is told to.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use crate::{Receiver, client};

/// Passes requests on, whole ones only: either the receiver has a request and the sender hears of it,
/// or neither, unless answers are to be [lost](Self::lose_answers). So what was delivered can be counted
/// on both sides.
///
/// HTTP/1.1 only, and only bodies whose length is said.
#[derive(Debug)]
pub struct Gate {
    shared: Arc<Shared>,
    port: u16,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// What a gate did with requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Passed on, and answered by the receiver.
    pub passed: u64,
    /// Answered by the gate itself.
    pub answered: u64,
    /// Cut off: read, and neither passed on nor answered.
    pub cut: u64,
    /// Passed on, and cut off when the receiver had answered.
    pub lost: u64,
}

#[derive(Debug)]
struct Shared {
    receiver: u16,
    /// Held for reading while a request is passed on and answered.
    open: RwLock<bool>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<String>,
    /// So many of the receiver's answers are lost.
    to_lose: u64,
    connections: Vec<TcpStream>,
    seen: Seen,
}

impl Gate {
    /// An open one, on a free port of 127.0.0.1, before a receiver's HTTP.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[must_use]
    pub fn before(receiver: &Receiver) -> Self {
        Self::before_port(receiver.http_port())
    }

    fn before_port(receiver: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let gate = Self {
            shared: Arc::new(Shared {
                receiver,
                open: RwLock::new(false),
                state: Mutex::default(),
            }),
            port: listener.local_addr().expect("bound").port(),
            listening: Mutex::default(),
        };
        gate.listen(listener);
        gate
    }

    /// Where it listens: `http://127.0.0.1:..`, without a path.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next requests are not passed on; each gets one of these as its answer, a whole one of HTTP,
    /// and is cut off if that is empty.
    pub fn answer(&self, answers: impl IntoIterator<Item = impl Into<String>>) {
        let answers = answers.into_iter().map(Into::into);
        self.shared.state().answers.extend(answers);
    }

    /// The next requests, so many, are passed on, and then cut off: the receiver has them, and the sender
    /// does not know.
    pub fn lose_answers(&self, count: u64) {
        self.shared.state().to_lose += count;
    }

    /// What it did until now.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.shared.state().seen
    }

    /// Nobody listens any more, and all connections are cut: requests that are being passed on are
    /// so before, others never.
    pub fn vanish(&self) {
        let Some(thread) = lock(&self.listening).take() else {
            return;
        };
        {
            let mut open = self
                .shared
                .open
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *open = false;
            for connection in self.shared.state().connections.drain(..) {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
        // It looks whether it is open when somebody comes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        let _ = thread.join();
    }

    /// Listens again, on the same port.
    ///
    /// # Panics
    ///
    /// If somebody else has taken the port meanwhile.
    pub fn come_back(&self) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port));
        self.listen(listener.expect("its port is still free"));
    }

    fn listen(&self, listener: TcpListener) {
        *self
            .shared
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner) = true;
        let shared = self.shared.clone();
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let open = shared.open.read().unwrap_or_else(PoisonError::into_inner);
                if !*open {
                    break;
                }
                let Ok(handle) = connection.try_clone() else {
                    continue;
                };
                shared.state().connections.push(handle);
                let shared = shared.clone();
                std::thread::spawn(move || {
                    while let Some(request) = read(&connection) {
                        if shared.handle(&connection, &request).is_none() {
                            break;
                        }
                    }
                    let _ = connection.shutdown(Shutdown::Both);
                });
            }
        });
        *lock(&self.listening) = Some(thread);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.vanish();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// `None` if the connection is not to be used any more.
    fn handle(&self, mut connection: &TcpStream, request: &[u8]) -> Option<()> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if !*open {
            self.state().seen.cut += 1;
            return None;
        }
        let answer = self.state().answers.pop_front();
        match answer {
            Some(cut) if cut.is_empty() => {
                self.state().seen.cut += 1;
                None
            }
            Some(answer) => {
                self.state().seen.answered += 1;
                connection.write_all(answer.as_bytes()).ok()?;
                goes_on(answer.as_bytes())
            }
            None => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.receiver));
                let mut receiver = TcpStream::connect(address).ok()?;
                receiver.write_all(request).ok()?;
                receiver.set_read_timeout(Some(client::PATIENCE)).ok()?;
                let answer = read(&receiver)?;
                let mut state = self.state();
                if state.to_lose > 0 {
                    state.to_lose -= 1;
                    state.seen.lost += 1;
                    return None;
                }
                state.seen.passed += 1;
                drop(state);
                connection.write_all(&answer).ok()?;
                goes_on(request).and(goes_on(&answer))
            }
        }
    }
}

/// A whole request, or a whole answer; `None` when there is no more.
fn read(mut stream: &TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut buffer = [0; 16 * 1024];
    let mut whole = None;
    while whole.is_none_or(|whole| message.len() < whole) {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        message.extend_from_slice(&buffer[..read]);
        if whole.is_none() {
            whole = length(&message);
        }
    }
    // Nobody sends a second one before the first is answered.
    Some(message)
}

/// `None` if this message is the last one of its connection.
fn goes_on(message: &[u8]) -> Option<()> {
    let head = std::str::from_utf8(&message[..end_of_head(message)?]).ok()?;
    let last =
        client::header(head, "connection").is_some_and(|say| say.eq_ignore_ascii_case("close"));
    (!last).then_some(())
}

fn end_of_head(message: &[u8]) -> Option<usize> {
    Some(message.windows(4).position(|four| four == b"\r\n\r\n")? + 4)
}

/// How long the whole message is, once its head is there.
fn length(message: &[u8]) -> Option<usize> {
    let end = end_of_head(message)?;
    let head = std::str::from_utf8(&message[..end]).ok()?;
    Some(end + client::length(head).unwrap_or_default())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
