//! Answers to OTLP over HTTP.

use std::time::SystemTime;

use http::response::Parts;
use http::{Response, StatusCode, header};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::answer::{self, Answer, End};
use super::backoff;
use super::client::{Attempt, Delivery};
use super::told;
use crate::proto::reply;

/// What an answer means.
pub(super) async fn judge(response: Response<Incoming>, host: &str, ends: Instant) -> Attempt {
    let (head, body) = response.into_parts();
    let status = head.status;
    if status.is_redirection() {
        return Attempt::Over(Delivery::Refused(redirected(&head, host)));
    }
    let answer = answer::read(body, ends).await;
    if status.is_success() {
        return Attempt::Over(delivered(status, &answer, host));
    }
    let why = format!("{host} answered {status}{}", reason(&answer));
    if is_passing(status) {
        let after = asked(&head);
        return Attempt::Again { why, after };
    }
    Attempt::Over(Delivery::Refused(format!("{why}{}", advice(status))))
}

/// Those that the specification of OTLP says to try again.
pub(super) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// How long the receiver asks to be left alone.
pub(super) fn asked(head: &Parts) -> Option<std::time::Duration> {
    let value = head.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    backoff::retry_after(value, SystemTime::now())
}

/// What it received it has; an answer that is not as it should be changes nothing about that, and
/// sending everything again would only double it.
fn delivered(status: StatusCode, answer: &Answer, host: &str) -> Delivery {
    let but = |what: &str| Delivery::Delivered {
        rejected: 0,
        why: Some(format!("{host} answered {status}, but {what}")),
    };
    match answer.end {
        End::TooLong => return but("with more than any answer of OTLP"),
        End::Late => return but("did not come to an end of its answer"),
        End::Broken => return but("the connection broke before the end of its answer"),
        End::Whole => {}
    }
    let Ok(partial) = reply::partial_success(&answer.bytes) else {
        return but(&format!(
            "its answer is none of OTLP{}; is this a receiver's address?",
            reason(answer)
        ));
    };
    let why = told::printable(&partial.message);
    Delivery::Delivered {
        rejected: partial.rejected,
        why: (!why.is_empty()).then_some(why),
    }
}

/// What an answer says: a `Status`, or, from whatever is in between, any text.
fn reason(answer: &Answer) -> String {
    let told = match reply::status(&answer.bytes) {
        Ok(status) if !status.message.is_empty() => Some(told::printable(&status.message)),
        // A text may pass for a message of unknown fields.
        _ => answer::quoted(&answer.bytes),
    };
    told.filter(|text| !text.is_empty())
        .map(|text| format!(": {text}"))
        .unwrap_or_default()
}

fn redirected(head: &Parts, host: &str) -> String {
    let place = head
        .headers
        .get(header::LOCATION)
        .map(|place| told::printable(&String::from_utf8_lossy(place.as_bytes())))
        .map(|place| format!(" to {place}"))
        .unwrap_or_default();
    format!(
        "{host} answered {}{place}: redirects are not followed, set the endpoint to where it ends",
        head.status
    )
}

fn advice(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 | 407 => "; does it need a header with a key, or another one?",
        404 | 405 => {
            "; is the path of the endpoint right? It usually ends in /v1/traces or /v1/metrics"
        }
        413 => "; smaller batches may do",
        _ => "",
    }
}
