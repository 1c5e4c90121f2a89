//! What answers lead to.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::receiver::{Receiver, Step, answer, ok};
use super::*;
use crate::proto::writer;

/// One delivery to a receiver with that one step; a second request would succeed.
async fn after(step: Step) -> Delivery {
    let receiver = Receiver::start(vec![step]).await;
    let (delivery, failures) = deliver(&client(target_at(receiver.address))).await;
    assert_eq!(receiver.seen().len(), 1, "{failures:?}");
    let refused = matches!(delivery, Delivery::Refused(_));
    assert_eq!(failures.len(), usize::from(refused), "{failures:?}");
    delivery
}

fn partial(rejected: u64, message: &str) -> Vec<u8> {
    let mut body = Vec::new();
    writer::message(&mut body, 1, |out| {
        writer::uint(out, 1, rejected);
        writer::bytes(out, 2, message.as_bytes());
    });
    body
}

fn status(message: &str) -> Vec<u8> {
    let mut body = Vec::new();
    writer::uint(&mut body, 1, 3);
    writer::bytes(&mut body, 2, message.as_bytes());
    body
}

#[tokio::test]
async fn an_answer_counts_before_the_whole_request_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(target_at(listener.local_addr().unwrap()));
    let answering = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        // One byte of far more than fits into the buffers between us.
        stream.read_u8().await.unwrap();
        let large = answer("413 Payload Too Large", &["connection: close"], b"");
        stream.write_all(&large).await.unwrap();
        stream
    };
    let message = Bytes::from(vec![b'x'; 50_000_000]);
    let until = Instant::now() + LONG;
    let sending = client.deliver(message, until, &|_: &str| {});
    let (delivery, _stream) = tokio::join!(sending, answering);
    assert_refused(&delivery, &["413", "smaller"]);
}

#[tokio::test]
async fn any_success_is_one() {
    for status in ["200 OK", "202 Accepted"] {
        assert_eq!(after(Step::Say(answer(status, &[], b""))).await, whole());
    }
    let empty = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    assert_eq!(after(Step::Say(empty)).await, whole());
}

#[tokio::test]
async fn a_partial_success_says_how_much_and_why() {
    let expected = Delivery::Delivered {
        rejected: 7,
        why: Some("too \u{fffd}[1m old".to_owned()),
    };
    let step = Step::Say(ok(&partial(7, "too \u{1b}[1m old")));
    assert_eq!(after(step).await, expected);
    let expected = Delivery::Delivered {
        rejected: u64::MAX >> 1,
        why: None,
    };
    let step = Step::Say(ok(&partial(u64::MAX >> 1, "")));
    assert_eq!(after(step).await, expected);
    let warned = after(Step::Say(ok(&partial(0, "deprecated")))).await;
    assert_delivered_but(&warned, &["deprecated"]);
}

#[tokio::test]
async fn a_success_with_garbage_is_one_with_a_remark() {
    let delivery = after(Step::Say(ok(b"<html>Welcome\x07!</html>"))).await;
    assert_delivered_but(&delivery, &["200", "OTLP"]);
    let delivery = after(Step::Say(ok(b"<html>Welcome!</html>"))).await;
    assert_delivered_but(&delivery, &["200", "Welcome!"]);
    let delivery = after(Step::Say(ok(&[0xff; 50]))).await;
    assert_delivered_but(&delivery, &["200", "OTLP"]);
}

#[tokio::test]
async fn a_success_that_breaks_off_is_one_with_a_remark() {
    let mut half = ok(&partial(7, "never told"));
    half.truncate(half.len() - 4);
    let delivery = after(Step::SayAndClose(half)).await;
    assert_delivered_but(&delivery, &["200", "broke"]);
}

#[tokio::test]
async fn an_answer_is_not_read_for_ever() {
    let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [&b"400\r\n"[..], &[b'x'; 1024], b"\r\n"].concat();
    let delivery = after(Step::Forever(head, chunk)).await;
    assert_delivered_but(&delivery, &["200", "more than"]);
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec();
    let delivery = after(Step::Forever(head, vec![b'x'; 1024])).await;
    assert_delivered_but(&delivery, &["200", "more than"]);
}

#[tokio::test]
async fn a_head_is_not_read_for_ever() {
    let head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let delivery = after(Step::Forever(head, b"x-more: and more\r\n".to_vec())).await;
    assert_refused(&delivery, &["HTTP"]);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_waited_for_as_long_as_an_attempt_may_take() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let receiver = Receiver::start(vec![Step::SayAndStop(head)]).await;
    let mut target = target_at(receiver.address);
    target.timeout = Duration::from_millis(750);
    let began = Instant::now();
    let (delivery, failures) = deliver(&client(target)).await;
    assert_delivered_but(&delivery, &["200", "end"]);
    assert!(began.elapsed() < LONG / 2);
    assert_eq!(failures, [""; 0]);
}

#[tokio::test]
async fn what_speaks_no_http_is_refused() {
    for garbage in [
        &b"220 mail.example ESMTP\r\n"[..],
        b"\0\0\x12\x04\0\0\0\0\0\0\x03\x7f\xff\xff\xff\0\x04\0\x10\0\0\0\x06",
        &[0xff; 100],
    ] {
        let delivery = after(Step::Say(garbage.to_vec())).await;
        assert_refused(&delivery, &["127.0.0.1", "does not speak HTTP", "4317"]);
    }
}

#[tokio::test]
async fn a_redirect_is_refused_and_says_where_to() {
    for code in ["301 Moved Permanently", "302 Found", "307 x", "308 x"] {
        let headers = ["location: https://elsewhere.example/v1/traces"];
        let delivery = after(Step::Say(answer(code, &headers, b""))).await;
        let parts = [
            &code[..3],
            "https://elsewhere.example/v1/traces",
            "endpoint",
        ];
        assert_refused(&delivery, &parts);
    }
    let delivery = after(Step::Say(answer("304 Not Modified", &[], b""))).await;
    assert_refused(&delivery, &["304"]);
}

#[tokio::test]
async fn a_refusal_says_why() {
    let bad = answer(
        "400 Bad Request",
        &[],
        &status("span 3 has no id\r\n\u{1b}[2J"),
    );
    let delivery = after(Step::Say(bad)).await;
    assert_refused(
        &delivery,
        &["127.0.0.1", "400 Bad Request", "span 3 has no id"],
    );
    let text = answer(
        "403 Forbidden",
        &["content-type: text/plain"],
        b"no such tenant\n",
    );
    let delivery = after(Step::Say(text)).await;
    assert_refused(&delivery, &["403", "no such tenant", "header"]);
    let delivery = after(Step::Say(answer("404 Not Found", &[], b""))).await;
    assert_refused(&delivery, &["404", "path", "/v1/traces"]);
    let delivery = after(Step::Say(answer("500 Oops", &[], &[0xfe; 30]))).await;
    assert_refused(&delivery, &["500"]);
    let long = vec![b'x'; 60_000];
    let delivery = after(Step::Say(answer("413 Payload Too Large", &[], &long))).await;
    assert_refused(&delivery, &["413", "xxx…", "smaller"]);
}
