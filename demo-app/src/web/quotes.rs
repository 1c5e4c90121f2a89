//! `/quote`: a page that has to ask another service first, which fails now and then.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use telemetry::SpanContext;

use super::{Shared, pages};
use crate::upstream::QuoteError;

const PATH: &str = "/quote";

pub(super) fn router() -> Router<Shared> {
    Router::new().route(PATH, get(page))
}

async fn page(State(shared): State<Shared>) -> Response {
    let fetched = shared.quotes.fetch().await;
    let status = fetched.as_ref().map_or_else(
        |error| match error {
            QuoteError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            QuoteError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        },
        |_| StatusCode::OK,
    );
    let page = shown(fetched.as_deref().map_err(|error| *error));
    // The next visitor gets another.
    (status, [(CACHE_CONTROL, "no-store")], page).into_response()
}

fn shown(fetched: Result<&str, QuoteError>) -> Markup {
    let title = match fetched {
        Ok(_) => "A quote",
        Err(_) => "No quote this time",
    };
    let content = html! {
        p.lead {
            "This page asks another service, which fails now and then: it answers 500, too late, or \
             half. Each call is counted with its outcome, and its trace goes on at the other end."
        }
        @match fetched {
            Ok(quote) => blockquote dir="auto" { (quote) },
            Err(error) => p.complaint role="alert" { (told(error)) },
        }
        p { a href=(PATH) { @if fetched.is_ok() { "Another one" } @else { "Try again" } } }
        (pages::trace_line(SpanContext::current().map(|context| context.trace_id())))
    };
    pages::page(title, PATH, &content)
}

fn told(error: QuoteError) -> &'static str {
    match error {
        QuoteError::Busy => "Too many ask at the moment. Try again in a moment.",
        QuoteError::Timeout => "The other service did not answer in time.",
        QuoteError::Connect => "The other service is not there.",
        QuoteError::Closed => "The other service hung up.",
        QuoteError::Status => "The other service says that something went wrong there.",
        QuoteError::Malformed => "The other service said something that nobody here understands.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_service_says_is_text_and_nothing_else() {
        let page = shown(Ok("<script>alert('x')</script>")).into_string();
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn a_failure_has_its_trace_on_the_page() {
        let context = SpanContext::new_root();
        let page = context.in_scope(|| shown(Err(QuoteError::Timeout)).into_string());
        assert!(page.contains(&context.trace_id().to_string()), "{page}");
        assert!(page.contains("did not answer in time"), "{page}");
    }
}
