//! OTLP over gRPC: one call, one message each way, over HTTP/2 as hyper speaks it.

use bytes::{BufMut, Bytes, BytesMut};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, Response, StatusCode};
use hyper::body::Incoming;
use tokio::time::Instant;

use super::answer::{self, Answer, End};
use super::client::{Attempt, Delivery};
use super::target::Signal;
use super::{post, told};
use crate::proto::reply::{self, Partial, Status, Unreadable};

/// The names of gRPC's codes, in their order.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// The address of the method at the target.
pub(super) fn uri(endpoint: Uri, signal: Signal) -> Result<Uri, String> {
    let mut parts = endpoint.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static(match signal {
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    }));
    Uri::from_parts(parts).map_err(|error| format!("this is no endpoint for gRPC: {error}"))
}

/// A message in its frame.
pub(super) fn frame(message: &[u8], compressed: bool) -> Bytes {
    let mut framed = BytesMut::with_capacity(5 + message.len());
    framed.put_u8(u8::from(compressed));
    // Queues are bounded far below what would not fit.
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// What an answer means.
pub(super) async fn judge(response: Response<Incoming>, host: &str, ends: Instant) -> Attempt {
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        let why = format!("{host} answered {} instead of a call's status", head.status);
        if post::is_passing(head.status) {
            let after = post::asked(&head);
            return Attempt::Again { why, after };
        }
        let why = format!("{why}; does it speak gRPC? Its usual port is 4317");
        return Attempt::Over(Delivery::Refused(why));
    }
    let answer = answer::read(body, ends).await;
    // In the head if there is nothing else.
    let found = call_status(&answer.trailers).or_else(|| call_status(&head.headers));
    match found {
        Some(status) if status.code == 0 => Attempt::Over(delivered(&answer, host)),
        Some(status) => failed(&status, host),
        None if answer.end == End::TooLong => Attempt::Over(Delivery::Refused(format!(
            "{host} answered with more than any answer of OTLP, and without a call's status"
        ))),
        None => Attempt::Again {
            why: format!("{host} answered without a call's status"),
            after: None,
        },
    }
}

fn delivered(answer: &Answer, host: &str) -> Delivery {
    match message(&answer.bytes).and_then(reply::partial_success) {
        Ok(Partial { rejected, message }) => {
            let why = told::printable(&message);
            Delivery::Delivered {
                rejected,
                why: (!why.is_empty()).then_some(why),
            }
        }
        Err(Unreadable) => Delivery::Delivered {
            rejected: 0,
            why: Some(format!(
                "{host} answered OK, but its answer is none of OTLP"
            )),
        },
    }
}

/// The message in the one frame of an answer. We accept none that is compressed.
fn message(bytes: &[u8]) -> Result<&[u8], Unreadable> {
    let (head, message) = bytes.split_first_chunk::<5>().ok_or(Unreadable)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
    if head[0] != 0 || usize::try_from(length) != Ok(message.len()) {
        return Err(Unreadable);
    }
    Ok(message)
}

fn failed(status: &Status, host: &str) -> Attempt {
    let code = usize::try_from(status.code).ok();
    let name = code.and_then(|code| CODES.get(code)).map_or_else(
        || format!("code {}", status.code),
        |name| (*name).to_owned(),
    );
    let mut why = format!("{host} answered {name}");
    let message = told::printable(&status.message);
    if !message.is_empty() {
        why = format!("{why}: {message}");
    }
    let after = status.retry_after;
    match CODES.get(code.unwrap_or(usize::MAX)) {
        Some(&("CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE")) => {}
        Some(&("UNAVAILABLE" | "DATA_LOSS")) => {}
        // Exhausted for now, if it says for how long; otherwise too large for it.
        Some(&"RESOURCE_EXHAUSTED") if after.is_some() => {}
        _ => return Attempt::Over(Delivery::Refused(why)),
    }
    Attempt::Again { why, after }
}

/// The status of the call, if it is in these headers. What tells no number tells of a failure.
fn call_status(headers: &HeaderMap) -> Option<Status> {
    let code = headers.get("grpc-status")?;
    let code = code.to_str().ok().and_then(|code| code.parse().ok());
    let detailed = headers
        .get("grpc-status-details-bin")
        .and_then(|value| base64(value.as_bytes()))
        .and_then(|bytes| reply::status(&bytes).ok());
    let message = headers
        .get("grpc-message")
        .map(|value| percent_decoded(value.as_bytes()));
    Some(Status {
        code: code.unwrap_or(2),
        message: message.unwrap_or_default(),
        retry_after: detailed.and_then(|status| status.retry_after),
    })
}

fn percent_decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        let escaped = match rest {
            [high, low, after @ ..] if *first == b'%' => digit(*high)
                .zip(digit(*low))
                .map(|(high, low)| (high << 4 | low, after)),
            _ => None,
        };
        match escaped {
            Some((byte, after)) => {
                out.push(byte);
                rest = after;
            }
            None => out.push(*first),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// With padding or without.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().position(|byte| *byte == b'=');
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for group in text[..end.unwrap_or(text.len())].chunks(4) {
        let mut bits = 0_u32;
        for byte in group {
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(six);
        }
        let whole = group.len() * 6 / 8;
        let bits = bits << (6 * (4 - group.len()));
        out.extend_from_slice(&bits.to_be_bytes()[1..1 + whole]);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        pairs
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.to_vec().try_into().ok()?)))
            .collect()
    }

    proptest! {
        #[test]
        fn headers_of_any_kind_harm_nobody(
            code in prop::collection::vec(any::<u8>(), 0..4),
            message in prop::collection::vec(any::<u8>(), 0..60),
            details in "[A-Za-z0-9+/=]{0,60}",
        ) {
            let headers = headers(&[
                ("grpc-status", &code),
                ("grpc-message", &message),
                ("grpc-status-details-bin", details.as_bytes()),
            ]);
            if let Some(status) = call_status(&headers) {
                failed(&status, "host");
            }
        }

        #[test]
        fn escaped_texts_are_read(text in ".{0,40}") {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(percent_decoded(escaped.as_bytes()), text.clone());
            let plain = text.replace('%', "%25");
            prop_assert_eq!(percent_decoded(plain.as_bytes()), text);
        }

        #[test]
        fn bytes_in_letters_are_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            const LETTERS: &[u8; 64] =
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            let letters: Vec<u8> = bits
                .as_bytes()
                .chunks(6)
                .map(|six| format!("{:0<6}", String::from_utf8_lossy(six)))
                .map(|six| LETTERS[usize::from_str_radix(&six, 2).unwrap()])
                .collect();
            prop_assert_eq!(base64(&letters), Some(bytes.clone()));
            let mut padded = letters.clone();
            padded.resize(letters.len().next_multiple_of(4), b'=');
            prop_assert_eq!(base64(&padded), Some(bytes));
        }
    }
}
