//! `/live`: a page that is rendered here and changed over a WebSocket, click by click.
//!
//! | path | |
//! |---|---|
//! | `/live` | the page |
//! | `/live/socket` | its WebSocket: the client sends a button's name, and gets HTML |
//! | `/live/live.js`, `/live/live.css` | the page's module and its style |
//!
//! A socket has a state of its own, which ends with it. It is a channel (`demo.channel.joined`,
//! `.handle_in`, `.closed`); each message that comes in begins a trace, with a span
//! `demo.live.handle_event` and an event `demo.live.render` in it.

mod click;
mod ending;
mod origin;
mod socket;
mod sockets;
mod view;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use telemetry::{NameError, SpanContext, execute};
use telemetry_http::Channels;

pub(crate) use sockets::{Closer, Sockets};

use super::pages;
use crate::Config;
use crate::telemetry::CHANNEL;
use click::Click;
use sockets::NoSeat;
use view::View;

/// A message that is longer, in bytes, is not even read.
const LONGEST_READ: usize = 4 * 1024;

/// What is sent is never longer, in bytes: some kilobytes, of which nothing is of a client's making.
const LONGEST_WRITTEN: usize = 64 * 1024;

#[derive(Debug, Clone)]
struct Live {
    sockets: Sockets,
    channels: Channels,
    ping_every: Duration,
}

pub(super) fn router(config: &Config, sockets: Sockets) -> Result<Router, NameError> {
    let channels = Channels::new(CHANNEL)?.events(Click::ALL.map(Click::name));
    let router = Router::new()
        .route("/live", get(page))
        .route("/live/socket", get(socket))
        .route("/live/live.js", get(module))
        .route("/live/live.css", get(style))
        .with_state(Live {
            sockets,
            channels,
            ping_every: Duration::from_millis(config.live_ping_ms),
        });
    Ok(router)
}

async fn page() -> Markup {
    let content = html! {
        link rel="stylesheet" href="/live/live.css";
        p.lead {
            "Each button is handled on the server, which takes its time and then sends HTML over a \
             WebSocket. Each click is a span of its own."
        }
        (View::default().page())
        script type="module" src="/live/live.js" {}
    };
    pages::page("Live", "/live", &content)
}

async fn socket(
    State(live): State<Live>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !origin::is_ours(&headers) {
        execute!("demo.live.refused", {}, { reason: "origin" });
        return (
            StatusCode::FORBIDDEN,
            "this WebSocket is for pages of this site\n",
        )
            .into_response();
    }
    let seat = match live.sockets.seat() {
        Ok(seat) => seat,
        Err(why) => {
            let reason = match why {
                NoSeat::Full => "full",
                NoSeat::Closing => "closing",
            };
            execute!("demo.live.refused", {}, { reason });
            let later = [(header::RETRY_AFTER, "5")];
            return (StatusCode::SERVICE_UNAVAILABLE, later, "come back later\n").into_response();
        }
    };
    upgrade
        .max_message_size(LONGEST_READ)
        .max_frame_size(LONGEST_READ)
        // Of the usual size, a hundred thousand bytes each, they would be most of what a socket costs.
        .read_buffer_size(LONGEST_READ)
        .write_buffer_size(LONGEST_READ)
        .max_write_buffer_size(LONGEST_WRITTEN)
        .on_upgrade(in_this_trace(move |socket| {
            socket::serve(socket, seat, live.channels.joined("live"), live.ping_every)
        }))
}

/// The task that serves the socket is a new one. Its join belongs to the request that asked for it;
/// what it does later does not.
fn in_this_trace<F>(serve: impl FnOnce(WebSocket) -> F) -> impl FnOnce(WebSocket) -> F {
    let request = SpanContext::current();
    move |socket| match request {
        Some(request) => request.in_scope(|| serve(socket)),
        None => serve(socket),
    }
}

async fn module() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("live.js"))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("live.css"))
}
