//! A server of HTTP/1.1 that does what it is told, request by request.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What happens once a request has been read.
pub(super) enum Step {
    /// These bytes, and the connection stays.
    Say(Vec<u8>),
    /// These bytes, and nothing more.
    SayAndClose(Vec<u8>),
    /// These bytes, and then silence on an open connection.
    SayAndStop(Vec<u8>),
    /// The first bytes once, the others for ever.
    Forever(Vec<u8>, Vec<u8>),
}

/// A request, as it came.
#[derive(Clone)]
pub(super) struct Seen {
    /// In lower case.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// The number of the connection it came on.
    pub(super) connection: usize,
}

/// Answers 200 when the script is at its end. Gone when dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Script = Arc<Mutex<VecDeque<Step>>>;

impl Receiver {
    pub(super) async fn start(script: Vec<Step>) -> Receiver {
        Receiver::start_at("127.0.0.1:0", script).await
    }

    pub(super) async fn start_at(address: &str, script: Vec<Step>) -> Receiver {
        let listener = TcpListener::bind(address).await.expect("a free port");
        Receiver::on(listener, script)
    }

    pub(super) fn on(listener: TcpListener, script: Vec<Step>) -> Receiver {
        let script: Script = Arc::new(Mutex::new(script.into()));
        serve(listener, move |stream, seen, connection| {
            follow(stream, Arc::clone(&script), seen, connection)
        })
    }

    /// With TLS on every connection.
    #[cfg(feature = "tls")]
    pub(super) async fn start_tls(tls: Arc<rustls::ServerConfig>, script: Vec<Step>) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let script: Script = Arc::new(Mutex::new(script.into()));
        serve(listener, move |stream, seen, connection| {
            let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls));
            let script = Arc::clone(&script);
            async move {
                let stream = acceptor.accept(stream).await?;
                follow(stream, script, seen, connection).await
            }
        })
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// On which connections requests came.
    pub(super) fn connections(&self) -> Vec<usize> {
        self.seen().iter().map(|seen| seen.connection).collect()
    }
}

fn serve<F>(
    listener: TcpListener,
    handle: impl Fn(tokio::net::TcpStream, Arc<Mutex<Vec<Seen>>>, usize) -> F + Send + 'static,
) -> Receiver
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let address = listener.local_addr().expect("an address");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    let task = tokio::spawn(async move {
        // Aborted with this task, as the set is dropped.
        let mut open = tokio::task::JoinSet::new();
        let count = AtomicUsize::new(0);
        while let Ok((stream, _)) = listener.accept().await {
            let connection = count.fetch_add(1, Ordering::Relaxed);
            open.spawn(handle(stream, Arc::clone(&all), connection));
        }
    });
    Receiver {
        address,
        seen,
        task,
    }
}

async fn follow(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    seen: Arc<Mutex<Vec<Seen>>>,
    connection: usize,
) -> io::Result<()> {
    while let Some((head, body)) = read_request(&mut stream).await? {
        seen.lock().unwrap().push(Seen {
            head,
            body,
            connection,
        });
        let step = script.lock().unwrap().pop_front();
        match step {
            None => stream.write_all(&ok(b"")).await?,
            Some(Step::Say(bytes)) => stream.write_all(&bytes).await?,
            Some(Step::SayAndClose(bytes)) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Some(Step::SayAndStop(bytes)) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                std::future::pending::<()>().await;
            }
            Some(Step::Forever(first, bytes)) => {
                stream.write_all(&first).await?;
                loop {
                    stream.write_all(&bytes).await?;
                }
            }
        }
        stream.flush().await?;
    }
    Ok(())
}

async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some((head, body)))
}

/// The value of a header in a head of lower case.
pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(one, _)| *one == name)
        .map(|(_, value)| value)
}

/// An answer of 200 with that body.
pub(super) fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK", &["content-type: application/x-protobuf"], body)
}

pub(super) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        bytes.push_str(header);
        bytes.push_str("\r\n");
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}
