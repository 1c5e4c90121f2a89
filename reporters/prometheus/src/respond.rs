//! [`Prometheus::respond`]: from a request's method and headers to the whole answer.

use http::header::{
    ACCEPT, ALLOW, AsHeaderName, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, Response, StatusCode};

use crate::accept;
use crate::format::Format;
use crate::reporter::Prometheus;
use crate::token::Knows;

/// The headers of a request on which the answer depends.
const VARIES: &str = if cfg!(feature = "gzip") {
    "Accept, Accept-Encoding"
} else {
    "Accept"
};

/// What a request that may have it gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    format: Format,
    gzip: bool,
    /// Only the headers.
    head: bool,
}

/// Why a request gets nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    /// It does not know the token; the header says whether it tried.
    Token(&'static str),
    Method,
}

impl Prometheus {
    /// Answers a request for the metrics, for HTTP servers that are not axum: choose the path, hand
    /// over method and headers, and send what comes back.
    ///
    /// The format is chosen by `Accept`, see [`Format::from_accept`]. With the feature `gzip` the
    /// body is compressed if `Accept-Encoding` allows it. A request that does not know the
    /// [token](crate::PrometheusBuilder::bearer_token) gets 401, one that is neither `GET` nor `HEAD`
    /// gets 405.
    ///
    /// It takes a snapshot of everything, which with tens of thousands of series is a matter of
    /// milliseconds: not for a thread that others wait for.
    ///
    /// ```
    /// use http::{HeaderMap, Method, header};
    /// # use telemetry_metrics::Aggregator;
    /// # use telemetry_prometheus::Prometheus;
    /// # let aggregator = Aggregator::builder().start()?;
    /// let prometheus = Prometheus::new(&aggregator)?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert(header::ACCEPT, "application/openmetrics-text".parse()?);
    /// let response = prometheus.respond(&Method::GET, &headers);
    /// assert_eq!(response.status(), 200);
    /// assert!(response.body().ends_with(b"# EOF\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn respond(&self, method: &Method, headers: &HeaderMap) -> Response<Vec<u8>> {
        match self.admit(method, headers) {
            Ok(wanted) => self.deliver(wanted),
            Err(refusal) => refusal.response(),
        }
    }

    /// What a request wants, if it may have it. Takes no time.
    pub(crate) fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<Wanted, Refusal> {
        match self.token().map(|token| token.check(headers)) {
            None | Some(Knows::Token) => {}
            Some(other) => {
                self.failed();
                return Err(Refusal::Token(match other {
                    Knows::Nothing => "Bearer realm=\"metrics\"",
                    _ => "Bearer realm=\"metrics\", error=\"invalid_token\"",
                }));
            }
        }
        let head = method == Method::HEAD;
        if !head && method != Method::GET {
            return Err(Refusal::Method);
        }
        Ok(Wanted {
            format: accept::format(texts(headers, ACCEPT)),
            #[cfg(feature = "gzip")]
            gzip: accept::gzip(texts(headers, http::header::ACCEPT_ENCODING)),
            #[cfg(not(feature = "gzip"))]
            gzip: false,
            head,
        })
    }

    /// The answer. Takes a snapshot, and time.
    pub(crate) fn deliver(&self, wanted: Wanted) -> Response<Vec<u8>> {
        let text = self.render_as(wanted.format).into_bytes();
        let (body, encoding) = if wanted.gzip {
            compress(text)
        } else {
            (text, None)
        };
        let length = body.len();
        let mut response = Response::new(if wanted.head { Vec::new() } else { body });
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static(wanted.format.content_type());
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(VARY, HeaderValue::from_static(VARIES));
        if let Some(encoding) = encoding {
            headers.insert(http::header::CONTENT_ENCODING, encoding);
        }
        response
    }
}

impl Refusal {
    pub(crate) fn response(self) -> Response<Vec<u8>> {
        match self {
            Self::Token(challenge) => {
                let text = "The metrics are for those who know the bearer token.\n";
                let mut response = plain(StatusCode::UNAUTHORIZED, text);
                let challenge = HeaderValue::from_static(challenge);
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
                response
            }
            Self::Method => {
                let text = "The metrics are there to GET.\n";
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, text);
                let allowed = HeaderValue::from_static("GET, HEAD");
                response.headers_mut().insert(ALLOW, allowed);
                response
            }
        }
    }
}

/// An answer that is not the metrics.
pub(crate) fn plain(status: StatusCode, text: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(text.as_bytes().to_vec());
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// All values of a header that are text.
fn texts(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok())
}

/// The body and its encoding.
#[cfg(feature = "gzip")]
fn compress(text: Vec<u8>) -> (Vec<u8>, Option<HeaderValue>) {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    // Lines repeat each other so much that the fastest level takes nine tenths away.
    let buffer = Vec::with_capacity(text.len() / 8);
    let mut encoder = GzEncoder::new(buffer, Compression::fast());
    let compressed = encoder.write_all(&text).and_then(|()| encoder.finish());
    match compressed {
        Ok(body) => (body, Some(HeaderValue::from_static("gzip"))),
        // Memory does not fail to be written to; if it did, there is still the text.
        Err(_) => (text, None),
    }
}

#[cfg(not(feature = "gzip"))]
fn compress(text: Vec<u8>) -> (Vec<u8>, Option<HeaderValue>) {
    (text, None)
}
