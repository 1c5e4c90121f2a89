//! Looking up a host's name without waiting for it longer than there is time.
//!
//! The system's resolver takes as long as it likes, half a minute if its servers are away, and
//! cannot be interrupted. So it runs on a thread of its own, one at a time, and whoever wants the
//! answer waits until a deadline, and may come back for it.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

type Answer = io::Result<Vec<SocketAddr>>;
type Resolve = Arc<dyn Fn(&str, u16) -> Answer + Send + Sync>;

pub(crate) struct Lookup {
    resolve: Resolve,
    running: Option<Receiver<Answer>>,
}

impl Lookup {
    /// By the system's resolver.
    pub(crate) fn of_the_system() -> Self {
        Self::new(|host, port| Ok((host, port).to_socket_addrs()?.collect()))
    }

    pub(crate) fn new(resolve: impl Fn(&str, u16) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            resolve: Arc::new(resolve),
            running: None,
        }
    }

    /// Starts looking up, unless it is being done.
    pub(crate) fn start(&mut self, host: &str, port: u16) -> io::Result<()> {
        if self.running.is_some() {
            return Ok(());
        }
        let (answer, running) = channel();
        let (resolve, host) = (self.resolve.clone(), host.to_owned());
        std::thread::Builder::new()
            .name("telemetry-statsd-lookup".into())
            .spawn(move || {
                // Whoever asked may be gone.
                let _ = answer.send(resolve(&host, port));
            })?;
        self.running = Some(running);
        Ok(())
    }

    /// The answer to what was started, waited for until `deadline`; `None` if there is none yet.
    pub(crate) fn answer(&mut self, deadline: Instant) -> Option<Answer> {
        let wait = deadline.saturating_duration_since(Instant::now());
        let answer = match self.running.as_ref()?.recv_timeout(wait) {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the host has no address",
            )),
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => return None,
            Err(RecvTimeoutError::Disconnected) => {
                Err(io::Error::other("the resolver's thread panicked"))
            }
        };
        self.running = None;
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(10)
    }

    /// A resolver that answers what the test sends it.
    fn on_demand() -> (Lookup, Sender<Answer>) {
        let (send, receive) = channel();
        let receive = Mutex::new(receive);
        let lookup = Lookup::new(move |_, _| {
            let receive = receive.lock().unwrap_or_else(PoisonError::into_inner);
            receive
                .recv()
                .unwrap_or_else(|_| Err(io::Error::other("the test is over")))
        });
        (lookup, send)
    }

    #[test]
    fn an_answer_that_is_late_can_be_had_later() {
        let (mut lookup, answer) = on_demand();
        let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
        lookup.start("host", 1).unwrap();
        assert!(lookup.answer(Instant::now()).is_none());
        lookup.start("host", 1).unwrap();
        answer.send(Ok(vec![address])).unwrap();
        assert_eq!(lookup.answer(soon()).unwrap().unwrap(), [address]);
        assert!(
            lookup.answer(Instant::now()).is_none(),
            "it was started once"
        );
    }

    #[test]
    fn failures_are_answers() {
        let (mut lookup, answer) = on_demand();
        answer.send(Err(io::Error::other("no such host"))).unwrap();
        answer.send(Ok(Vec::new())).unwrap();
        for _ in 0..2 {
            lookup.start("host", 1).unwrap();
            assert!(lookup.answer(soon()).unwrap().is_err());
        }
        let mut lookup = Lookup::new(|_, _| std::panic::resume_unwind(Box::new(())));
        lookup.start("host", 1).unwrap();
        assert!(lookup.answer(soon()).unwrap().is_err());
    }
}
