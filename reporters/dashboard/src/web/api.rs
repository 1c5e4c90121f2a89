//! What a page shows, as JSON and as a stream.

use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::Response;
use flate2::Compression;
use serde_json::{Value as Json, json};

use super::answer::{self, Form, Problem};
use super::{Web, gzip, query};
use crate::card::milliseconds;
use crate::view::View;

/// Smaller bodies are not compressed.
const WORTH_COMPRESSING: usize = 1_024;

/// `api/{page}`.
pub(super) async fn json(State(web): State<Arc<Web>>, uri: Uri, headers: HeaderMap) -> Response {
    // Not by axum's parameters, which those of a path above would be among.
    let page = uri.path().strip_prefix("/api/").unwrap_or_default();
    let answer = web.json(page, &uri, gzip::is_wanted(&headers));
    answer.await.unwrap_or_else(|no| no.response(Form::Json))
}

/// `stream?page=..`.
pub(super) async fn stream(State(web): State<Arc<Web>>, method: Method, uri: Uri) -> Response {
    let answer = web.stream(&method, &uri);
    answer.unwrap_or_else(|no| no.response(Form::Text))
}

impl Web {
    async fn json(&self, page: &str, uri: &Uri, gzip: bool) -> Result<Response, Problem> {
        let view = self.view(page, &query::read(uri.query())?)?;
        let _turn = self.turns.take().await?;
        let sections = self.hub.whole(&view).await;
        let make = move || encode(&view, &sections, gzip);
        // A large page takes milliseconds to write, which other tasks of this thread need not wait for.
        let (body, is_compressed) = tokio::task::spawn_blocking(make)
            .await
            .map_err(|_| Problem::busy("the program is stopping", 5))?;
        let mut response = answer::body(StatusCode::OK, "application/json", body);
        answer::set(&mut response, VARY, "Accept-Encoding");
        if is_compressed {
            answer::set(&mut response, CONTENT_ENCODING, "gzip");
        }
        Ok(response)
    }

    fn stream(&self, method: &Method, uri: &Uri) -> Result<Response, Problem> {
        let bad = |why: &'static str| Problem::new(StatusCode::BAD_REQUEST, why);
        let (pages, query): (Vec<_>, Vec<_>) = query::read(uri.query())?
            .into_iter()
            .partition(|(key, _)| key == "page");
        let page = match &pages[..] {
            [(_, page)] => page,
            [] => return Err(bad("say which page: `stream?page=overview`")),
            _ => return Err(bad("`page` is there twice")),
        };
        let view = self.view(page, &query)?;
        // Whoever wants the head alone is no viewer.
        let body = match *method {
            Method::HEAD => Body::empty(),
            _ => self
                .hub
                .stream(&view)
                .map_err(|busy| Problem::busy(busy.sentence(), busy.retry_after()))?,
        };
        let mut response = answer::body(StatusCode::OK, "text/event-stream", body);
        // Asks a proxy that collects answers to pass this one on as it comes.
        let buffering = HeaderName::from_static("x-accel-buffering");
        answer::set(&mut response, buffering, "no");
        Ok(response)
    }

    fn view(&self, page: &str, query: &[(String, String)]) -> Result<View, Problem> {
        View::parse(page, query, self.hub.sources()).map_err(|why| match why {
            Some(why) => Problem::new(StatusCode::BAD_REQUEST, why),
            None => Problem::new(StatusCode::NOT_FOUND, "there is no such page"),
        })
    }
}

/// The body, and whether it is compressed.
fn encode(view: &View, sections: &[Json], gzip: bool) -> (Vec<u8>, bool) {
    let body = json!({
        "page": view.page,
        "title": view.title,
        "at": milliseconds(SystemTime::now()),
        "sections": sections,
    });
    let body = body.to_string().into_bytes();
    if !gzip || body.len() < WORTH_COMPRESSING {
        return (body, false);
    }
    match gzip::compress(&body, Compression::fast()) {
        Some(smaller) => (smaller, true),
        None => (body, false),
    }
}
