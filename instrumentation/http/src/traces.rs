//! The `traceparent` header: that of the request, and that of the response.

use http::header::{Entry, HeaderMap, HeaderName, HeaderValue};
use http::{Extensions, Request};
use telemetry::SpanContext;

pub(crate) static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What a layer does with the header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traces {
    pub(crate) trust: bool,
    pub(crate) answer: bool,
}

/// Left in a request whose header must not be believed, for the layers further inside.
#[derive(Clone, Copy)]
struct Distrusted;

impl Traces {
    /// What the span of this request is below: nothing, what is current, or what the header names.
    pub(crate) fn parent<B>(self, request: &mut Request<B>) -> Option<SpanContext> {
        let current = SpanContext::current();
        if !self.trust {
            if request.headers().contains_key(&TRACEPARENT) {
                request.extensions_mut().insert(Distrusted);
            }
            return current;
        }
        match theirs(request.headers(), request.extensions()) {
            // Where the trace is current already, somebody further out has read the header, and is
            // the parent: another layer, or the library behind `set_context_source`.
            Some(theirs) if current.is_none_or(|own| own.trace_id() != theirs.trace_id()) => {
                Some(theirs)
            }
            _ => current,
        }
    }

    /// Puts the ids of the request's span into its response, unless the service has done so.
    pub(crate) fn answer(self, context: Option<SpanContext>, headers: &mut HeaderMap) {
        let Some(context) = context.filter(|_| self.answer) else {
            return;
        };
        // A map that is full is left as it is.
        if let Ok(Entry::Vacant(vacant)) = headers.try_entry(&TRACEPARENT) {
            if let Ok(value) = HeaderValue::from_bytes(context.traceparent().as_ref()) {
                let _ = vacant.try_insert(value);
            }
        }
    }
}

/// What the header of a request names, unless somebody further out does not trust it.
pub(crate) fn theirs(headers: &HeaderMap, extensions: &Extensions) -> Option<SpanContext> {
    let theirs = read(headers)?;
    extensions.get::<Distrusted>().is_none().then_some(theirs)
}

/// What the header names, if it is one and valid.
pub(crate) fn read(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all(&TRACEPARENT).iter();
    match (values.next(), values.next()) {
        (Some(header), None) => SpanContext::from_traceparent(header).ok(),
        // Two of them say nothing: the standard wants the trace to begin anew then.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    const BOTH: Traces = Traces {
        trust: true,
        answer: true,
    };

    fn request(headers: &[&[u8]]) -> Request<()> {
        let mut request = Request::new(());
        for header in headers {
            let value = HeaderValue::from_bytes(header).unwrap();
            request.headers_mut().append(&TRACEPARENT, value);
        }
        request
    }

    #[test]
    fn one_valid_header_is_the_parent() {
        let parent = BOTH.parent(&mut request(&[THEIRS.as_bytes()])).unwrap();
        assert!(parent.is_remote());
        assert_eq!(parent.to_string(), THEIRS);
    }

    #[test]
    fn everything_else_is_ignored() {
        let long = [THEIRS.as_bytes(), &[b'0'; 100_000]].concat();
        let wrong: [&[&[u8]]; 9] = [
            &[],
            &[b""],
            &[b"garbage"],
            &[b"\xff\xfe"],
            &[b"00-00000000000000000000000000000000-b7ad6b7169203331-01"],
            &[b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"],
            &[&long],
            &[THEIRS.as_bytes(), THEIRS.as_bytes()],
            &[b"garbage", THEIRS.as_bytes()],
        ];
        for headers in wrong {
            assert_eq!(BOTH.parent(&mut request(headers)), None, "{headers:?}");
        }
    }

    #[test]
    fn a_header_that_is_not_trusted_is_not_trusted_further_inside_either() {
        let outer = Traces {
            trust: false,
            ..BOTH
        };
        let mut request = request(&[THEIRS.as_bytes()]);
        assert_eq!(outer.parent(&mut request), None);
        assert_eq!(BOTH.parent(&mut request), None);
    }

    #[test]
    fn what_is_current_is_the_parent_if_it_is_of_that_trace_or_there_is_no_other() {
        let other = SpanContext::new_root();
        let theirs: SpanContext = THEIRS.parse().unwrap();
        let within = SpanContext::new(theirs.trace_id(), SpanContext::new_root().span_id(), true);
        other.in_scope(|| {
            assert_eq!(BOTH.parent(&mut request(&[])), Some(other));
            assert_eq!(
                BOTH.parent(&mut request(&[THEIRS.as_bytes()])),
                Some(theirs)
            );
        });
        within.in_scope(|| {
            assert_eq!(
                BOTH.parent(&mut request(&[THEIRS.as_bytes()])),
                Some(within)
            );
        });
    }

    #[test]
    fn the_answer_is_the_context_unless_there_is_one_or_no_room() {
        let context = SpanContext::new_root();
        let mut headers = HeaderMap::new();
        BOTH.answer(None, &mut headers);
        assert!(headers.is_empty());
        BOTH.answer(Some(context), &mut headers);
        assert_eq!(headers[&TRACEPARENT], context.to_string());
        BOTH.answer(Some(SpanContext::new_root()), &mut headers);
        assert_eq!(headers[&TRACEPARENT], context.to_string());

        let mut full = HeaderMap::new();
        for at in 0.. {
            let name = HeaderName::from_bytes(format!("x-{at}").as_bytes()).unwrap();
            if full.try_insert(name, HeaderValue::from_static("")).is_err() {
                break;
            }
        }
        let count = full.len();
        BOTH.answer(Some(context), &mut full);
        assert_eq!(full.len(), count);
    }
}
