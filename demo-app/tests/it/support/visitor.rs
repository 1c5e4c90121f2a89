//! A visitor with cookies who fills in forms.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::DEADLINE;
use super::http::{Reply, percent_encode};

/// A password that is good enough.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Visitor {
    pub(crate) address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    /// Sent along with each request.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// Somebody who has just signed up.
    pub(crate) async fn signed_up(address: SocketAddr, name: &str) -> Self {
        let mut visitor = Self::new(address);
        let reply = visitor.sign_up(name, PASSWORD).await;
        let told = reply.body.split("role=\"alert\">").nth(1);
        let told = told.and_then(|rest| rest.split('<').next());
        assert_eq!(
            (reply.status, reply.location(), told),
            (303, Some("/me"), None),
            "{name}"
        );
        visitor
    }

    pub(crate) async fn sign_up(&mut self, name: &str, password: &str) -> Reply {
        let fields = [("name", name), ("password", password)];
        self.submit("/sign-up", "/sign-up", &fields).await
    }

    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> Reply {
        let fields = [("name", name), ("password", password)];
        self.submit("/log-in", "/log-in", &fields).await
    }

    /// Opens a page and sends a form of it.
    pub(crate) async fn submit(
        &mut self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Reply {
        let csrf = csrf(&self.get(page).await);
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post(action, &all).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    /// Sends fields, whatever they are.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", percent_encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let kind = "application/x-www-form-urlencoded";
        self.send("POST", path, Some((kind, body))).await
    }

    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<(&str, String)>,
    ) -> Reply {
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            let line = pairs.collect::<Vec<_>>().join("; ");
            request.push_str(&format!("Cookie: {line}\r\n"));
        }
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        match body {
            Some((kind, body)) => request.push_str(&format!(
                "Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )),
            None => request.push_str("\r\n"),
        }
        let reply = exchange(self.address, request.as_bytes()).await;
        for (name, value) in reply.set_cookies() {
            match value.is_empty() {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        reply
    }
}

/// Sends bytes, and reads until the other end closes.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let exchange = async {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let (mut read, mut write) = stream.into_split();
        let mut answer = Vec::new();
        // Who is refused may be so before everything is sent.
        let send = async { drop(write.write_all(request).await) };
        let receive = async { drop(read.read_to_end(&mut answer).await) };
        tokio::join!(send, receive);
        String::from_utf8(answer).expect("text")
    };
    let answer = timeout(DEADLINE, exchange).await.expect("in time");
    Reply::parse(&answer).expect("an answer")
}

/// The token in the forms of a page.
pub(crate) fn csrf(page: &Reply) -> String {
    let start = "name=\"csrf\" value=\"";
    let from = page
        .body
        .find(start)
        .unwrap_or_else(|| panic!("no form: {page:?}"));
    page.body[from + start.len()..].chars().take(64).collect()
}

impl Reply {
    /// The values of a header, whose name is given in lower case.
    pub(crate) fn header<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("location").next()
    }

    fn set_cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.header("set-cookie")
            .filter_map(|line| line.split(';').next()?.split_once('='))
    }
}
