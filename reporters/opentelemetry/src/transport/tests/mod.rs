//! A receiver that follows a script, and what becomes of requests to it.

mod addresses;
mod answers;
#[cfg(feature = "grpc")]
mod grpc;
mod receiver;
mod requests;
mod retries;
#[cfg(feature = "tls")]
mod tls;

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::resolver::Resolver;
use super::{Client, Delivery, Protocol, Signal, Target, Tls};

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(20);

/// What is waited between attempts where a test is not about that.
const SHORT: Duration = Duration::from_millis(5);

/// Between attempts: there is no second one, as the wait for it is longer than [`LONG`].
const NEVER: Duration = Duration::from_secs(3600);

fn target(uri: &str) -> Target {
    Target {
        signal: Signal::Traces,
        uri: uri.parse().expect("a URI"),
        headers: Vec::new(),
        timeout: LONG,
        gzip: false,
        protocol: Protocol::HttpProtobuf,
        tls: Tls::default(),
    }
}

fn target_at(address: SocketAddr) -> Target {
    target(&format!("http://{address}/v1/traces"))
}

fn client(target: Target) -> Client {
    client_waiting(target, SHORT)
}

fn client_waiting(target: Target, first_wait: Duration) -> Client {
    Client::with(target, Resolver::of_the_system(), first_wait).expect("a client")
}

fn refusal(target: Target) -> String {
    match Client::new(target) {
        Ok(_) => panic!("there is such a client"),
        Err(why) => why,
    }
}

const MESSAGE: &[u8] = b"a message that the receiver does not read";

/// Delivers [`MESSAGE`], and what was said of the attempts that failed.
async fn deliver_within(client: &Client, time: Duration) -> (Delivery, Vec<String>) {
    let failures = Mutex::new(Vec::new());
    let failed = |why: &str| failures.lock().unwrap().push(why.to_owned());
    let until = Instant::now() + time;
    let delivery = client
        .deliver(Bytes::from_static(MESSAGE), until, &failed)
        .await;
    (delivery, failures.into_inner().unwrap())
}

async fn deliver(client: &Client) -> (Delivery, Vec<String>) {
    deliver_within(client, LONG).await
}

#[test]
fn a_delivery_may_move_between_threads() {
    fn may_move(_: impl Send) {}
    let client = client(target("http://localhost"));
    may_move(client.deliver(Bytes::new(), Instant::now(), &|_: &str| {}));
    may_move(client);
}

fn whole() -> Delivery {
    Delivery::Delivered {
        rejected: 0,
        why: None,
    }
}

#[track_caller]
fn assert_refused(delivery: &Delivery, parts: &[&str]) {
    let Delivery::Refused(why) = delivery else {
        panic!("not refused: {delivery:?}");
    };
    assert_says(why, parts);
}

#[track_caller]
fn assert_late(delivery: &Delivery, parts: &[&str]) {
    let Delivery::Late(why) = delivery else {
        panic!("not late: {delivery:?}");
    };
    assert_says(why, parts);
}

#[track_caller]
fn assert_delivered_but(delivery: &Delivery, parts: &[&str]) {
    let Delivery::Delivered {
        rejected: 0,
        why: Some(why),
    } = delivery
    else {
        panic!("not delivered with a remark: {delivery:?}");
    };
    assert_says(why, parts);
}

#[track_caller]
fn assert_says(why: &str, parts: &[&str]) {
    for part in parts {
        assert!(why.contains(part), "{part:?} is not in {why:?}");
    }
    assert!(!why.chars().any(char::is_control), "{why:?}");
}
