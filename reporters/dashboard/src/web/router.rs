//! Which request goes where.

use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use super::answer::{self, Form, Problem};
use super::{Web, api, assets, headers, login};
use crate::access::Area;

/// The names of routes, which no page of the host can have.
pub(crate) const TAKEN: [&str; 5] = ["api", "assets", "login", "logout", "stream"];

/// A path that is deeper has no links back.
const DEEPEST: usize = 8;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(web: Arc<Web>) -> Router<S> {
    let open = guarded(&web, Area::Open, open(&web).fallback(not_found));
    open.merge(guarded(&web, Area::Page, pages(&web)))
        .merge(guarded(
            &web,
            Area::Api,
            Router::new().route("/api/{page}", get(api::json)),
        ))
        .merge(guarded(
            &web,
            Area::Stream,
            Router::new().route("/stream", get(api::stream)),
        ))
        .layer(from_fn(with_headers))
        .with_state(web)
}

/// Also where the method is wrong, or nothing is there.
fn guarded(web: &Arc<Web>, area: Area, router: Router<Arc<Web>>) -> Router<Arc<Web>> {
    let guard = move |State(web): State<Arc<Web>>, request: Request, next: Next| async move {
        web.guard(area, request, next).await
    };
    router
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(web.clone(), guard))
}

fn pages(web: &Web) -> Router<Arc<Web>> {
    web.shell.slugs().fold(Router::new(), |router, slug| {
        let own: Arc<str> = slug.into();
        let show = move |State(web): State<Arc<Web>>| async move { web.page(&own) };
        router.route(&format!("/{slug}"), get(show))
    })
}

fn open(web: &Web) -> Router<Arc<Web>> {
    let router = Router::new()
        .route("/", get(mount))
        .route("/assets/{build}/{file}", get(assets::get));
    if web.gate.guarded().is_none() {
        return router;
    }
    router
        .route("/login", get(login::show).post(login::log_in))
        .route("/logout", post(login::log_out))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    headers::add(response.headers_mut());
    response
}

/// `{mount}` and `{mount}/`: the way to the overview depends on the slash.
async fn mount(OriginalUri(uri): OriginalUri) -> Response {
    answer::redirect(StatusCode::SEE_OTHER, &to_overview(uri.path()))
}

/// `./` keeps a segment with a colon from being taken for a scheme.
fn to_overview(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((_, "")) | None => "./overview".to_owned(),
        Some((_, last)) => format!("./{last}/overview"),
    }
}

async fn not_found(State(web): State<Arc<Web>>, uri: Uri) -> Response {
    let depth = uri.path().bytes().filter(|byte| *byte == b'/').count();
    if depth > DEEPEST {
        let why = "there is nothing at this address";
        return Problem::new(StatusCode::NOT_FOUND, why).response(Form::Text);
    }
    let up = "../".repeat(depth.saturating_sub(1));
    answer::html(StatusCode::NOT_FOUND, web.shell.not_found(&up))
}

async fn not_allowed(method: Method) -> Response {
    let why = match method {
        Method::GET | Method::HEAD => "this address is only posted to",
        _ => "nothing can be changed here: this address is only read",
    };
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, why).response(Form::Text)
}

impl Web {
    fn page(&self, slug: &str) -> Response {
        match self.shell.page(slug) {
            Some(page) => answer::html(StatusCode::OK, page),
            None => answer::html(StatusCode::NOT_FOUND, self.shell.not_found("")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_overview_depends_on_the_slash() {
        for (path, expected) in [
            ("/", "./overview"),
            ("/dashboard", "./dashboard/overview"),
            ("/dashboard/", "./overview"),
            ("/a/b", "./b/overview"),
            ("/a/b/", "./overview"),
            ("/javascript:alert(1)", "./javascript:alert(1)/overview"),
            ("//example.com", "./example.com/overview"),
            ("*", "./overview"),
        ] {
            assert_eq!(to_overview(path), expected, "{path}");
        }
    }
}
