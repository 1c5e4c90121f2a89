//! What the tests share: a daemon that only listens, and ports on which nobody does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use telemetry_metrics::{Aggregator, HealthReport, Metric};
use telemetry_statsd::{Statsd, StatsdBuilder};

/// How long anything may take before it counts as stuck.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// An interval in which no test ends.
pub(crate) const NEVER: Duration = Duration::from_secs(3_600);

/// A socket that keeps what arrives, read all the time by a thread, as a daemon's is: the system's
/// own buffer holds a hundred datagrams or so.
pub(crate) struct Listener {
    address: SocketAddr,
    received: Receiver<Vec<u8>>,
    thread: Option<JoinHandle<()>>,
}

/// What the test itself sends. No line begins like this.
const MARK: &[u8] = b"#mark";
const STOP: &[u8] = b"#stop";

impl Listener {
    pub(crate) fn new() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn at(address: SocketAddr) -> Self {
        let socket = bind(address);
        let address = socket.local_addr().unwrap();
        let (send, received) = channel();
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                let length = socket.recv(&mut buffer).unwrap();
                if &buffer[..length] == STOP || send.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            address,
            received,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn tell(&self, text: &[u8]) {
        let any: SocketAddr = if self.address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        }
        .parse()
        .unwrap();
        UdpSocket::bind(any)
            .unwrap()
            .send_to(text, self.address)
            .unwrap();
    }

    /// What has arrived: loopback delivers before `send` returns, so after a flush that is
    /// everything, and a mark sent now stands behind it.
    pub(crate) fn datagrams(&self) -> Vec<String> {
        self.tell(MARK);
        let mut datagrams = Vec::new();
        loop {
            match self.received.recv_timeout(SOON).expect("the mark arrives") {
                mark if mark == MARK => return datagrams,
                datagram => datagrams.push(String::from_utf8(datagram).unwrap()),
            }
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        lines(&self.datagrams())
    }

    /// Waits for a datagram.
    pub(crate) fn datagram(&self) -> String {
        String::from_utf8(
            self.received
                .recv_timeout(SOON)
                .expect("a datagram arrives"),
        )
        .unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.tell(STOP);
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))));
    }
}

/// A socket that was closed lives on for a moment in a process that another test is just starting.
fn bind(address: SocketAddr) -> UdpSocket {
    wait_for(&format!("{address}"), || UdpSocket::bind(address).ok())
}

pub(crate) fn lines(datagrams: &[String]) -> Vec<String> {
    datagrams
        .iter()
        .flat_map(|text| text.split('\n').map(str::to_owned))
        .collect()
}

/// A port that refuses what is sent to it, although it is taken: its socket is connected, and so is
/// for nobody but its own peer.
///
/// It is none of those that the system gives to sockets which ask for any, so that nobody else gets
/// it in the moment in which it changes hands.
pub(crate) struct DeadPort {
    _taken: UdpSocket,
    address: SocketAddr,
}

impl DeadPort {
    pub(crate) fn new() -> Self {
        Self::of(Ipv4Addr::LOCALHOST.into())
    }

    pub(crate) fn of(host: IpAddr) -> Self {
        static TRIED: AtomicU32 = AtomicU32::new(0);
        wait_for("a free port", || {
            let port = std::process::id() + TRIED.fetch_add(1, Ordering::Relaxed);
            let port = 10_000 + u16::try_from(port % 20_000).unwrap();
            UdpSocket::bind((host, port)).ok().map(Self::taken)
        })
    }

    /// The port of a daemon that has ended.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::taken(bind(address))
    }

    fn taken(socket: UdpSocket) -> Self {
        let address = socket.local_addr().unwrap();
        socket.connect((address.ip(), 9)).unwrap();
        Self {
            _taken: socket,
            address,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Somebody listens from now on.
    pub(crate) fn revive(self) -> Listener {
        let address = self.address;
        drop(self);
        Listener::at(address)
    }
}

pub(crate) fn aggregator(metrics: impl IntoIterator<Item = Metric>) -> Aggregator {
    Aggregator::builder().metrics(metrics).start().unwrap()
}

/// A reporter that flushes on request only.
pub(crate) fn quiet(aggregator: &Aggregator, address: SocketAddr) -> StatsdBuilder<'_> {
    Statsd::builder(aggregator)
        .address(address.to_string())
        .interval(NEVER)
}

/// The account of the only reporter.
pub(crate) fn health(aggregator: &Aggregator) -> HealthReport {
    let mut reports = aggregator.health();
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// Sent, failed, dropped.
pub(crate) fn counts(aggregator: &Aggregator) -> (u64, u64, u64) {
    let health = health(aggregator);
    (health.sent, health.failed, health.dropped)
}

/// Held while a process is started, which has all our sockets until it runs its own program.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts a process.
pub(crate) fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Closes a socket so that it is closed: it does not live on in a process that is being started.
pub(crate) fn close<S>(socket: S) {
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    drop(socket);
}

/// Whoever holds this has the machine to itself, as far as other such tests go: a daemon that gets no
/// processor cannot read what it is sent.
pub(crate) fn alone_at_work() -> MutexGuard<'static, ()> {
    static AT_WORK: Mutex<()> = Mutex::new(());
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

pub(crate) fn wait_for<R>(what: &str, mut get: impl FnMut() -> Option<R>) -> R {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(got) = get() {
            return got;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
