//! What fills up or fails is noticed: each alarm that can be provoked quickly is, in the process itself
//! and in a real Prometheus with the generated rules, and is over when its cause is.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use demo_app::Config;
use demo_app::telemetry::alarms;
use telemetry::{EventName, Number, Value, emit};
use telemetry_slo::AlertState;
use tokio::net::UnixDatagram;
use tokio::task::{JoinHandle, JoinSet};

use crate::support::alerting::Alerting;
use crate::support::folder::Folder;
use crate::support::http;
use crate::support::socket::Socket;
use crate::support::visitor::{PASSWORD, Visitor, csrf};
use crate::support::{TestDemo, eventually};

/// An alert, and the definition that it is about.
type Alarm = (String, String);

/// What is provoked.
const PROVOKED: [(&str, &str); 9] = [
    ("ChannelFull", "demo.live.sockets.open"),
    MEMORY_HIGH,
    ("OpenFilesHigh", "vm.system_counts.open_files"),
    ("Panics", "process.panic.count"),
    POOL_WAITING,
    ("ReporterFailing", "telemetry.reporter.failed"),
    ("RunQueueLong", "vm.total_run_queue_lengths.total"),
    ("SeriesOverflow", "telemetry.metric.overflowed"),
    TABLE_LARGE,
];

const POOL_WAITING: (&str, &str) = ("PoolWaiting", "demo.repo.pool.waiting");
const MEMORY_HIGH: (&str, &str) = ("MemoryHigh", "vm.memory.total");

/// It stays: names are forgotten when there are more.
const TABLE_LARGE: (&str, &str) = ("TableLarge", "demo.table.size");

/// For all of them to fire, and for all of them to be over; of either, half a minute is usual.
const PATIENCE: Duration = Duration::from_secs(120);

/// WebSockets that may be open, and are.
const SOCKETS: u32 = 5;

/// Those who ask for a page that takes many queries: there is one connection for all of them.
const READERS: usize = 24;

/// Those who try one name after another.
const GUESSERS: u64 = 32;

/// What one thread of the runtime keeps for itself, before others see it.
const LOCAL_QUEUE: usize = 256;

/// What both say that fires.
struct Watched {
    demo: TestDemo,
    alerting: Alerting,
}

impl Watched {
    /// In the process, and in Prometheus; nothing may ever fire that is not provoked.
    async fn firing(&self) -> [BTreeSet<Alarm>; 2] {
        let report = self.demo.slo().report();
        for objective in &report.objectives {
            assert!(!objective.is_firing(), "{objective:?}");
        }
        let alarms = report.alarms.iter();
        let here = alarms
            .filter(|alarm| alarm.state == AlertState::Firing)
            .map(|alarm| (alarm.name.clone(), alarm.reading.definition().to_owned()))
            .collect();

        let alerts = self.alerting.prometheus.ask("/api/v1/alerts").await;
        let alerts = alerts["alerts"].as_array().expect("alerts").iter();
        let there = alerts
            .filter(|alert| alert["state"] == "firing")
            .map(|alert| {
                let label = |name: &str| alert["labels"][name].as_str().unwrap_or_default();
                (
                    label("alertname").to_owned(),
                    label("definition").to_owned(),
                )
            })
            .collect();
        let both: [BTreeSet<Alarm>; 2] = [here, there];
        let provoked = provoked();
        for alarm in both.iter().flatten() {
            assert!(provoked.contains(alarm), "{alarm:?} fires as well");
        }
        both
    }
}

fn provoked() -> BTreeSet<Alarm> {
    PROVOKED.into_iter().map(owned).collect()
}

fn owned((name, of): (&str, &str)) -> Alarm {
    (name.to_owned(), of.to_owned())
}

/// The first whole number above the limit of an alarm.
fn just_above(config: &Config, name: &str) -> u64 {
    let alarms = alarms(config);
    let alarm = alarms.iter().find(|alarm| alarm.name() == name);
    alarm.expect(name).limit_of() as u64 + 1
}

/// Goes on until it is dropped.
struct Going(JoinHandle<()>);

impl Going {
    fn on(what: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(what))
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Many ask at once for what takes a connection again and again.
fn crowd_the_pool(address: SocketAddr) -> Vec<Going> {
    let readers = (0..READERS).map(|_| Going::on(read_on(address)));
    readers.collect()
}

async fn read_on(address: SocketAddr) {
    loop {
        assert_eq!(http::get(address, "/users-slow").await.status, 200);
    }
}

/// Somebody tries a password with so many names.
async fn try_names(address: SocketAddr, names: u64) {
    let mut visitor = Visitor::new(address);
    let token = csrf(&visitor.get("/log-in").await);
    let mut guessers = JoinSet::new();
    for first in 0..GUESSERS {
        let token = token.clone();
        let mut visitor = Visitor {
            cookies: visitor.cookies.clone(),
            ..Visitor::new(address)
        };
        guessers.spawn(async move {
            for number in (first..names).step_by(GUESSERS as usize) {
                let name = format!("Somebody {number}");
                let fields = [
                    ("csrf", token.as_str()),
                    ("name", &name),
                    ("password", PASSWORD),
                ];
                let status = visitor.post("/log-in", &fields).await.status;
                assert!((400..500).contains(&status), "{status}");
            }
        });
    }
    guessers.join_all().await;
}

/// Tasks that are always ready, until it is dropped.
struct Crowd(Arc<AtomicBool>);

impl Crowd {
    /// More of them than the threads of the runtime can keep for themselves.
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let threads = tokio::runtime::Handle::current().metrics().num_workers();
        for _ in 0..threads * LOCAL_QUEUE + 300 {
            let is_over = is_over.clone();
            // Not `yield_now`: that lets others go first, and is not in the queue meanwhile.
            tokio::spawn(poll_fn(move |context| {
                if is_over.load(Ordering::Relaxed) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            }));
        }
        Self(is_over)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Not by `execute!`: these tests would then be among those of whom the catalogue knows that they emit it.
fn tell(name: &str, numbers: &[(&'static str, u64)], tags: &[(&'static str, Value<'_>)]) {
    let name = EventName::new(name).expect("a name");
    let numbers = numbers.iter();
    let numbers: Vec<_> = numbers.map(|(key, of)| (*key, Number::from(*of))).collect();
    emit(name, &numbers, tags);
}

/// What a tag must not be: different each time.
fn flood_a_tag() {
    for number in 0..telemetry_metrics::DEFAULT_MAX_SERIES + 10 {
        let form = format!("form-{number}");
        tell("demo.forms.refused", &[], &[("form", Value::from(&*form))]);
    }
}

/// What cannot be had without harm to other tests of this process is told by hand, over what the poller
/// has told; it tells the truth again within five seconds.
fn pretend_that_much_is_used(memory: u64) {
    tell("vm.memory", &[("total", memory)], &[]);
    let files = [("open_files", 990), ("open_files_limit", 1_000)];
    tell("vm.system_counts", &files, &[]);
}

/// Takes what is sent there.
fn listen(path: &Path) -> Going {
    let socket = UnixDatagram::bind(path).expect("a socket");
    Going::on(async move {
        let mut buffer = [0; 65_536];
        while socket.recv(&mut buffer).await.is_ok() {}
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs installed Prometheus and Alertmanager; .ci/run installs them and runs this"]
async fn what_fills_up_or_fails_fires_here_and_in_prometheus_until_it_is_over() {
    let folder = Folder::new("saturation");
    let statsd = folder.0.join("statsd");
    let config = Config {
        slo_speed: 60,
        live_sockets: SOCKETS,
        // They are not read, and need not be.
        live_ping_ms: 3_600_000,
        // Nobody listens there.
        statsd: Some(format!("unix://{}", statsd.display())),
        ..Config::default()
    };
    let [names, memory] = [TABLE_LARGE, MEMORY_HIGH].map(|(name, _)| just_above(&config, name));

    let demo = TestDemo::with(config.clone()).await;
    let address = demo.address();
    let alerting = Alerting::of(&config, address).await;
    let watched = Watched { demo, alerting };
    assert_eq!(watched.firing().await[0], BTreeSet::new());

    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        sockets.push(Socket::open(address).await);
    }
    let mut readers = crowd_the_pool(address);
    let mut guessing = tokio::spawn(try_names(address, names));
    let mut queue = None;
    let mut fired = [BTreeSet::new(), BTreeSet::new()];
    let deadline = Instant::now() + PATIENCE;
    loop {
        // After that, because everything takes its time then.
        if queue.is_none() && guessing.is_finished() {
            (&mut guessing).await.expect("all names");
            queue = Some(Crowd::start());
        }
        for (fired, firing) in fired.iter_mut().zip(watched.firing().await) {
            fired.extend(firing);
        }
        if fired.iter().all(|fired| *fired == provoked()) {
            break;
        }
        // These only hinder the others then.
        if fired
            .iter()
            .all(|fired| fired.contains(&owned(POOL_WAITING)))
        {
            readers.clear();
        }
        assert!(Instant::now() < deadline, "no more than {fired:#?}");
        // Again and again, since these are remembered for ten seconds only.
        flood_a_tag();
        pretend_that_much_is_used(memory);
        assert_eq!(http::get(address, "/panic").await.status, 500);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    drop((sockets, queue));
    let _listens = listen(&statsd);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let firing = watched.firing().await;
        let left = firing.iter().flatten();
        let left: Vec<_> = left.filter(|alarm| alarm.0 != TABLE_LARGE.0).collect();
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "still {left:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_memory_is_noticed_and_so_is_that_it_is_given_back() {
    let config = Config {
        slo_speed: 60,
        ..Config::default()
    };
    let memory = just_above(&config, MEMORY_HIGH.0);
    let demo = TestDemo::with(config).await;
    let state = || async {
        let report = demo.slo().report();
        report.alarm(MEMORY_HIGH.0).expect("an alarm").state
    };
    let used = |total: u64| async move {
        tell("vm.memory", &[("total", total)], &[]);
        state().await
    };
    // As much as there may be is not too much.
    eventually(|| used(memory - 1), |state| *state == AlertState::Inactive).await;
    eventually(|| used(memory), |state| *state == AlertState::Firing).await;
    eventually(state, |state| *state == AlertState::Inactive).await;
}
