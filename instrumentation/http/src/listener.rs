//! How layers further inside tell the span of a request what they know.
//!
//! A router notes what it matched in the request, which it then gives away; nobody outside sees
//! it again. So a layer whose span lacks something leaves a handle of the span in the request, and
//! the layers inside decorate the span through it. The way back, through the response, would be too
//! late: a handler that panics or is cancelled has none.

use std::sync::Arc;

use http::Extensions;
use telemetry::{Span, SpanHandle};

use crate::labels;

/// The spans around this request that lack something, innermost first.
#[derive(Clone)]
pub(crate) struct Listener {
    span: SpanHandle,
    lacks_route: bool,
    lacks_request_size: bool,
    further_out: Option<Arc<Listener>>,
}

/// Leaves word in the request that `span` lacks its route, or the size of the request's body.
pub(crate) fn listen(
    span: &Span,
    lacks_route: bool,
    lacks_request_size: bool,
    extensions: &mut Extensions,
) {
    if !lacks_route && extensions.get::<Arc<Listener>>().is_some() {
        // Those further out may not know what this one does.
        if let Some(route) = labels::matched(extensions) {
            tell_route(route, extensions);
        }
    }
    if lacks_route || lacks_request_size {
        let further_out = extensions.remove::<Arc<Listener>>();
        extensions.insert(Arc::new(Listener {
            span: span.handle(),
            lacks_route,
            lacks_request_size,
            further_out,
        }));
    }
}

/// Tells all that listen what matched.
pub(crate) fn tell_route(route: &str, extensions: &Extensions) {
    for listener in from(extensions.get::<Arc<Listener>>()) {
        if listener.lacks_route {
            listener.span.set("route", route);
        }
    }
}

/// Those that want to know how many bytes of the request's body are read.
pub(crate) struct Readers(Arc<Listener>);

impl Readers {
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        let listener = extensions.get::<Arc<Listener>>()?;
        from(Some(listener))
            .any(|listener| listener.lacks_request_size)
            .then(|| Self(Arc::clone(listener)))
    }

    pub(crate) fn tell(&self, bytes: u64) {
        for listener in from(Some(&self.0)) {
            if listener.lacks_request_size {
                listener.span.measure("request_size", bytes);
            }
        }
    }
}

fn from(innermost: Option<&Arc<Listener>>) -> impl Iterator<Item = &Listener> {
    std::iter::successors(innermost.map(Arc::as_ref), |listener| {
        listener.further_out.as_deref()
    })
}
