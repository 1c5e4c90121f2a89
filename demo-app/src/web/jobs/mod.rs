//! `/jobs`: a form that leaves work behind, and what becomes of it.
//!
//! | path | |
//! |---|---|
//! | `/jobs` | the page, and where its form goes |
//! | `/jobs/state` | the part of it that changes |
//! | `/jobs/jobs.js` | the page's module, which keeps that part up to date; without it there is a link |

mod view;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::accounts::{Posted, Visitor, see_other};
use crate::work::{Kind, Refused};

const PATH: &str = "/jobs";

/// How many jobs a form may ask for.
const MOST: u32 = 20;

/// How many characters the name of a job may have.
const LONGEST_LABEL: usize = 60;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(PATH, get(page).post(enqueue))
        .route("/jobs/state", get(state))
        .route("/jobs/jobs.js", get(module))
}

/// Why a form leaves nothing behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    Kind,
    Number,
    Label,
    Queue(Refused),
}

/// What a form asks for.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    kind: Kind,
    label: String,
    jobs: u32,
}

async fn page(State(shared): State<Shared>, visitor: Visitor) -> Response {
    visitor.answer(view::page(&visitor, &shared.work, None))
}

async fn enqueue(State(shared): State<Shared>, posted: Posted) -> Response {
    let field = |name| posted.field(name);
    let enqueued = order(field("kind"), field("jobs"), field("label")).and_then(|order| {
        let enqueued = shared.work.enqueue(order.kind, &order.label, order.jobs);
        enqueued.map_err(Denied::Queue)
    });
    let Err(denied) = enqueued else {
        return see_other(PATH);
    };
    let page = view::page(&posted.visitor, &shared.work, Some(denied));
    let mut response = posted.visitor.answer((denied.status(), page));
    if let Denied::Queue(_) = denied {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

async fn state(State(shared): State<Shared>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], view::state(&shared.work))
}

async fn module() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("jobs.js"))
}

/// Reads a form.
fn order(kind: &str, jobs: &str, label: &str) -> Result<Order, Denied> {
    let label = label.replace(char::is_control, " ");
    let label = label.trim();
    if label.chars().count() > LONGEST_LABEL {
        return Err(Denied::Label);
    }
    let number = jobs.trim().parse().ok();
    Ok(Order {
        kind: Kind::parse(kind).ok_or(Denied::Kind)?,
        label: label.to_owned(),
        jobs: number
            .filter(|number| (1..=MOST).contains(number))
            .ok_or(Denied::Number)?,
    })
}

impl Denied {
    fn status(self) -> StatusCode {
        match self {
            Self::Kind | Self::Number | Self::Label => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Queue(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Kind => "There are no such jobs.",
            Self::Number => "Ask for 1 to 20 jobs.",
            Self::Label => "A name has at most 60 characters.",
            Self::Queue(Refused::Full) => {
                "There is no room for that many jobs now, so none was taken. Try again in a moment."
            }
            Self::Queue(Refused::Stopping) => {
                "The application is stopping and takes no more jobs. Try again in a moment."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_asks_for_something_that_there_is_and_not_too_much_of_it() {
        let wanted = Order {
            kind: Kind::Flaky,
            label: "a  b".to_owned(),
            jobs: 20,
        };
        assert_eq!(order("flaky", " 20 ", " a\r\nb\0"), Ok(wanted));
        for (kind, jobs, denied) in [
            ("", "1", Denied::Kind),
            ("reboot", "1", Denied::Kind),
            ("flaky", "", Denied::Number),
            ("flaky", "0", Denied::Number),
            ("flaky", "21", Denied::Number),
            ("flaky", "-1", Denied::Number),
            ("flaky", "99999999999999999999", Denied::Number),
        ] {
            assert_eq!(order(kind, jobs, ""), Err(denied), "{kind} {jobs}");
        }
        let label = "ü".repeat(LONGEST_LABEL);
        assert!(order("flaky", "1", &label).is_ok());
        assert_eq!(order("flaky", "1", &(label + "ü")), Err(Denied::Label));
        assert!(Denied::Number.text().contains(&MOST.to_string()));
        assert!(Denied::Label.text().contains(&LONGEST_LABEL.to_string()));
    }
}
