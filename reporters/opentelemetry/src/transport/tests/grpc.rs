//! OTLP over gRPC, with hyper's server of HTTP/2 at the other end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::receiver::Receiver;
use super::*;
use crate::proto::writer;

/// What a call is answered with.
enum Step {
    /// A message and a status after it.
    Message(Vec<u8>, Headers),
    /// Nothing but a head.
    Head(u16, Headers),
    Silence,
    /// The connection is closed.
    Close,
}

type Headers = Vec<(&'static str, String)>;
type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

struct Seen {
    path: String,
    headers: HeaderMap,
    body: Bytes,
    connection: usize,
}

/// Answers OK when the script is at its end. Gone when dropped.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

type Tls = Option<Arc<dyn std::any::Any + Send + Sync>>;

impl Server {
    async fn start(script: Vec<Step>) -> Server {
        Server::start_with(None, script).await
    }

    async fn start_with(tls: Tls, script: Vec<Step>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&seen);
        let script = Arc::new(Mutex::new(VecDeque::from(script)));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (all, script, tls) = (Arc::clone(&all), Arc::clone(&script), tls.clone());
                open.spawn(async move {
                    let service = service_fn(move |request| {
                        answer(request, Arc::clone(&all), Arc::clone(&script), connection)
                    });
                    let server = http2::Builder::new(TokioExecutor::new());
                    // An error of the service ends the connection, as it should.
                    match tls {
                        None => drop(server.serve_connection(TokioIo::new(stream), service).await),
                        #[cfg(feature = "tls")]
                        Some(tls) => {
                            let tls = tls.downcast::<rustls::ServerConfig>().unwrap();
                            let acceptor = tokio_rustls::TlsAcceptor::from(tls);
                            let stream = acceptor.accept(stream).await.unwrap();
                            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                            let _ = server.serve_connection(TokioIo::new(stream), service).await;
                        }
                        #[cfg(not(feature = "tls"))]
                        Some(_) => unreachable!("nobody asks for it"),
                    }
                });
            }
        });
        Server {
            address,
            seen,
            _tasks: tasks,
        }
    }

    fn connections(&self) -> Vec<usize> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|seen| seen.connection).collect()
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Mutex<VecDeque<Step>>>,
    connection: usize,
) -> Result<Answer, &'static str> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "broken")?.to_bytes();
    seen.lock().unwrap().push(Seen {
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body,
        connection,
    });
    let step = script.lock().unwrap().pop_front();
    match step.unwrap_or_else(|| Step::Message(vec![0; 5], status(0))) {
        Step::Message(bytes, trailers) => {
            let trailers = headers(trailers);
            let body = Full::from(bytes)
                .with_trailers(async { Some(Ok(trailers)) })
                .boxed_unsync();
            Ok(Response::new(body))
        }
        Step::Head(status, more) => {
            let mut response = Response::new(Full::default().boxed_unsync());
            *response.status_mut() = status.try_into().unwrap();
            *response.headers_mut() = headers(more);
            Ok(response)
        }
        Step::Silence => std::future::pending().await,
        Step::Close => Err("closed"),
    }
}

fn headers(headers: Headers) -> HeaderMap {
    let header = |(name, value): (&'static str, String)| {
        (
            name.parse().unwrap(),
            HeaderValue::from_str(&value).unwrap(),
        )
    };
    headers.into_iter().map(header).collect()
}

fn status(code: u8) -> Headers {
    vec![("grpc-status", code.to_string())]
}

fn told(code: u8, message: &str) -> Headers {
    let mut headers = status(code);
    headers.push(("grpc-message", message.to_owned()));
    headers
}

fn grpc(uri: &str) -> Target {
    let mut target = target(uri);
    target.protocol = Protocol::Grpc;
    target
}

fn grpc_at(server: &Server) -> Target {
    grpc(&format!("http://{}/any/path", server.address))
}

/// One delivery to a receiver with that one step, and how many calls it took.
async fn after(step: Step) -> (Delivery, Vec<String>, usize) {
    let server = Server::start(vec![step]).await;
    let (delivery, failures) = deliver(&client(grpc_at(&server))).await;
    let calls = server.seen.lock().unwrap().len();
    (delivery, failures, calls)
}

async fn once_more_after(step: Step) -> String {
    let (delivery, mut failures, calls) = after(step).await;
    assert_eq!((delivery, calls), (whole(), 2), "{failures:?}");
    assert_eq!(failures.len(), 1);
    failures.remove(0)
}

async fn refused_after(step: Step, parts: &[&str]) {
    let (delivery, failures, calls) = after(step).await;
    assert_refused(&delivery, parts);
    assert_eq!((failures.len(), calls), (1, 1));
}

#[tokio::test]
async fn a_call_is_as_the_specification_has_it() {
    let server = Server::start(vec![]).await;
    let mut target = grpc_at(&server);
    assert_eq!(deliver(&client(target.clone())).await, (whole(), vec![]));
    target.signal = Signal::Metrics;
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
    let seen = server.seen.lock().unwrap();
    let prefix = "/opentelemetry.proto.collector.";
    assert_eq!(
        seen[0].path,
        format!("{prefix}trace.v1.TraceService/Export")
    );
    assert_eq!(
        seen[1].path,
        format!("{prefix}metrics.v1.MetricsService/Export")
    );
    let header = |name| {
        seen[0]
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(header("content-type"), Some("application/grpc"));
    assert_eq!(header("te"), Some("trailers"));
    assert_eq!(header("grpc-encoding"), None);
    let time = header("grpc-timeout").unwrap().strip_suffix('m').unwrap();
    let time = Duration::from_millis(time.parse().unwrap());
    assert!(time <= LONG && time > LONG / 2, "{time:?}");
    assert_eq!(seen[0].body[..5], [0, 0, 0, 0, MESSAGE.len() as u8]);
    assert_eq!(seen[0].body[5..], *MESSAGE);
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_call_is_compressed_if_that_is_wanted() {
    use std::io::Read;

    let server = Server::start(vec![]).await;
    let mut target = grpc_at(&server);
    target.gzip = true;
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].headers["grpc-encoding"], "gzip");
    assert_eq!(seen[0].headers.get("content-encoding"), None);
    assert_eq!(seen[0].body[0], 1);
    let mut message = Vec::new();
    flate2::read::GzDecoder::new(&seen[0].body[5..])
        .read_to_end(&mut message)
        .unwrap();
    assert_eq!(message, MESSAGE);
}

#[tokio::test]
async fn calls_share_a_connection() {
    let server = Server::start(vec![]).await;
    let client = client(grpc_at(&server));
    for _ in 0..5 {
        assert_eq!(deliver(&client).await, (whole(), vec![]));
    }
    assert_eq!(server.connections(), [0; 5]);
}

#[tokio::test]
async fn a_partial_success_says_how_much_and_why() {
    let mut body = vec![0; 5];
    writer::message(&mut body, 1, |out| {
        writer::uint(out, 1, 3);
        writer::bytes(out, 2, b"too old");
    });
    body[4] = body.len() as u8 - 5;
    let expected = Delivery::Delivered {
        rejected: 3,
        why: Some("too old".to_owned()),
    };
    assert_eq!(after(Step::Message(body, status(0))).await.0, expected);
}

#[tokio::test]
async fn a_success_with_garbage_is_one_with_a_remark() {
    let bodies = [
        &b""[..],
        b"\0\0",
        b"\0\0\0\0\x05ab",
        b"\x01\0\0\0\0",
        &[7; 90],
    ];
    for body in bodies {
        let (delivery, _, calls) = after(Step::Message(body.to_vec(), status(0))).await;
        assert_delivered_but(&delivery, &["OTLP"]);
        assert_eq!(calls, 1);
    }
}

#[tokio::test]
async fn passing_trouble_of_the_receiver_is_waited_for() {
    for (code, name) in [
        (1, "CANCELLED"),
        (4, "DEADLINE_EXCEEDED"),
        (10, "ABORTED"),
        (11, "OUT_OF_RANGE"),
        (14, "UNAVAILABLE"),
        (15, "DATA_LOSS"),
    ] {
        let why = once_more_after(Step::Head(200, told(code, "come%20again%"))).await;
        assert_says(&why, &["127.0.0.1", name, "come again%"]);
        once_more_after(Step::Message(vec![0; 5], status(code))).await;
    }
    for code in [429, 502, 503, 504] {
        let why = once_more_after(Step::Head(code, vec![])).await;
        assert_says(&why, &[&code.to_string()]);
    }
    once_more_after(Step::Message(vec![0; 5], vec![])).await;
    once_more_after(Step::Close).await;
}

#[tokio::test]
async fn refusals_say_why() {
    let bad = told(3, "no%1B[1m id");
    refused_after(
        Step::Head(200, bad),
        &["INVALID_ARGUMENT", "no\u{fffd}[1m id"],
    )
    .await;
    refused_after(Step::Head(200, status(16)), &["UNAUTHENTICATED"]).await;
    refused_after(Step::Message(vec![], status(99)), &["99"]).await;
    let odd = vec![("grpc-status", "-x".to_owned())];
    refused_after(Step::Head(200, odd), &["UNKNOWN"]).await;
    refused_after(Step::Head(404, vec![]), &["404", "gRPC"]).await;
    refused_after(Step::Message(vec![0; 100_000], status(0)), &["more than"]).await;
}

#[tokio::test]
async fn what_is_exhausted_is_tried_again_only_if_it_says_when() {
    refused_after(
        Step::Head(200, told(8, "too large")),
        &["RESOURCE_EXHAUSTED", "too large"],
    )
    .await;
    // A Status of code 8 with a RetryInfo of 0 s and of 600 s.
    let details = |info: &str| {
        let mut headers = status(8);
        headers.push(("grpc-status-details-bin", info.to_owned()));
        headers
    };
    let now = "CAgaLAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIA";
    once_more_after(Step::Head(200, details(now))).await;
    let later = "CAgaMQoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIFCgMI2AQ";
    for padding in ["", "="] {
        let (delivery, _, calls) =
            after(Step::Head(200, details(&format!("{later}{padding}")))).await;
        assert_late(&delivery, &["RESOURCE_EXHAUSTED"]);
        assert_eq!(calls, 1);
    }
    refused_after(Step::Head(200, details("~~~")), &["RESOURCE_EXHAUSTED"]).await;
}

#[tokio::test]
async fn a_connection_that_is_silent_is_not_used_again() {
    let server = Server::start(vec![Step::Silence]).await;
    let mut target = grpc_at(&server);
    target.timeout = Duration::from_millis(750);
    let (delivery, failures) = deliver(&client(target)).await;
    assert_eq!(delivery, whole());
    assert_says(&failures[0], &["no answer"]);
    assert_eq!(server.connections(), [0, 1]);
}

#[tokio::test]
async fn what_speaks_no_http2_is_no_receiver() {
    let receiver = Receiver::start(vec![]).await;
    let target = grpc(&format!("http://{}", receiver.address));
    let (delivery, _) = deliver(&client_waiting(target, NEVER)).await;
    assert_late(&delivery, &["127.0.0.1", "does it speak gRPC?"]);
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn calls_over_tls_agree_on_http2() {
    let authority = tls::Authority::new();
    let config = authority.server(&["localhost"], None, b"h2");
    let server = Server::start_with(Some(config), vec![]).await;
    let mut target = grpc(&format!("https://localhost:{}", server.address.port()));
    target.tls.roots = Some(authority.pem.clone());
    assert_eq!(deliver(&client(target)).await, (whole(), vec![]));
}
