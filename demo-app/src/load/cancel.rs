//! A visitor who does not wait.
//!
//! On a connection of its own, written by hand: only so is it certain that the request is on its way
//! before it is given up, and not answered already.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::USER_AGENT;
use super::browser::{self, Browser, PATIENCE};
use super::pace::Stopped;

/// Asks for a page that takes its time, and goes away before it is there.
pub(super) async fn leave(
    browser: &Browser,
    path: &str,
    route: &'static str,
) -> Result<(), Stopped> {
    browser.pace.turn().await?;
    let began = Instant::now();
    let address = browser.address;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: {USER_AGENT}\r\nconnection: close\r\n\r\n"
    );
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        Ok::<_, std::io::Error>(stream)
    };
    let Ok(Ok(mut stream)) = timeout(PATIENCE, ask).await else {
        browser::told("GET", route, None, began.elapsed());
        return Ok(());
    };
    // Also when it is time to go: a request that is given up before the application has taken its
    // connection has never been one.
    tokio::time::sleep(Duration::from_millis(fastrand::u64(100..=300))).await;
    let mut head = [0; 512];
    match stream.try_read(&mut head) {
        Ok(read) if read > 0 => {
            // It was faster than expected; so it is waited for.
            let mut rest = Vec::new();
            let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
            let status = status(&head[..read]);
            browser::told("GET", route, status, began.elapsed());
        }
        _ => {
            drop(stream);
            browser::cancelled("GET", route, began.elapsed());
        }
    }
    Ok(())
}

fn status(head: &[u8]) -> Option<u16> {
    let line = String::from_utf8_lossy(head);
    line.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(status(b"nonsense"), None);
    }
}
