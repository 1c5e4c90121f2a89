//! Answers that are meant to go on.
//!
//! The time of such an answer says how long its client stayed, not how fast the server was. Told
//! apart are they that say so: a body of unknown length alone is no sign, because those that are
//! compressed or read from a file are that, too.

use http::{Response, header};

/// Put into a response's extensions, this says that its body goes on until the client has enough:
/// the terminal event has `streamed: true`, as that of server-sent events has without being told. It
/// says nothing about a body whose length is known.
///
/// ```
/// use axum::{Extension, body::Body, response::IntoResponse};
/// use telemetry_http::Streamed;
///
/// async fn changes() -> impl IntoResponse {
///     // … a body that yields a line whenever something changes …
///     (Extension(Streamed), Body::empty())
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Streamed;

/// The types whose bodies are streams by definition.
const TYPES: [&[u8]; 2] = [b"text/event-stream", b"multipart/x-mixed-replace"];

pub(crate) fn is_streamed<B>(response: &Response<B>) -> bool {
    let by_type = response.headers().get(header::CONTENT_TYPE);
    by_type.is_some_and(|value| is_streaming_type(value.as_bytes()))
        || response.extensions().get::<Streamed>().is_some()
}

fn is_streaming_type(content_type: &[u8]) -> bool {
    TYPES.iter().any(|known| {
        content_type
            .split_at_checked(known.len())
            .is_some_and(|(name, rest)| {
                name.eq_ignore_ascii_case(known) && matches!(rest, [] | [b';' | b' ' | b'\t', ..])
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_in_any_case_and_with_parameters() {
        for streaming in [
            "text/event-stream",
            "Text/Event-Stream; charset=utf-8",
            "text/event-stream;charset=utf-8",
            "multipart/x-mixed-replace; boundary=frame",
        ] {
            assert!(is_streaming_type(streaming.as_bytes()), "{streaming}");
        }
        for other in [
            "",
            "text/html",
            "text/event-streams",
            "text/event-strea",
            "multipart/mixed",
        ] {
            assert!(!is_streaming_type(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_handler_may_say_so() {
        let mut response = Response::new(());
        assert!(!is_streamed(&response));
        response.extensions_mut().insert(Streamed);
        assert!(is_streamed(&response));
    }
}
