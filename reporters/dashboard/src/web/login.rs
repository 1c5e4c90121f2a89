//! Logging in and out, where there is a token.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use tokio::time::timeout;

use super::answer::{self, Form, Problem};
use super::shell::address;
use super::{Web, query};
use crate::access::is_from_here;

/// A token has 512 characters at most, each of which may take three in a form.
const LONGEST: usize = 4_096;

/// How long it may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn show(State(web): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    let to = web.to(&uri);
    let knows = web
        .gate
        .guarded()
        .is_some_and(|guarded| guarded.knows(&headers));
    if knows {
        return answer::redirect(StatusCode::SEE_OTHER, &address(to.as_deref()));
    }
    let is_led = !is_from_here(&headers);
    answer::html(StatusCode::OK, web.shell.login(None, to.as_deref(), is_led))
}

pub(super) async fn log_in(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let to = web.to(&parts.uri);
    let problem = match web.log_in(&parts, body).await {
        Ok(cookie) => {
            let mut response = answer::redirect(StatusCode::SEE_OTHER, &address(to.as_deref()));
            response.headers_mut().insert(SET_COOKIE, cookie);
            return response;
        }
        Err(problem) => problem,
    };
    // What the person can mend is said where it is mended.
    if !matches!(
        problem.status,
        StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS
    ) {
        return problem.response(Form::Text);
    }
    let page = web
        .shell
        .login(Some(&problem.sentence()), to.as_deref(), false);
    let mut response = problem.response(Form::Text);
    answer::set(&mut response, CONTENT_TYPE, "text/html; charset=utf-8");
    *response.body_mut() = Body::from(page);
    response
}

pub(super) async fn log_out(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let out = web.gate.guarded().map(|guarded| guarded.log_out(&parts));
    match out {
        Some(Err(problem)) => problem.response(Form::Text),
        out => {
            let mut response = answer::redirect(StatusCode::SEE_OTHER, "./login");
            if let Some(Ok(Some(cookie))) = out {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            response
        }
    }
}

impl Web {
    async fn log_in(&self, request: &Parts, body: Body) -> Result<HeaderValue, Problem> {
        let is_form = |value: &HeaderValue| {
            let value = value.to_str().unwrap_or_default();
            let kind = value.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        };
        if !request.headers.get(CONTENT_TYPE).is_some_and(is_form) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "send a form (`application/x-www-form-urlencoded`) with the field `token`",
            ));
        }
        let late = |_| {
            let why = "the form took longer than ten seconds to arrive";
            Problem::new(StatusCode::REQUEST_TIMEOUT, why)
        };
        let body = timeout(PATIENCE, to_bytes(body, LONGEST));
        let body = body.await.map_err(late)?.map_err(|_| {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the form is longer than 4,096 bytes, or did not arrive",
            )
        })?;
        let mut tokens = form_urlencoded::parse(&body).filter(|(key, _)| key == "token");
        let (Some((_, token)), None) = (tokens.next(), tokens.next()) else {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "send the field `token`, once",
            ));
        };
        let Some(guarded) = self.gate.guarded() else {
            return Err(Problem::new(StatusCode::NOT_FOUND, "there is no login"));
        };
        // Pasted with what stood around it.
        guarded.log_in(request, token.trim().as_bytes())
    }

    /// The page that somebody wanted before the login came, with its query: one of ours.
    fn to(&self, uri: &Uri) -> Option<String> {
        let query = query::read(uri.query()).ok()?;
        let (_, to) = query.into_iter().find(|(key, _)| key == "to")?;
        let (slug, rest) = to.split_once('?').unwrap_or((&to, ""));
        let is_ours = self.shell.has_page(slug) && rest.bytes().all(|byte| byte.is_ascii_graphic());
        is_ours.then_some(to)
    }
}
