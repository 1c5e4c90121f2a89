//! Just enough of an HTTP client.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::DEADLINE;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// Reads an answer; `None` if it is none.
    pub(crate) fn parse(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        Some(Self {
            status: head.split(' ').nth(1)?.parse().ok()?,
            head: head.to_ascii_lowercase(),
            body: body.to_owned(),
        })
    }
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Reply {
    try_get(address, path).await.expect("an answer")
}

pub(crate) async fn try_get(address: SocketAddr, path: &str) -> std::io::Result<Reply> {
    // HTTP/1.0: the answer ends with the connection, so there is nothing to decode.
    exchange(address, path, "HTTP/1.0", "").await
}

/// As browsers do, and proxies often do not: the dashboard tells them apart. For answers of a length that
/// is known.
pub(crate) async fn get_by_1_1(address: SocketAddr, path: &str) -> Reply {
    let reply = exchange(address, path, "HTTP/1.1", "Connection: close\r\n").await;
    let reply = reply.expect("an answer");
    assert!(!reply.head.contains("chunked"), "{}", reply.head);
    reply
}

async fn exchange(
    address: SocketAddr,
    path: &str,
    version: &str,
    more: &str,
) -> std::io::Result<Reply> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} {version}\r\nHost: {address}\r\n{more}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Reply::parse(&answer).ok_or_else(|| std::io::Error::other(format!("no status: {answer}")))
    };
    timeout(DEADLINE, exchange)
        .await
        .expect("an answer in time")
}

/// As a query string wants it.
pub(crate) fn percent_encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
