//! HTTP: routes, pages, files, numbers as JSON and streams.

mod answer;
mod api;
mod assets;
mod files;
mod gzip;
mod headers;
mod html;
mod leased;
mod login;
mod query;
mod router;
mod shell;
mod turns;

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::Response;

use answer::Form;
pub(crate) use answer::Problem;
pub(crate) use assets::build;
pub(crate) use router::{TAKEN, router};
use shell::Shell;
use turns::Turns;

use crate::access::{Area, Gate, Refusal};
use crate::hub::Hub;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Web {
    hub: Arc<Hub>,
    gate: Gate,
    shell: Shell,
    turns: Turns,
}

impl Web {
    pub(crate) fn new(hub: Arc<Hub>, gate: Gate) -> Self {
        Self {
            shell: Shell::new(hub.sources(), gate.guarded().is_some()),
            turns: Turns::new(),
            hub,
            gate,
        }
    }

    async fn guard(&self, area: Area, request: Request, next: Next) -> Response {
        let sources = self.hub.sources();
        if sources.traces.is_some() {
            sources.own.note();
        }
        let (parts, body) = request.into_parts();
        let refusal = match self.gate.admit(area, &parts) {
            Ok(lease) => {
                let response = next.run(Request::from_parts(parts, body)).await;
                return match lease {
                    // All others are over at once.
                    Some(lease) if area == Area::Stream => leased::until(lease, response),
                    _ => response,
                };
            }
            Err(refusal) => refusal,
        };
        let form = match area {
            Area::Api => Form::Json,
            _ => Form::Text,
        };
        match refusal {
            Refusal::No(problem) => problem.response(form),
            Refusal::LogIn if area == Area::Page => to_login(parts.uri.path_and_query()),
            Refusal::LogIn => Problem {
                challenge: true,
                ..Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "log in, or send `Authorization: Bearer <token>`",
                )
            }
            .response(form),
        }
    }
}

/// And from there to what was asked for.
fn to_login(wanted: Option<&PathAndQuery>) -> Response {
    let wanted = wanted.map(|wanted| wanted.as_str().trim_start_matches('/'));
    // What is too long to be read again is not sent along.
    let wanted = wanted.filter(|wanted| wanted.len() <= query::LONGEST / 3);
    let to: String =
        form_urlencoded::byte_serialize(wanted.unwrap_or_default().as_bytes()).collect();
    answer::redirect(StatusCode::SEE_OTHER, &format!("./login?to={to}"))
}
