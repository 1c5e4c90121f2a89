//! The little HTTP that it takes to ask a receiver for what it has.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// One question may take it seconds, if it has much.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What it answers to a `GET`. Anything but 200 is an error that says so.
pub(crate) fn get(port: u16, path: &str) -> std::io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0 has no chunks, and ends with the connection.
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).map_err(|error| broken(&error.to_string()))?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| broken("no end of the headers"))?;
    if head.split(' ').nth(1) != Some("200") {
        return Err(broken(&answer));
    }
    if length(head).is_some_and(|length| length != body.len()) {
        return Err(broken("half an answer"));
    }
    Ok(body.to_owned())
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// The value of a header.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// How long the body is.
pub(crate) fn length(head: &str) -> Option<usize> {
    header(head, "content-length")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answered(with: &'static str) -> std::io::Result<String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(with.as_bytes()).unwrap();
            String::from_utf8(request[..read].to_vec()).unwrap()
        });
        let answer = get(port, "/a");
        assert!(server.join().unwrap().starts_with("GET /a HTTP/1.0\r\n"));
        answer
    }

    #[test]
    fn an_answer_is_its_body() {
        let answer = answered("HTTP/1.1 200 OK\r\nContent-LENGTH: 2\r\n\r\n[]");
        assert_eq!(answer.unwrap(), "[]");
        assert_eq!(answered("HTTP/1.1 200 OK\r\n\r\n[1]").unwrap(), "[1]");
    }

    #[test]
    fn what_is_no_answer_says_why() {
        let refused = answered("HTTP/1.1 400 Bad Request\r\n\r\nError parsing message");
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("400") && refused.contains("Error parsing"),
            "{refused}"
        );
        for half in [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[]",
            "HTTP/1.1 200",
            "",
        ] {
            assert!(answered(half).is_err(), "{half:?}");
        }
    }
}
