//! Answers.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

/// Why somebody does not get what they asked for.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// A sentence for whoever asked.
    pub(crate) why: Cow<'static, str>,
    /// When to try again, in seconds.
    pub(crate) retry_after: Option<u32>,
    pub(crate) challenge: bool,
}

/// How an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            why: why.into(),
            retry_after: None,
            challenge: false,
        }
    }

    /// It may go better in so many seconds.
    pub(crate) fn busy(why: impl Into<Cow<'static, str>>, retry_after: u32) -> Self {
        Self {
            retry_after: Some(retry_after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, why)
        }
    }

    /// For a person.
    pub(super) fn sentence(&self) -> String {
        let mut letters = self.why.chars();
        let first = letters.next().into_iter().flat_map(char::to_uppercase);
        first.chain(letters).chain(['.']).collect()
    }

    pub(crate) fn response(self, form: Form) -> Response {
        let mut response = match form {
            Form::Text => body(
                self.status,
                "text/plain; charset=utf-8",
                self.sentence() + "\n",
            ),
            Form::Json => body(
                self.status,
                "application/json",
                json!({ "error": self.why }).to_string(),
            ),
        };
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.challenge {
            response
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

pub(super) fn html(status: StatusCode, page: String) -> Response {
    body(status, "text/html; charset=utf-8", page)
}

/// To somewhere else; relative, so that it is right wherever the dashboard is mounted and whatever
/// stands before it.
pub(super) fn redirect(status: StatusCode, to: &str) -> Response {
    let mut response = body(status, "text/plain; charset=utf-8", String::new());
    // What does not fit into a header is no address of ours.
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

pub(super) fn body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, content_type);
    response
}

pub(super) fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_in_a_sentence() {
        let sentence = |why: &'static str| Problem::new(StatusCode::OK, why).sentence();
        assert_eq!(sentence("übel: do this"), "Übel: do this.");
        assert_eq!(sentence("`page` is there twice"), "`page` is there twice.");
        assert_eq!(sentence(""), ".");
    }
}
