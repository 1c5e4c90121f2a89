//! [`Receiver`]: the receiver, and what it has.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use crate::process::Process;
use crate::{Received, client, decode};

/// A receiver of OTLP in a process of its own, which is killed when this is dropped.
#[derive(Debug)]
pub struct Receiver {
    process: Process,
}

impl Receiver {
    /// Starts one on free ports of 127.0.0.1, and waits until it listens.
    ///
    /// # Panics
    ///
    /// If [`PROGRAM`](crate::PROGRAM) is not set, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self {
            process: Process::start(),
        }
    }

    /// Where it listens for OTLP over HTTP: `http://127.0.0.1:..`, without a path.
    #[must_use]
    pub fn http(&self) -> String {
        format!("http://127.0.0.1:{}", self.http_port())
    }

    /// Where it listens for OTLP over gRPC.
    #[must_use]
    pub fn grpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.process.ports.grpc)
    }

    pub(crate) fn http_port(&self) -> u16 {
        self.process.ports.http
    }

    /// What it has received since it was started, or [cleared](Self::clear).
    ///
    /// # Panics
    ///
    /// If it does not answer, or has received something that is no OTLP.
    #[must_use]
    pub fn received(&self) -> Received {
        Received {
            spans: decode::traces(&self.session("traces")),
            metrics: decode::metrics(&self.session("metrics")),
        }
    }

    /// The requests that it received, OTLP or not. Those over gRPC it sent to itself over HTTP.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let requests = self.session("requests");
        let requests = requests.as_array().expect("a list of requests").iter();
        requests.map(Request::of).collect()
    }

    /// Makes it forget what it received.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn clear(&self) {
        self.ask("clear");
    }

    /// Asks it again and again until it has what is awaited, and returns what it has.
    ///
    /// # Panics
    ///
    /// If it has not within the time given; the message says what it has.
    #[track_caller]
    pub fn wait_for(&self, within: Duration, mut is_it: impl FnMut(&Received) -> bool) -> Received {
        let deadline = Instant::now() + within;
        loop {
            let asked = Instant::now();
            let received = self.received();
            if is_it(&received) {
                return received;
            }
            assert!(
                Instant::now() < deadline,
                "not within {within:?}; received were {}",
                Summary(&received)
            );
            // It receives nothing while it answers.
            std::thread::sleep(asked.elapsed().max(Duration::from_millis(20)));
        }
    }

    fn session(&self, what: &str) -> Json {
        let answer = self.ask(what);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error} in {answer}"))
    }

    fn ask(&self, what: &str) -> String {
        let answer = client::get(self.http_port(), &format!("/test/session/{what}"));
        answer.unwrap_or_else(|error| panic!("{error}; the receiver said: {}", self.process.said()))
    }
}

/// A request, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `/v1/traces`, or another.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

impl Request {
    fn of(json: &Json) -> Self {
        let url = json["url"].as_str().expect("the address of a request");
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        let headers = json["headers"].as_object().expect("headers").iter();
        Self {
            path: format!("/{path}"),
            headers: headers
                .map(|(name, value)| {
                    let value = value.as_str().expect("the text of a header");
                    (name.to_lowercase(), value.to_owned())
                })
                .collect(),
        }
    }

    /// The value of a header; its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// All of it, unless that is too much to read.
struct Summary<'r>(&'r Received);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Received { spans, metrics } = self.0;
        write!(f, "{} spans and {} metrics", spans.len(), metrics.len())?;
        if spans.len() + metrics.len() <= 20 {
            write!(f, ": {:#?}", self.0)?;
        }
        Ok(())
    }
}
