//! Forms that were sent: bounded, and by nobody but a visitor of our own pages.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use telemetry::execute;
use tokio::time::timeout;

use super::visitor::{Unknown, Visitor};
use crate::web::{Shared, pages};

/// The hidden field of each form.
pub(super) const CSRF_FIELD: &str = "csrf";

/// The largest form, in bytes. The longest to-do item, all of it percent-encoded, is a fraction.
pub(in crate::web) const MAX_FORM: usize = 16 * 1024;

/// How long a form may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// A form that one of our own pages sent. Take it as the last argument of a handler; what is not
/// one is refused and counted as `demo.forms.refused`.
#[derive(Debug)]
pub(in crate::web) struct Posted {
    /// Who sent it.
    pub(in crate::web) visitor: Visitor,
    fields: Vec<(String, String)>,
}

/// Why a form is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Refused {
    /// It does not come from a page of ours, or that page belongs to another session.
    Csrf,
    /// It is larger than [`MAX_FORM`].
    TooLarge,
    /// It took too long to arrive.
    TooSlow,
    /// It is no form.
    Malformed,
    /// Nobody knows who sent it.
    Unknown(Unknown),
}

impl Posted {
    /// What was written into a field; nothing, if there is no such field.
    pub(in crate::web) fn field(&self, name: &str) -> &str {
        let field = self.fields.iter().find(|(key, _)| key == name);
        field.map_or("", |(_, value)| value)
    }

    async fn read(request: Request, shared: &Shared) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        if is_cross_site(&parts.headers) {
            return Err(Refused::Csrf);
        }
        if !is_form(&parts.headers) {
            return Err(Refused::Malformed);
        }
        // Who says beforehand that it is too much need not send it.
        let announced = parts.headers.get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > MAX_FORM as u64) {
            return Err(Refused::TooLarge);
        }
        let body = axum::body::to_bytes(body, MAX_FORM);
        let body: Bytes = match timeout(ARRIVAL, body).await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => {
                return Err(match error.into_inner().is::<LengthLimitError>() {
                    true => Refused::TooLarge,
                    // It broke off, or its chunks are none.
                    false => Refused::Malformed,
                });
            }
            Err(_) => return Err(Refused::TooSlow),
        };
        let visitor = Visitor::from_request_parts(&mut parts, shared).await;
        let posted = Self {
            visitor: visitor.map_err(Refused::Unknown)?,
            fields: form_urlencoded::parse(&body).into_owned().collect(),
        };
        if !posted.visitor.secret.is_csrf(posted.field(CSRF_FIELD)) {
            return Err(Refused::Csrf);
        }
        Ok(posted)
    }
}

impl FromRequest<Shared> for Posted {
    type Rejection = Refused;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Refused> {
        let route = request.extensions().get::<MatchedPath>().cloned();
        let posted = Self::read(request, shared).await;
        if let Err(refused) = &posted {
            let form = route.as_ref().map(MatchedPath::as_str);
            execute!("demo.forms.refused", {}, { form, reason: refused.reason() });
        }
        posted
    }
}

/// Whether the browser says that another site is behind a request. Programs that are no browsers say
/// nothing; they have no visitor's cookies either.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_none() || host != text("host")
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()?.split(';').next());
    kind.is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

impl Refused {
    /// A word for tags.
    pub(in crate::web) fn reason(self) -> &'static str {
        match self {
            Self::Csrf => "csrf",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Malformed => "malformed",
            Self::Unknown(Unknown::Database) => "database",
            Self::Unknown(Unknown::Randomness) => "failed",
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::Csrf => (
                StatusCode::FORBIDDEN,
                "This form is not from here",
                "It was sent by another site, or it is older than your session. Open the page \
                 again, and send it from there.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is too much",
                "No form of this site holds that much text.",
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "That took too long",
                "The form did not arrive in time. Send it again.",
            ),
            Self::Malformed => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This is no form",
                "Only what the forms of this site send is understood.",
            ),
            Self::Unknown(unknown) => return unknown.into_response(),
        };
        pages::message(status, title, text)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn what_another_site_is_behind_is_cross_site() {
        for (pairs, cross) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("host", "demo:1"), ("origin", "http://demo:1")], false),
            (&[("host", "demo:1"), ("origin", "http://demo:2")], true),
            (&[("host", "demo:1"), ("origin", "null")], true),
            (&[("origin", "http://demo:1")], true),
            (&[("host", "demo"), ("origin", "http://demo.evil")], true),
        ] {
            assert_eq!(is_cross_site(&headers(pairs)), cross, "{pairs:?}");
        }
    }

    #[test]
    fn a_form_is_known_by_its_type() {
        for (kind, is) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-URLEncoded; charset=utf-8", true),
            ("text/plain", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ] {
            assert_eq!(is_form(&headers(&[("content-type", kind)])), is, "{kind}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }
}
