//! The listener, and those who do not behave.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use telemetry::execute;
use telemetry_metrics::counter;
use telemetry_prometheus::{Format, ListenError, Listener, Prometheus};

use crate::client::{ask, connect, get, parse, read_all};
use crate::support::{reporter, start};
use crate::{open, strict};

fn listen(prometheus: &Prometheus) -> Listener {
    prometheus.listen(0).expect("there is a free port")
}

#[test]
fn it_answers_as_a_server_should() {
    let aggregator = start([counter("prom_listen.stop.count")]);
    let listener = listen(&reporter(&aggregator));
    let address = listener.local_addr();
    assert!(address.ip().is_loopback());
    execute!("prom_listen.stop");

    let text = get(address, "/metrics").unwrap();
    assert_eq!(text.status, 200);
    assert_eq!(text.header("content-type"), Format::Text.content_type());
    assert_eq!(text.header("vary"), "Accept, Accept-Encoding");
    assert_eq!(text.header("content-length"), text.body.len().to_string());
    assert!(text.text().contains("\nprom_listen_stop_count_total 1\n"));
    strict::parse(text.text()).unwrap();

    let accept = [("accept", "application/openmetrics-text")];
    let openmetrics = ask(address, "GET", "/metrics?x=1", &accept).unwrap();
    assert_eq!(
        openmetrics.header("content-type"),
        Format::OpenMetrics.content_type()
    );
    open::parse(openmetrics.text()).unwrap();

    let head = ask(address, "HEAD", "/metrics", &[]).unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), text.body.len().to_string());

    let post = ask(address, "POST", "/metrics", &[("content-length", "0")]).unwrap();
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    assert_eq!(get(address, "/").unwrap().status, 404);
    assert_eq!(get(address, "/metrics/").unwrap().status, 404);
}

#[test]
fn it_compresses() {
    let aggregator = start([counter("prom_listen.gzip.count")]);
    let listener = listen(&reporter(&aggregator));
    let accept = [("accept-encoding", "gzip")];
    let answer = ask(listener.local_addr(), "GET", "/metrics", &accept).unwrap();
    assert_eq!(answer.header("content-encoding"), "gzip");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&answer.body[..]);
    decoder.read_to_string(&mut text).unwrap();
    strict::parse(&text).unwrap();
}

#[test]
fn it_asks_for_the_token() {
    let aggregator = start([]);
    let prometheus = Prometheus::builder(&aggregator)
        .bearer_token("secret")
        .build()
        .unwrap();
    let listener = listen(&prometheus);
    let address = listener.local_addr();
    let without = get(address, "/metrics").unwrap();
    assert_eq!(without.status, 401);
    assert!(without.header("www-authenticate").starts_with("Bearer"));
    let authorization = [("authorization", "Bearer secret")];
    assert_eq!(
        ask(address, "GET", "/metrics", &authorization)
            .unwrap()
            .status,
        200
    );
    assert!(!format!("{listener:?}{prometheus:?}").contains("secret"));
}

#[test]
fn an_address_that_is_taken_is_an_error_that_says_so() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = prometheus.listen(address).unwrap_err();
    assert!(matches!(&error, ListenError::Address { .. }));
    assert!(
        error
            .to_string()
            .starts_with(&format!("cannot listen at `{address}` ("))
    );
    assert!(prometheus.listen("nowhere.invalid:1").is_err());
}

#[test]
fn it_stops_when_it_is_dropped_whoever_is_connected() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let listener = listen(&prometheus);
    let address = listener.local_addr();
    let idle = connect(address).unwrap();
    let mut half = connect(address).unwrap();
    half.write_all(b"GET /metrics HT").unwrap();
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
    drop(listener);
    assert!(TcpStream::connect(address).is_err());
    // Closed or reset, but at once and not after a time of its own.
    for stream in [idle, half] {
        let begin = Instant::now();
        let _ = read_all(stream);
        assert!(begin.elapsed() < Duration::from_secs(4));
    }
    // And the address is free.
    let again = prometheus.listen(address).unwrap();
    assert_eq!(get(again.local_addr(), "/metrics").unwrap().status, 200);
}

#[tokio::test]
async fn it_is_started_and_dropped_within_a_runtime() {
    let aggregator = start([]);
    let prometheus = reporter(&aggregator);
    let listener = listen(&prometheus);
    let address = listener.local_addr();
    let answer = tokio::task::spawn_blocking(move || get(address, "/metrics"));
    assert_eq!(answer.await.unwrap().unwrap().status, 200);
    drop(listener);
}

/// Those who say nothing, or half of it, are let go after 5 seconds; nobody else waits for them.
#[test]
fn half_a_request_holds_nobody_up_and_is_let_go() {
    let aggregator = start([]);
    let listener = listen(&reporter(&aggregator));
    let address = listener.local_addr();
    let begin = Instant::now();
    let half: Vec<TcpStream> = ["", "G", "GET /metrics HTTP/1.1\r\nHost: x\r\nX: "]
        .map(|text| {
            let mut stream = connect(address).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            stream
        })
        .into();
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "it waited for them"
    );
    for stream in half {
        let answer = read_all(stream).unwrap_or_default();
        assert!(
            parse(&answer).is_none_or(|answer| answer.status >= 400),
            "{answer:?}"
        );
    }
    assert!(begin.elapsed() < Duration::from_secs(25));
}

/// One byte each second would be in time for a limit that begins anew with each byte.
#[test]
fn a_request_byte_by_byte_is_let_go() {
    let aggregator = start([]);
    let listener = listen(&reporter(&aggregator));
    let mut stream = connect(listener.local_addr()).unwrap();
    let begin = Instant::now();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: ")
        .unwrap();
    let millis = Duration::from_millis(200);
    stream.set_read_timeout(Some(millis)).unwrap();
    loop {
        let sent = stream.write_all(b"x");
        // Closed, reset, or told so; a timeout is none of it.
        let mut buffer = [0; 512];
        match stream.read(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && sent.is_ok() => {}
            _ => break,
        }
        assert!(begin.elapsed() < Duration::from_secs(25), "still there");
    }
}

#[test]
fn more_connections_than_there_are_places_for_wait() {
    let aggregator = start([]);
    let listener = listen(&reporter(&aggregator));
    let address = listener.local_addr();
    let idle: Vec<TcpStream> = (0..40).map(|_| connect(address).unwrap()).collect();
    // It comes after all of them, and is answered when the first have been let go.
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
    drop(idle);
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
}

#[test]
fn headers_without_end_are_refused() {
    let aggregator = start([]);
    let listener = listen(&reporter(&aggregator));
    let address = listener.local_addr();
    let long = "x".repeat(64 * 1_024);
    let many = "x: y\r\n".repeat(2_000);
    for request in [
        format!("GET /{long} HTTP/1.1\r\n\r\n"),
        format!("GET /metrics HTTP/1.1\r\nAccept: {long}\r\n\r\n"),
        format!("GET /metrics HTTP/1.1\r\n{many}\r\n"),
    ] {
        let mut stream = connect(address).unwrap();
        // It may have hung up before all of it was sent.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let status = parse(&answer).map(|answer| answer.status);
        assert!(!matches!(status, Some(200..=299)), "{status:?}");
    }
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
}

#[test]
fn nonsense_does_not_stop_it() {
    let aggregator = start([]);
    let listener = listen(&reporter(&aggregator));
    let address = listener.local_addr();
    for nonsense in [
        &b"\r\n\r\n"[..],
        b"\0\xff\xfe",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET /metrics HTTP/9.9\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    ] {
        let mut stream = connect(address).unwrap();
        let _ = stream.write_all(nonsense);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
    assert_eq!(get(address, "/metrics").unwrap().status, 200);
}

/// Who asks and does not read keeps one place, not the server.
#[test]
fn those_who_do_not_read_hold_nobody_up() {
    let tags = ["n", "a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let aggregator = start([counter("prom_listen.slow.count")
        .tags(tags)
        .max_series(1_500)]);
    let listener = listen(&reporter(&aggregator));
    let x = "x".repeat(telemetry_metrics::MAX_TAG_LEN);
    let x = x.as_str();
    for n in 0..1_500 {
        execute!("prom_listen.slow", {}, { n, a: x, b: x, c: x, d: x, e: x, f: x, g: x, h: x, i: x });
    }
    let address = listener.local_addr();
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(address).unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        slow.push(stream);
    }
    let answer = get(address, "/metrics").unwrap();
    assert!(
        answer.body.len() > 8_000_000,
        "more than the system keeps for a reader"
    );
    let begin = Instant::now();
    drop(listener);
    assert!(
        begin.elapsed() < Duration::from_secs(10),
        "it waited for them"
    );
}
