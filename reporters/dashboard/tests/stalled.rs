//! A viewer who does not read costs no more the longer it does not, and delays nobody. It measures the
//! whole process, so it has a binary of its own.

use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use telemetry_counting::{Counting, share_all, shared_bytes};
use telemetry_dashboard::{Access, Card, Context, Dashboard, Page};
use telemetry_metrics::Aggregator;
use telemetry_metrics::history::History;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LONG: Duration = Duration::from_secs(60);

/// What comes at each tick.
const TEXT: usize = 1 << 20;

/// How many bytes are read, after which nothing grows any more, and then.
const SETTLED: usize = 15 * TEXT;
const ENOUGH: usize = 45 * TEXT;

/// Something else at each tick.
struct Changing(AtomicU64);

impl Page for Changing {
    fn slug(&self) -> &str {
        "changing"
    }

    fn title(&self) -> &str {
        "Changing"
    }

    fn cards(&self, _: &Context<'_>) -> Vec<Card> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_string();
        vec![Card::text("text", &number.repeat(TEXT / number.len()))]
    }
}

async fn watch(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /stream?page=changing HTTP/1.1\r\nhost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    stream
}

async fn read(stream: &mut TcpStream, so_far: &mut usize, until: usize) {
    let mut buffer = vec![0; 64 << 10];
    while *so_far < until {
        let count = timeout(LONG, stream.read(&mut buffer)).await;
        let count = count.expect("others are served").unwrap();
        assert_ne!(count, 0, "it goes on");
        *so_far += count;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_costs_no_more_the_longer_it_lasts() {
    share_all();
    let aggregator = Aggregator::builder().start().unwrap();
    let history = History::builder(&aggregator).interval(Duration::from_millis(100));
    let dashboard = Dashboard::builder(&aggregator)
        .access(Access::host_decides())
        .history(Arc::new(history.start().unwrap()))
        .page(Changing(AtomicU64::new(1_000_000)))
        .start()
        .unwrap();
    let app: Router = dashboard.router();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, app).into_future());

    let mut stalled = Vec::new();
    for _ in 0..5 {
        stalled.push(watch(address).await);
    }
    let mut reader = watch(address).await;
    let mut count = 0;
    read(&mut reader, &mut count, SETTLED).await;
    let before = shared_bytes();
    read(&mut reader, &mut count, ENOUGH).await;
    let grown = shared_bytes() - before;
    // Were all kept that they have not read, it would be thirty times this for each of the five. What
    // varies is how much of a message is on its way.
    let most = 4 * TEXT as i64;
    assert!(grown < most, "{grown} bytes");
    drop(stalled);
    dashboard.close();
    server.abort();
}
