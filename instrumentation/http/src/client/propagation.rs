//! The `traceparent` header of a request that goes out.

use http::{HeaderMap, HeaderName, HeaderValue};
use telemetry::SpanContext;

use crate::traces::{TRACEPARENT, read};

const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Puts the context in the place of what was there. A `tracestate` stays if it belongs to the same
/// trace: that of another says nothing about this one.
pub(super) fn write(headers: &mut HeaderMap, context: &SpanContext) {
    let same_trace = |before: SpanContext| before.trace_id() == context.trace_id();
    if headers.contains_key(&TRACEPARENT) && !read(headers).is_some_and(same_trace) {
        headers.remove(TRACESTATE);
    }
    if let Ok(value) = HeaderValue::from_bytes(context.traceparent().as_ref()) {
        // A map that is full is left as it is.
        let _ = headers.try_insert(&TRACEPARENT, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    fn headers(traceparents: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for traceparent in traceparents {
            headers.append(&TRACEPARENT, traceparent.parse().unwrap());
        }
        headers.insert(TRACESTATE, HeaderValue::from_static("a=1"));
        headers
    }

    fn context() -> SpanContext {
        let text = format!("00-{TRACE}-b7ad6b7169203331-01");
        text.parse().unwrap()
    }

    fn state_after(traceparents: &[&str]) -> Option<HeaderValue> {
        let mut headers = headers(traceparents);
        write(&mut headers, &context());
        assert_eq!(headers.get_all(&TRACEPARENT).iter().count(), 1);
        assert_eq!(read(&headers), Some(context()));
        headers.remove(TRACESTATE)
    }

    #[test]
    fn the_state_of_another_trace_goes_and_that_of_this_one_stays() {
        let same = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let other = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(state_after(&[&same]).is_some());
        assert!(state_after(&[]).is_some());
        assert!(state_after(&[other]).is_none());
        assert!(state_after(&["garbage"]).is_none());
        assert!(state_after(&[&same, &same]).is_none());
    }
}
