//! What people see.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::store::User;

/// The style sheet, served from a route of its own.
pub(super) const STYLE: &str = include_str!("style.css");

const LINKS: [(&str, &str, &str); 6] = [
    (
        "/users-fast",
        "Users, fast",
        "All users and their to-do items in one joined query.",
    ),
    (
        "/users-slow",
        "Users, slow",
        "The same page with 1 + 20 queries: the N+1 problem.",
    ),
    (
        "/fail",
        "Failure",
        "Answers 500, so that there is an error to count.",
    ),
    (
        "/panic",
        "Panic",
        "The handler panics. The server lives, and counts an exception.",
    ),
    (
        "/metrics",
        "Metrics",
        "Every number as Prometheus scrapes it.",
    ),
    (
        "/health",
        "Health",
        "Whether the application runs, and how its reporters fare.",
    ),
];

fn page(title: &str, here: &str, content: &Markup) -> Markup {
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
                header {
                    a.brand href="/" { "telemetry" span { "demo" } }
                    nav aria-label="Pages" {
                        @for (path, name, _) in LINKS {
                            a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
                        }
                    }
                }
                main { h1 { (title) } (content) }
                footer { "Each request to this site is an event. So is each query." }
            }
        }
    }
}

pub(super) fn landing() -> Markup {
    let content = html! {
        p.lead {
            "This application does nothing of interest, and tells everything about it. Call some \
             pages, and then look at the metrics."
        }
        ul.cards {
            @for (path, name, what) in LINKS {
                li { a href=(path) { strong { (name) } span { (what) } } }
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
                        th scope="row" { (user.name) }
                        td {
                            ul.items {
                                @for item in &user.items {
                                    li.done[item.done] { (item.title) }
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

pub(super) fn failed(why: &str) -> (StatusCode, Markup) {
    let content = html! { p.lead { (why) } p { a href="/" { "Back to the start" } } };
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        page("Something went wrong", "/fail", &content),
    )
}

pub(super) fn panicked() -> (StatusCode, Markup) {
    let content = html! {
        p.lead { "The code behind this page panicked. The server caught it and goes on." }
        p { a href="/" { "Back to the start" } }
    };
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        page("Something went very wrong", "/panic", &content),
    )
}

pub(super) fn not_found() -> (StatusCode, Markup) {
    let content = html! {
        p.lead { "There is no such page." }
        p { a href="/" { "Back to the start" } }
    };
    (StatusCode::NOT_FOUND, page("Not found", "", &content))
}
