//! IPv4, IPv6, names of both, and name servers that are silent.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use super::receiver::Receiver;
use super::*;

/// A client of `collector.test`, which has those addresses.
fn client_of(addresses: &[&str], port: u16) -> Client {
    let addresses: Vec<SocketAddr> = addresses
        .iter()
        .map(|address| SocketAddr::new(address.parse().unwrap(), 0))
        .collect();
    let resolver = Resolver::new(Arc::new(move |name: &str| {
        assert_eq!(name, "collector.test");
        Ok(addresses.clone())
    }));
    let target = target(&format!("http://collector.test:{port}/v1/traces"));
    Client::with(target, resolver, NEVER).unwrap()
}

#[tokio::test]
async fn addresses_of_ipv6_are_possible() {
    let receiver = Receiver::start_at("[::1]:0", vec![]).await;
    let address = receiver.address;
    assert_eq!(
        deliver(&client(target_at(address))).await,
        (whole(), vec![])
    );
    drop(receiver);
    let (delivery, _) = deliver(&client_waiting(target_at(address), NEVER)).await;
    assert_late(&delivery, &["[::1]"]);
}

#[tokio::test]
async fn localhost_is_found() {
    let receiver = Receiver::start(vec![]).await;
    let port = receiver.address.port();
    let client = client(target(&format!("http://localhost:{port}/")));
    assert_eq!(deliver(&client).await, (whole(), vec![]));
}

#[tokio::test]
async fn of_a_name_with_both_either_does() {
    for listening in ["127.0.0.1:0", "[::1]:0"] {
        let receiver = Receiver::start_at(listening, vec![]).await;
        for addresses in [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]] {
            let client = client_of(&addresses, receiver.address.port());
            assert_eq!(deliver(&client).await, (whole(), vec![]));
        }
    }
}

#[tokio::test]
async fn of_several_addresses_any_does() {
    let receiver = Receiver::start(vec![]).await;
    let client = client_of(
        &["127.0.0.3", "127.0.0.2", "127.0.0.1"],
        receiver.address.port(),
    );
    assert_eq!(deliver(&client).await, (whole(), vec![]));
}

#[tokio::test]
async fn names_without_addresses_are_late() {
    let client = client_of(&[], 4318);
    let (delivery, _) = deliver(&client).await;
    assert_late(&delivery, &["no connection", "collector.test"]);

    let unknown = Resolver::new(Arc::new(|_: &str| Err(io::Error::other("unknown name"))));
    let target = target("http://collector.test/");
    let client = Client::with(target, unknown, NEVER).unwrap();
    let (delivery, _) = deliver(&client).await;
    assert_late(&delivery, &["collector.test", "unknown name"]);
}

#[test]
fn a_silent_name_server_holds_nobody() {
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let silent = Resolver::new(Arc::new(move |_: &str| {
        count.fetch_add(1, Ordering::SeqCst);
        // Until the test is over.
        let _ = released.lock().unwrap().recv();
        Err(io::Error::other("too late"))
    }));
    let mut target = target("http://collector.test/");
    target.timeout = Duration::from_millis(20);
    let client = Client::with(target, silent, Duration::from_millis(1)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let began = std::time::Instant::now();
    let (delivery, failures) = runtime.block_on(deliver_within(&client, Duration::from_secs(1)));
    assert_late(&delivery, &["collector.test"]);
    // Attempts go on, but threads do not pile up.
    assert!(failures.len() > 4, "{failures:?}");
    let given_up = |why: &String| why.contains("4 look-ups are without an answer");
    assert!(failures.iter().any(given_up), "{failures:?}");
    drop(runtime);
    assert!(began.elapsed() < LONG / 2);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    drop(release);
}
