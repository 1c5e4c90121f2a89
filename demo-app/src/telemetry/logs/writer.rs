//! Standard error, behind a queue: who logs never waits for a terminal or a full pipe.
//!
//! The queue is bounded by bytes. A line that does not fit is dropped, and counted where reporters
//! are; so is one that standard error does not take.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use telemetry_metrics::Health;
use tracing_subscriber::fmt::MakeWriter;

/// So many bytes of lines may wait.
const WAITING: usize = 4 << 20;

/// The thread that writes. Dropping this lets it write what is left, and does not wait.
#[derive(Debug)]
pub(super) struct Writer {
    lines: Lines,
}

/// Where lines go; one `write` is one line.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    sender: Sender<Order>,
    waiting: Arc<AtomicUsize>,
    health: Health,
}

#[derive(Debug)]
enum Order {
    Write(Box<[u8]>),
    /// The last one; what comes later is not written.
    Stop(SyncSender<()>),
}

impl Writer {
    pub(super) fn start(health: Health) -> io::Result<Self> {
        Self::to(io::stderr(), health)
    }

    fn to(output: impl Write + Send + 'static, health: Health) -> io::Result<Self> {
        let (sender, orders) = channel();
        let lines = Lines {
            sender,
            waiting: Arc::default(),
            health,
        };
        let account = (lines.waiting.clone(), lines.health.clone());
        thread::Builder::new()
            .name("demo-log".into())
            .spawn(move || write_all(&orders, output, &account.0, &account.1))?;
        Ok(Self { lines })
    }

    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }

    /// Writes what is left. Returns whether that was possible in time.
    pub(super) fn stop(self, patience: Duration) -> bool {
        let (done, wait) = sync_channel(1);
        // An error says that it has stopped before.
        self.lines.sender.send(Order::Stop(done)).is_err()
            || wait.recv_timeout(patience) != Err(RecvTimeoutError::Timeout)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The subscriber keeps its sender for ever, so the thread has to be told.
        let (done, _) = sync_channel(1);
        let _ = self.lines.sender.send(Order::Stop(done));
    }
}

fn write_all(
    orders: &Receiver<Order>,
    mut output: impl Write,
    waiting: &AtomicUsize,
    health: &Health,
) {
    for order in orders {
        match order {
            Order::Write(line) => {
                match output.write_all(&line) {
                    Ok(()) => health.sent(1),
                    Err(_) => health.failed(1),
                }
                waiting.fetch_sub(line.len(), Ordering::Relaxed);
            }
            Order::Stop(done) => {
                let _ = output.flush();
                let _ = done.try_send(());
                return;
            }
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let before = self.waiting.fetch_add(line.len(), Ordering::Relaxed);
        let fits = before + line.len() <= WAITING;
        if !(fits && self.sender.send(Order::Write(line.into())).is_ok()) {
            self.waiting.fetch_sub(line.len(), Ordering::Relaxed);
            self.health.dropped(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use telemetry_metrics::Aggregator;

    use super::*;

    /// Waits for a word before each write.
    struct Slow(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn who_logs_does_not_wait_and_what_does_not_fit_is_counted() {
        let aggregator = Aggregator::builder().start().unwrap();
        let health = aggregator.register_health("log");
        let (go, wait) = channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let writer = Writer::to(Slow(wait, written.clone()), health.clone()).unwrap();
        let mut lines = writer.lines();
        let line = vec![b'x'; 1 << 20];
        for _ in 0..10 {
            lines.write_all(&line).unwrap();
        }
        assert_eq!(health.report().dropped, 6);
        assert_eq!(health.report().sent, 0);
        assert!(
            !Writer {
                lines: lines.clone()
            }
            .stop(Duration::from_millis(10))
        );
        drop(go);
        assert!(writer.stop(Duration::from_secs(20)));
        // What had been taken is written, and what is said afterwards is not.
        assert_eq!(health.report().sent, 4);
        lines.write_all(b"late").unwrap();
        assert_eq!(health.report().dropped, 7);
        assert_eq!(written.lock().unwrap().len(), 4 << 20);
    }
}
