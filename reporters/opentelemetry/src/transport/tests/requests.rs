//! What the receiver gets to see.

use http::{HeaderName, HeaderValue};

use super::receiver::{Receiver, header};
use super::*;
use crate::transport::request::Template;

fn with_header(mut target: Target, name: &'static str, value: &'static str) -> Target {
    target.headers.push((
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    ));
    target
}

#[tokio::test]
async fn a_request_is_as_the_specification_has_it() {
    let receiver = Receiver::start(vec![]).await;
    let uri = format!("http://{}/some/v1/traces?a=b", receiver.address);
    let client = client(with_header(target(&uri), "x-key", "Secret"));
    assert_eq!(deliver(&client).await, (whole(), vec![]));
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    let head = &seen[0].head;
    assert!(
        head.starts_with("post /some/v1/traces?a=b http/1.1\r\n"),
        "{head}"
    );
    assert_eq!(header(head, "content-type"), Some("application/x-protobuf"));
    assert_eq!(header(head, "content-encoding"), None);
    assert_eq!(header(head, "x-key"), Some("secret"));
    assert_eq!(
        header(head, "host"),
        Some(receiver.address.to_string().as_str())
    );
    let agent = header(head, "user-agent").unwrap();
    assert!(
        agent.starts_with("otel-otlp-exporter-rust-telemetry/"),
        "{agent}"
    );
    assert_eq!(seen[0].body, MESSAGE);
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_request_is_compressed_if_that_is_wanted() {
    use std::io::Read;

    let receiver = Receiver::start(vec![]).await;
    let mut target = target_at(receiver.address);
    target.gzip = true;
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
    let seen = receiver.seen();
    assert_eq!(header(&seen[0].head, "content-encoding"), Some("gzip"));
    let mut message = Vec::new();
    flate2::read::GzDecoder::new(&seen[0].body[..])
        .read_to_end(&mut message)
        .unwrap();
    assert_eq!(message, MESSAGE);
}

#[cfg(not(feature = "gzip"))]
#[test]
fn without_the_feature_nothing_is_compressed() {
    let mut target = target("http://localhost");
    target.gzip = true;
    assert_says(&refusal(target), &["gzip", "feature"]);
}

#[cfg(not(feature = "tls"))]
#[test]
fn without_the_feature_there_is_no_https() {
    assert_says(&refusal(target("https://localhost")), &["https", "feature"]);
}

#[cfg(not(feature = "grpc"))]
#[test]
fn without_the_feature_there_is_no_grpc() {
    let mut target = target("http://localhost");
    target.protocol = Protocol::Grpc;
    assert_says(&refusal(target), &["gRPC", "feature"]);
}

#[tokio::test]
async fn another_user_agent_is_possible() {
    let receiver = Receiver::start(vec![]).await;
    let target = with_header(target_at(receiver.address), "user-agent", "mine");
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
    let seen = receiver.seen();
    assert_eq!(header(&seen[0].head, "user-agent"), Some("mine"));
    assert_eq!(seen[0].head.matches("user-agent").count(), 1);
}

#[test]
fn headers_that_would_break_requests_are_refused() {
    for name in ["content-length", "transfer-encoding", "te", "grpc-timeout"] {
        let why = refusal(with_header(target("http://localhost"), name, "1"));
        assert_says(&why, &[name]);
    }
}

#[test]
fn endpoints_that_are_none_are_refused() {
    for uri in ["/v1/traces", "localhost:4318", "ftp://localhost/"] {
        assert_says(&refusal(target(uri)), &["http://"]);
    }
    let why = refusal(target("http://me:secret@localhost/"));
    assert_says(&why, &["header"]);
    assert!(!why.contains("secret"), "{why}");
}

#[test]
fn secrets_are_not_shown() {
    let mut target = with_header(target("http://localhost/token"), "x-key", "hush");
    target.tls.roots = Some(b"hush".to_vec());
    let shown = format!("{target:?}");
    assert!(shown.contains("localhost"), "{shown}");
    for secret in ["hush", "token", "104, 117"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // Nor where the headers of a request are, whoever logs them.
    target.tls.roots = None;
    let template = Template::new(target).unwrap();
    let shown = format!("{:?}", template.request(Bytes::new(), LONG).headers());
    assert!(
        shown.contains("x-key") && !shown.contains("hush"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let receiver = Receiver::start(vec![]).await;
    let client = client(target_at(receiver.address));
    for _ in 0..5 {
        assert_eq!(deliver(&client).await, (whole(), vec![]));
    }
    assert_eq!(receiver.connections(), [0; 5]);
}

#[tokio::test]
async fn several_requests_may_be_under_way() {
    let receiver = Receiver::start(vec![]).await;
    let client = client(target_at(receiver.address));
    let (a, b, c) = tokio::join!(deliver(&client), deliver(&client), deliver(&client));
    for delivered in [a, b, c] {
        assert_eq!(delivered, (whole(), vec![]));
    }
    assert_eq!(receiver.seen().len(), 3);
}
