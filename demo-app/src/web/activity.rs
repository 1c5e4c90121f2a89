//! The feed: who did what, and in which trace.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};

use super::{Shared, pages};
use crate::flow::{Entry, Kind};
use crate::telemetry::DASHBOARD;

const PATH: &str = "/activity";

/// What stands in the address of a page that stays as it is.
const PAUSED: &str = "refresh=off";

/// How often a page loads itself again, in seconds, as the header wants it.
const REFRESH_AFTER: &str = "5";

pub(super) fn router() -> Router<Shared> {
    Router::new().route(PATH, get(page))
}

async fn page(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response {
    // What went wrong is in the query's event; it does not help a visitor.
    let Ok(feed) = shared.flow.activity().await else {
        return pages::failed("The database did not answer.");
    };
    if query.as_deref() == Some(PAUSED) {
        return shown(&feed, true).into_response();
    }
    // A header of browsers, which needs no script.
    ([(REFRESH, REFRESH_AFTER)], shown(&feed, false)).into_response()
}

fn shown(feed: &[Entry], paused: bool) -> Markup {
    let content = html! {
        p.lead {
            "Whatever users do is stored as an event, and read from there: for this page, for the \
             messages on a user's page, and by whoever writes the welcome. All that one click led to \
             has one trace."
        }
        p {
            @if paused {
                "This page stays as it is. " a href=(PATH) { "Keep it up to date" }
            } @else {
                "This page is loaded again every " (REFRESH_AFTER) " seconds. "
                a href={ (PATH) "?" (PAUSED) } { "Stop that" }
            }
        }
        @if feed.is_empty() {
            p { "Nothing has happened yet. " a href="/sign-up" { "Sign up" } ", and something will have." }
        } @else {
            ol.feed {
                @for entry in feed {
                    li {
                        span { bdi { strong { (entry.name) } } " " (told(entry.kind)) }
                        small.quiet { (pages::ago(entry.age)) }
                        @if let Some(trace) = &entry.trace_id {
                            small.quiet { "trace " a href={ (DASHBOARD) "/traces?id=" (trace) } { code { (trace) } } }
                        }
                    }
                }
            }
        }
    };
    pages::page("Activity", PATH, &content)
}

fn told(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::UserSignedUp) => "signed up",
        Some(Kind::UserWelcomed) => "was welcomed",
        Some(Kind::TodoAdded) => "wrote down something to do",
        Some(Kind::TodoCompleted) => "ticked something off",
        Some(Kind::TodoReopened) => "took a tick back",
        Some(Kind::TodoDeleted) => "dropped something",
        None => "did what this version does not know",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn entry(name: &str) -> Entry {
        Entry {
            kind: Some(Kind::UserSignedUp),
            name: name.to_owned(),
            trace_id: None,
            age: Duration::from_secs(61),
        }
    }

    #[test]
    fn names_are_text_and_nothing_else() {
        let page = shown(&[entry("<script>alert('x')</script>")], false).into_string();
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(page.contains("1 minute ago"), "{page}");
    }

    #[test]
    fn a_page_that_is_paused_says_how_to_go_on() {
        assert!(
            shown(&[], true)
                .into_string()
                .contains("href=\"/activity\">Keep")
        );
        assert!(
            shown(&[], false)
                .into_string()
                .contains("/activity?refresh=off")
        );
    }
}
