//! Answers, as far as anybody wants to know them.

use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use super::told;

/// The most that is read of an answer. What OTLP answers is a sentence at most.
const MOST: usize = 64 * 1024;

/// Why there is no more of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// Longer than [`MOST`].
    TooLong,
    /// The time was up.
    Late,
    /// The connection failed.
    Broken,
}

pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    #[cfg_attr(not(feature = "grpc"), allow(dead_code, reason = "only gRPC has any"))]
    pub(super) trailers: HeaderMap,
    pub(super) end: End,
}

/// Reads what there is until `ends`. What is not read to its end takes its connection along.
pub(super) async fn read(mut body: Incoming, ends: Instant) -> Answer {
    let mut answer = Answer {
        bytes: Vec::new(),
        trailers: HeaderMap::new(),
        end: End::Whole,
    };
    loop {
        let frame = match timeout_at(ends, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return answer,
            Ok(Some(Err(_))) => {
                answer.end = End::Broken;
                return answer;
            }
            Err(_) => {
                answer.end = End::Late;
                return answer;
            }
        };
        match frame.into_data() {
            Ok(data) => {
                let room = MOST - answer.bytes.len();
                answer
                    .bytes
                    .extend_from_slice(&data[..data.len().min(room)]);
                if data.len() > room {
                    answer.end = End::TooLong;
                    return answer;
                }
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    answer.trailers = trailers;
                }
            }
        }
    }
}

/// The beginning of an answer that ought to be something else, if it is a text at all.
pub(super) fn quoted(bytes: &[u8]) -> Option<String> {
    let beginning = &bytes[..bytes.len().min(1024)];
    let text = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        // A character may have been cut.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&beginning[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let text = told::printable(text);
    (!text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
}
