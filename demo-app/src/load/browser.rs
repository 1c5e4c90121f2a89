//! What a visitor has: a connection, cookies, and patience.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use telemetry::execute;
use tokio::time::timeout;

use super::USER_AGENT;
use super::pace::{Pace, Stopped};

/// How long a page may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// How large a page may be, in bytes.
const LARGEST: usize = 4 << 20;

/// How many cookies are kept.
const COOKIES: usize = 16;

/// One visitor's browser.
pub(super) struct Browser {
    pub(super) address: SocketAddr,
    pub(super) pace: Pace,
    client: Client<HttpConnector, Full<Bytes>>,
    cookies: BTreeMap<String, String>,
}

/// A page that was seen.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) html: String,
}

impl Browser {
    pub(super) fn new(address: SocketAddr, pace: Pace) -> Self {
        Self {
            address,
            pace,
            // One connection at a time is kept, as a person's browser would for one tab.
            client: Client::builder(TokioExecutor::new())
                .pool_max_idle_per_host(1)
                .build_http(),
            cookies: BTreeMap::new(),
        }
    }

    /// Opens a page. `route` is how the endpoint's events call it.
    pub(super) async fn get(&mut self, path: &str, route: &'static str) -> Result<Page, Stopped> {
        self.request(Method::GET, path, route, String::new()).await
    }

    /// Sends a form.
    pub(super) async fn post(
        &mut self,
        path: &str,
        route: &'static str,
        form: String,
    ) -> Result<Page, Stopped> {
        self.request(Method::POST, path, route, form).await
    }

    /// What is answered; status 0 if nothing is. A request that has begun is not given up because it
    /// is time to go: those who stop the visitors wait for it.
    async fn request(
        &mut self,
        method: Method,
        path: &str,
        route: &'static str,
        form: String,
    ) -> Result<Page, Stopped> {
        self.pace.turn().await?;
        let began = Instant::now();
        let exchanged = timeout(PATIENCE, self.exchange(&method, path, form)).await;
        let page = exchanged.ok().flatten();
        let status = page.as_ref().map(|page| page.status);
        told(method.as_str(), route, status, began.elapsed());
        Ok(page.unwrap_or(Page {
            status: 0,
            html: String::new(),
        }))
    }

    async fn exchange(&mut self, method: &Method, path: &str, form: String) -> Option<Page> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header(header::USER_AGENT, USER_AGENT);
        if !self.cookies.is_empty() {
            request = request.header(header::COOKIE, self.cookie_header());
        }
        if *method == Method::POST {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ORIGIN, format!("http://{}", self.address));
        }
        let request = request.body(Full::new(Bytes::from(form))).ok()?;
        let (head, body) = self.client.request(request).await.ok()?.into_parts();
        self.keep_cookies(&head.headers);
        let body = Limited::new(body, LARGEST).collect().await.ok()?.to_bytes();
        Some(Page {
            status: head.status.as_u16(),
            html: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let Some((pair, settings)) = line.to_str().ok().map(|line| split_at(line, ';')) else {
                continue;
            };
            let (name, value) = split_at(pair, '=');
            let is_over = settings
                .split(';')
                .any(|setting| setting.trim().eq_ignore_ascii_case("max-age=0"));
            if is_over {
                self.cookies.remove(name);
            } else if self.cookies.len() < COOKIES || self.cookies.contains_key(name) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn split_at(text: &str, mark: char) -> (&str, &str) {
    text.split_once(mark).unwrap_or((text, ""))
}

/// Tells of a request in the words of the endpoint's own event.
pub(super) fn told(method: &str, route: &str, status: Option<u16>, duration: Duration) {
    let outcome = match status {
        Some(500..) => "error",
        Some(_) => "ok",
        None => "failed",
    };
    execute!("demo.load.request", { duration }, { method, route, status, outcome });
}

/// Tells of a request that the visitor gave up.
pub(super) fn cancelled(method: &str, route: &str, duration: Duration) {
    let outcome = "cancelled";
    execute!("demo.load.request", { duration }, { method, route, status: None::<u16>, outcome });
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cookies_are_kept_replaced_and_removed() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut browser = Browser::new(address, Pace::new(1));
        for (line, kept) in [
            ("a=1; HttpOnly; Path=/", "a=1"),
            ("b=2", "a=1; b=2"),
            ("a=3; SameSite=Lax", "a=3; b=2"),
            ("b=; Max-Age=0", "a=3"),
        ] {
            let headers = [(header::SET_COOKIE, line.parse().unwrap())];
            browser.keep_cookies(&headers.into_iter().collect());
            assert_eq!(browser.cookie_header(), kept, "{line}");
        }
        for n in 0..100 {
            let line = format!("c{n}=x").parse().unwrap();
            browser.keep_cookies(&[(header::SET_COOKIE, line)].into_iter().collect());
        }
        assert_eq!(browser.cookies.len(), COOKIES);
    }
}
