//! Telemetry events for HTTP: a [`tower` layer](TelemetryLayer) that makes one span of each request
//! to a server, with axum, hyper and everything else that is a `tower` service.
//!
//! ```
//! use axum::{Router, routing::get};
//! use telemetry_http::TelemetryLayer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! telemetry::attach("requests", "shop.endpoint.stop", |event| {
//!     println!("{event:?}");
//! })?;
//!
//! let app: Router = Router::new()
//!     .route("/users/{id}", get(|| async { "Ada" }))
//!     .layer(TelemetryLayer::new("shop.endpoint")?);
//! # Ok(()) }
//! ```
//!
//! # Events
//!
//! The prefix is chosen at construction; below it is `shop.endpoint`. Each request emits
//! `shop.endpoint.start`, and then exactly one of the other two, whatever happens.
//!
//! | event | measurements | metadata |
//! |---|---|---|
//! | `shop.endpoint.start` | `monotonic_time`, `system_time` | `method`, `route`, `version` |
//! | `shop.endpoint.stop` | `duration`, `monotonic_time`, `headers_time`, `request_size`, `response_size` | as start, and `status`, `status_class`, `streamed`, `outcome`, `reason` |
//! | `shop.endpoint.exception` | as stop | as start, and `streamed`, `outcome`, `kind`, `reason` |
//! | `shop.endpoint.in_flight` | `count`, `peak` | |
//!
//! - `duration` lasts until the response **body** has ended, `headers_time` until its headers were
//!   there.
//! - `request_size` and `response_size` are the bytes of the bodies, without headers and trailers. The
//!   request's is what was announced when it came, 0 without a body; absent if nobody knew, unless
//!   [`RequestBodyLayer`] counts, or if more than 1 TiB was announced. The response's is what was handed over.
//! - `headers_time`, `response_size`, `status` and `status_class` are absent if there never was a response.
//! - `method` is one of the nine standard methods or [`OTHER_METHOD`]; `route` is the matched
//!   **template**, `/users/{id}`, or [`UNMATCHED_ROUTE`]; `version` is `1.0`, `1.1`, `2` or `3`, and
//!   `status_class` one of `1xx` to `5xx`. None is ever text that the client chose, so all are
//!   safe as tags.
//! - `outcome` of the stop is
//!   - `ok` if the status is below 500: a 404 is the client's mistake, and the server did well;
//!   - `error` for the others, if the body failed, or if the service returned an error, with a
//!     short `reason` such as `500 Internal Server Error`, as far as it can be printed;
//!   - `cancelled` if the client went away: the handler was dropped before it had answered, or
//!     the body before its end.
//! - `exception` (`outcome` is `panic`) is for a panic in the handler or in its body. The panic
//!   goes on: put a catch-panic layer *outside* this one, and it still answers the client. As that
//!   answer is not seen here, the event has no `status`.
//! - `in_flight` is emitted by whoever calls [`InFlight::emit`], such as a poller.
//!
//! # The trace
//!
//! The span is current while the service works: in its `call`, in each poll of its future and of
//! its body, and while these are dropped. So queries and events inside are below it; a task that
//! is spawned takes it along with [`telemetry::in_current_context`].
//!
//! A valid `traceparent` header makes the span a part of the caller's trace, and the response gets
//! a `traceparent` with the span's own ids: see [`TelemetryLayer::trust_traceparent`] and
//! [`TelemetryLayer::answer_traceparent`]. A request that nobody observes hands the caller's context
//! on to what is inside. `tracestate` is neither read nor changed; the service finds it where it was.
//!
//! # Streams
//!
//! The `duration` of an answer that goes on until its client has enough says nothing about the
//! server. Server-sent events (`text/event-stream`), `multipart/x-mixed-replace` and what has
//! [`Streamed`] in its extensions are `streamed: true`, and [`metrics`] keeps them out of the
//! distribution of `duration`. The key is absent for all others: a body of unknown length is not yet
//! a stream. They mostly end as `cancelled`, which is how such clients say good-bye. An upgrade (a
//! WebSocket) ends with its headers, so its `duration` is the time of the handshake.
//!
//! # When a body has ended
//!
//! Servers stop reading a body as soon as they know that nothing follows, so waiting for its last
//! poll would report whole answers as `cancelled`. A body has ended here when it says so
//! (`is_end_stream`), when it has yielded as many bytes as its size or `content-length`
//! announces, after trailers, or when it is polled to its end. Answers without a body end with
//! their headers: to `HEAD`, `204`, `304`, upgrades (`101`, and `2xx` to `CONNECT`).
//!
//! "Ended" means handed over to the server; what the network then does is not seen. Neither is a
//! request that the server itself refuses, because its head is malformed or too long. That a client
//! has gone away is seen when the server sees it: hyper does not as long as it neither writes nor
//! reads, as while a part of the request's body, or a further request, waits to be read. And a request
//! whose client is gone before the service is first polled is no request: nobody began with it.
//!
//! # Where to put it
//!
//! `Router::layer`, after all routes and the fallback (axum applies a layer only to what was added
//! before it), inside catch-panic, outside everything else. There the route is known at the start.
//!
//! Add what machines ask for after the layer, such as `/metrics` and health checks: counted, they would
//! be requests that always succeed. By `Router::route`: `Router::merge` would replace the fallback, if
//! it is axum's own, and the layer around it.
//!
//! It may also be put around a whole router, where it sees requests that other layers rewrite or
//! turn away. The route is not known yet then: the start says `unmatched`, and [`RouteLayer`],
//! added to the router inside, tells the terminal event what matched. The same is needed for what
//! is mounted by `nest_service`, where axum does not tell the router outside what matched inside,
//! and by services that do without axum, whose routes nobody knows.
//!
//! # Outgoing calls
//!
//! [`ClientLayer`] does the same for a client that is a tower service, such as hyper-util's, and
//! [`Calls::begin`] for every other. The settings are those of [`Calls`]. Below, the prefix is
//! `shop.api`.
//!
//! | event | measurements | metadata |
//! |---|---|---|
//! | `shop.api.start` | `monotonic_time`, `system_time` | `method`, `host` |
//! | `shop.api.stop` | `duration`, `monotonic_time`, `headers_time`, `response_size` (bytes) | `method`, `host`, `status`, `status_class`, `outcome`, `reason`, `streamed` |
//! | `shop.api.exception` | as stop | as stop, and `kind` |
//!
//! - `host` is an entry of the list that [`Calls::allow`] was given, or [`OTHER_HOST`]. No other part of
//!   a URL is ever told.
//! - `outcome` is
//!   - `ok` if the status is below 400 and the body came to its end, or nobody asked for any of it;
//!   - `error` if the status is 400 or above (who calls has failed, whoever's mistake it was), or if
//!     call or body failed. `reason` is one word: `status`; `connect`, `timeout` or `closed` where the
//!     error's type is known (see [`Calls::explain`]), else `transport` if there was no answer and
//!     `body` if it broke off; or a word of the application's own ([`Calls::reason_with`]). The
//!     error's text is never told: it quotes addresses and URLs;
//!   - `cancelled` if the call was dropped before its answer, or the body half-way. So are timeouts:
//!     put them outside, and retries, too, so that each try is a span;
//!   - `panic` if the client panicked, or whoever waited for it.
//! - `headers_time`, `response_size`, `status` and `status_class` are absent if there was no answer.
//!   `response_size` is what was read of the body, as the layer sees it: outside of a layer that
//!   decompresses, that is the decompressed size.
//!
//! The span is current while the client works on the call, and its ids are sent as `traceparent`, to
//! [all hosts or some](Calls::propagate_to). A header that the caller has put there itself is
//! replaced; if nothing is current, it is the parent. A `tracestate` of another trace is removed then,
//! other headers are left alone. A call that nobody observes sends what is current, if anything is,
//! and is otherwise handed on as it is.
//!
//! A layer that calls the client from a task of its own (`tower::buffer`) belongs inside of this one:
//! nothing is current in that task.
//!
//! # Channels
//!
//! [`Channels`] tells of WebSockets and other connections that stay, whatever they are made of: one
//! event per join, per message that comes in, and per end. Below, the prefix is `shop.socket`.
//!
//! | event | measurements | metadata |
//! |---|---|---|
//! | `shop.socket.joined` | `duration`, `monotonic_time` | `channel`, `outcome`, `reason` |
//! | `shop.socket.handle_in` | `duration`, `monotonic_time` | `channel`, `event`, `link`, `outcome`, `reason` |
//! | `shop.socket.closed` | `duration` (since the join), `messages_in`, `messages_out` | `channel`, `reason`, `outcome` |
//! | `shop.socket.open` | `count` | |
//!
//! - `event` is one of the names that [`Channels::events`] lists, or [`OTHER_EVENT`].
//! - `closed` comes exactly once for each join that succeeded, with a `reason`: `client`, `server` or
//!   `error` as [`Channel::close`] says, `cancelled` if the channel was dropped without it, `panic` if
//!   by a panic.
//! - `joined` and `handle_in` are spans, current while they run. A join is below what is current; each
//!   message begins a trace of its own, because one that lasts as long as the connection has no end
//!   that anybody waits for. `link` is the `traceparent` of the join, not to be made a tag.
//! - `open` is emitted when it is [asked for](Channels::emit_open).
//!
//! # Cost
//!
//! A request that nobody observes pays a look at three gates and one for the header, and is counted
//! as in flight: no clock is read, and nothing is allocated by this crate. One that is observed costs a
//! few allocations, of which the answered header is one.
//!
//! # Features
//!
//! `axum`, on by default, reads the route that axum has matched. Without it the crate does not depend
//! on axum.

mod body;
mod brief;
mod channel;
mod client;
mod exchange;
mod future;
mod in_flight;
mod labels;
mod layer;
mod left;
mod listener;
mod metrics;
mod request_body;
mod route;
mod service;
mod streamed;
mod traces;

pub use body::ResponseBody;
pub use channel::{Channel, Channels, CloseReason, OTHER_EVENT, channel_metrics};
pub use client::{
    Call, Calls, ClientBody, ClientFuture, ClientLayer, ClientService, HostError, OTHER_HOST,
    client_metrics,
};
pub use future::ResponseFuture;
pub use in_flight::InFlight;
pub use labels::{OTHER_METHOD, UNMATCHED_ROUTE};
pub use layer::TelemetryLayer;
pub use metrics::metrics;
pub use request_body::{RequestBody, RequestBodyLayer, RequestBodyService};
pub use route::{RouteLayer, RouteService};
pub use service::TelemetryService;
pub use streamed::Streamed;
