//! Outputs that catch what they get, and waiting with a deadline.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Keeps what is written; clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caught(Arc<Mutex<Vec<u8>>>);

impl Caught {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// Whether nobody else may write to it any more.
    pub(crate) fn is_let_go(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl Write for Caught {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that is stuck until it is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stuck {
    gate: Arc<(Mutex<Gate>, Condvar)>,
    pub(crate) caught: Caught,
}

#[derive(Debug, Default)]
struct Gate {
    is_open: bool,
    waiting: bool,
}

impl Stuck {
    pub(crate) fn open(&self) {
        self.gate.0.lock().unwrap().is_open = true;
        self.gate.1.notify_all();
    }

    /// Waits until somebody is stuck in it.
    pub(crate) fn wait_for_writer(&self) {
        let gate = self.gate.0.lock().unwrap();
        let (gate, _) = self
            .gate
            .1
            .wait_timeout_while(gate, SOON, |gate| !gate.waiting)
            .unwrap();
        assert!(gate.waiting, "nobody writes");
    }
}

impl Write for Stuck {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut gate = self.gate.0.lock().unwrap();
        gate.waiting = true;
        self.gate.1.notify_all();
        while !gate.is_open {
            gate = self.gate.1.wait(gate).unwrap();
        }
        self.caught.write(text)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "in time: {what}");
        std::thread::yield_now();
    }
}

impl Stuck {
    /// Whether only this clone is left.
    pub(crate) fn caught_is_let_go(&self) -> bool {
        self.caught.is_let_go()
    }
}
