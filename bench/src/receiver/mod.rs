//! A receiver of spans over OTLP, inside the process: answers every request at once, and counts.

mod spans;

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use spans::spans_in;

/// More than a batch ever takes.
const MOST: usize = 64 << 20;

/// The receiver. It listens for as long as the process lives.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    spans: Arc<AtomicU64>,
}

impl Receiver {
    /// Listens on a free port of the loopback device.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let spans = Arc::new(AtomicU64::new(0));
        let sum = spans.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sum = sum.clone();
                // Until the other side closes; what it does not get answered is its to complain of.
                std::thread::spawn(move || serve(&stream, &sum));
            }
        });
        Self { address, spans }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many spans it was sent, before it answered.
    pub fn spans(&self) -> u64 {
        self.spans.load(Ordering::Acquire)
    }
}

/// Requests of one connection, one after the other.
fn serve(stream: &TcpStream, sum: &AtomicU64) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut body = Vec::new();
    while let Some(length) = head(&mut reader)? {
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        sum.fetch_add(spans_in(&body), Ordering::Release);
        writer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
    Ok(())
}

/// Reads a request's head, and says how long its body is; `None` if there is no request any more.
fn head(reader: &mut impl BufRead) -> Result<Option<usize>> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok().filter(|length| *length <= MOST);
        }
    }
    length.map_or(Err(Error::from(ErrorKind::InvalidData)), |length| {
        Ok(Some(length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_counted_before_the_answer() {
        let receiver = Receiver::start();
        let mut stream = TcpStream::connect(receiver.address).unwrap();
        let request =
            b"POST /v1/traces HTTP/1.1\r\nContent-Length: 6\r\n\r\n\x0a\x04\x12\x02\x12\x00";
        for sent in 1..=2 {
            stream.write_all(request).unwrap();
            let mut answer = BufReader::new(&stream);
            assert_eq!(head(&mut answer).unwrap(), Some(0));
            assert_eq!(receiver.spans(), sent);
        }
    }

    #[test]
    fn a_body_of_unknown_length_is_not_taken() {
        let mut without = &b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"[..];
        assert!(head(&mut without).is_err());
        let mut too_long = &b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n"[..];
        assert!(head(&mut too_long).is_err());
        assert_eq!(head(&mut &b""[..]).unwrap(), None);
    }
}
