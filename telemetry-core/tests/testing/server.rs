//! A server spawns a task for each connection, and that task begins with nothing around it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::thread;

use telemetry::testing::{Capture, assert_emitted, capture};
use telemetry::{execute, span};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::DEADLINE;

/// Answers every byte with a byte, and emits; it knows nothing of tests.
async fn serve(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut byte = [0];
            loop {
                stream.readable().await.unwrap();
                match stream.try_read(&mut byte) {
                    Ok(0) => break,
                    Ok(_) => {
                        let request = span!("server.request", { byte: byte[0] });
                        request.wrap(reply(&stream, byte)).await;
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => break,
                }
            }
            execute!("server.connection.closed");
        });
    }
}

async fn reply(stream: &tokio::net::TcpStream, byte: [u8; 1]) {
    let total = u32::from(byte[0]);
    let computed = tokio::task::spawn_blocking(move || execute!("server.computed", { total }));
    computed.await.unwrap();
    stream.writable().await.unwrap();
    stream.try_write(&byte).unwrap();
}

fn start(runtime: &Runtime) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener));
    address
}

/// Sends `bytes`, each on a connection of its own.
fn call(address: SocketAddr, bytes: &[u8]) {
    for byte in bytes {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(&[*byte]).unwrap();
        let mut reply = [0];
        stream.read_exact(&mut reply).unwrap();
        assert_eq!(reply, [*byte]);
    }
}

/// What the three calls of one test have to leave.
fn check(captured: &Capture, bytes: &[u8; 3]) {
    let is_end = |event: &telemetry::OwnedEvent| event.name() == "server.connection.closed";
    let mut left = bytes.len();
    captured
        .wait_where(
            |event| {
                left -= usize::from(is_end(event));
                left == 0
            },
            DEADLINE,
        )
        .blocking()
        .unwrap();
    for byte in bytes {
        assert_emitted!(captured, "server.request.start", {}, { byte: *byte });
        assert_emitted!(captured, "server.request.stop", {}, { byte: *byte, outcome: "ok" });
        assert_emitted!(captured, "server.computed", { total: *byte });
    }
    assert_eq!(captured.len(), 4 * bytes.len());
}

#[test]
fn servers_of_two_tests_at_once_are_captured_each_by_its_own() {
    let both_serve = Barrier::new(2);
    let test = |bytes: [u8; 3]| {
        let captured = capture("server.*");
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_io()
            .on_thread_start(captured.on_thread_start())
            .build()
            .unwrap();
        let address = start(&runtime);
        both_serve.wait();
        call(address, &bytes);
        check(&captured, &bytes);
        both_serve.wait();
    };
    thread::scope(|tests| {
        tests.spawn(|| test([1, 2, 3]));
        tests.spawn(|| test([4, 5, 6]));
    });
}

#[tokio::test]
async fn a_server_on_the_runtime_of_the_test_needs_nothing() {
    let captured = capture("server.*");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener));
    // The client is a thread outside of the scope, as another program would be.
    let client = thread::spawn(move || call(address, &[7]));
    captured
        .wait_for("server.request.stop", DEADLINE)
        .await
        .unwrap();
    captured
        .wait_for("server.connection.closed", DEADLINE)
        .await
        .unwrap();
    client.join().unwrap();
    assert_emitted!(captured, "server.request.stop", {}, { byte: 7 });
    // `spawn_blocking` has threads of its own, which were not adopted.
    assert!(captured.named("server.computed").is_empty());
}
