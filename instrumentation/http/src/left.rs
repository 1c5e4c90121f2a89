//! [`Left`]: what is still to come of a body.

use http::{Method, Response, StatusCode, header};
use http_body::Body;

/// What the method says about the body of the response.
#[derive(Clone, Copy)]
pub(crate) enum Bodiless {
    /// Nothing.
    No,
    /// The method is `HEAD`: no response has one.
    Always,
    /// The method is `CONNECT`: after a `2xx` a tunnel follows instead.
    OnSuccess,
}

impl Bodiless {
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Always,
            Method::CONNECT => Self::OnSuccess,
            _ => Self::No,
        }
    }
}

/// What is still to come of a body, as far as its server will read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing: the server does not poll the body again.
    Nothing,
    /// So many bytes; after them the server may or may not poll again.
    Bytes(u64),
    /// Whatever comes until the body's end.
    Unknown,
}

impl Left {
    pub(crate) fn of<B: Body>(response: &Response<B>, method: Bodiless) -> Self {
        let status = response.status();
        let without_body = match method {
            Bodiless::Always => true,
            Bodiless::OnSuccess if status.is_success() => true,
            _ => {
                status.is_informational()
                    || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            }
        };
        if without_body || response.body().is_end_stream() {
            return Self::Nothing;
        }
        // In the order in which hyper asks: the body's own size, then the header.
        let announced = response.body().size_hint().exact().or_else(|| {
            response
                .headers()
                .get(header::CONTENT_LENGTH)?
                .to_str()
                .ok()
                // To Rust, but not to HTTP, `+5` is a number.
                .filter(|length| !length.starts_with('+'))?
                .parse()
                .ok()
        });
        announced.map_or(Self::Unknown, |bytes| Self::Bytes(bytes).after(0))
    }

    /// What is left after so many more bytes.
    pub(crate) fn after(self, bytes: u64) -> Self {
        match self {
            Self::Bytes(left) => match left.saturating_sub(bytes) {
                0 => Self::Nothing,
                left => Self::Bytes(left),
            },
            known => known,
        }
    }
}
