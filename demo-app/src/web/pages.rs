//! What people see: the frame of each page, and the pages that belong to no feature.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use telemetry::{SpanContext, TraceId};

use super::nav::GROUPS;
use crate::store::User;

/// The style sheet, served from a route of its own.
pub(super) const STYLE: &str = include_str!("style.css");

/// A page: `here` is its path, so that the navigation can say where one is.
pub(super) fn page(title: &str, here: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · telemetry demo" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    a.brand href="/" { "telemetry" span { "demo" } }
                    nav aria-label="Site" {
                        @for group in GROUPS {
                            ul aria-label=(group.name) {
                                @for link in group.links {
                                    li {
                                        a href=(link.path)
                                            aria-current=[(link.path == here).then_some("page")] {
                                            (link.name)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                main #main tabindex="-1" { h1 { (title) } (content) }
                footer { "Each request to this site is an event. So is each query." }
            }
        }
    }
}

pub(super) fn landing() -> Markup {
    let content = html! {
        p.lead {
            "This application does little, and tells everything about it. Whatever you click makes \
             events; look at the " a href="/metrics" { "metrics" } " before and after."
        }
        @for group in GROUPS {
            section {
                h2 { (group.name) }
                ul.cards {
                    @for link in group.links {
                        li {
                            a href=(link.path) {
                                strong { (link.name) }
                                span { (link.what) }
                                @if let Some(event) = link.event { code { (event) } }
                            }
                        }
                    }
                }
            }
        }
    };
    page("See what your code does", "/", &content)
}

pub(super) fn users(here: &str, title: &str, users: Result<Vec<User>, sqlx::Error>) -> Response {
    // What went wrong is in the query's event; it does not help a visitor.
    let Ok(users) = users else {
        return failed("The database did not answer.").into_response();
    };
    let content = html! {
        p.lead { (users.len()) " users and what they have to do." }
        table {
            thead { tr { th { "User" } th { "To do" } th.number { "Done" } } }
            tbody {
                @for user in &users {
                    @let done = user.items.iter().filter(|item| item.done).count();
                    tr {
                        th scope="row" { bdi { (user.name) } }
                        td {
                            ul.items {
                                @for item in &user.items {
                                    li.done[item.done] dir="auto" { (item.title) }
                                }
                            }
                        }
                        td.number { (done) " / " (user.items.len()) }
                    }
                }
            }
        }
    };
    page(title, here, &content).into_response()
}

/// How long ago something was, roughly.
pub(super) fn ago(age: Duration) -> String {
    let (count, unit) = match age.as_secs() {
        0..5 => return "just now".to_owned(),
        seconds @ 5..60 => (seconds, "second"),
        seconds @ 60..3600 => (seconds / 60, "minute"),
        seconds @ 3600..86_400 => (seconds / 3600, "hour"),
        seconds => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// A page that says only what is the matter.
pub(super) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! { p.lead { (text) } p { a href="/" { "Back to the start" } } };
    (status, page(title, "", &content)).into_response()
}

pub(super) fn slow() -> Markup {
    let content = html! {
        p.lead { "This page took its time. Whoever leaves before it is there is counted as cancelled." }
    };
    page("Worth the wait", "/slow", &content)
}

/// Where to look for what went wrong: whoever reports it can say so.
pub(super) fn trace_line(trace: Option<TraceId>) -> Markup {
    html! {
        @if let Some(trace) = trace { p.quiet { "Trace " code { (trace) } } }
    }
}

/// To a request that is refused because chaos was asked for.
pub(super) fn broken() -> Response {
    let trace = SpanContext::current().map(|context| context.trace_id());
    let content = html! {
        p.lead { "This page is broken on purpose: the application was started with --chaos." }
        (trace_line(trace))
        p { a href="/" { "Back to the start" } }
    };
    let page = page("Broken on purpose", "", &content);
    (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
}

pub(super) fn failed(why: &str) -> Response {
    let trace = SpanContext::current().map(|context| context.trace_id());
    let content = html! {
        p.lead { (why) }
        (trace_line(trace))
        p { a href="/" { "Back to the start" } }
    };
    let page = page("Something went wrong", "", &content);
    (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
}

pub(super) fn panicked(trace: Option<TraceId>) -> Response {
    let content = html! {
        p.lead { "The code behind this page panicked. The server caught it and goes on." }
        (trace_line(trace))
        p { a href="/" { "Back to the start" } }
    };
    let page = page("Something went very wrong", "", &content);
    (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
}

pub(super) fn not_found() -> Response {
    message(StatusCode::NOT_FOUND, "Not found", "There is no such page.")
}

pub(super) fn not_allowed() -> Response {
    message(
        StatusCode::METHOD_NOT_ALLOWED,
        "Not like that",
        "This page cannot be used in this way.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_rough() {
        for (seconds, text) in [
            (0, "just now"),
            (5, "5 seconds ago"),
            (119, "1 minute ago"),
            (7200, "2 hours ago"),
            (u64::MAX, "213503982334601 days ago"),
        ] {
            assert_eq!(ago(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn text_is_text_whatever_it_holds() {
        let hostile = "<script>alert(1)</script>\"'&";
        let user = User {
            id: 1,
            name: hostile.into(),
            items: Vec::new(),
        };
        let content = html! { p title=(user.name) { (user.name) } };
        let page = page(hostile, hostile, &content).into_string();
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("title=\"&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;\""));
    }
}
