//! Telemetry events for HTTP servers: a [`tower` layer](TelemetryLayer) that makes one span of
//! each request.
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
//! | `shop.endpoint.start` | `monotonic_time`, `system_time` | `method`, `route` |
//! | `shop.endpoint.stop` | `duration`, `monotonic_time`, `headers_time` | `method`, `route`, `status`, `outcome`, `reason` |
//! | `shop.endpoint.exception` | as stop | `method`, `route`, `outcome`, `kind`, `reason` |
//!
//! - `duration` lasts until the response **body** has ended, `headers_time` until its headers were
//!   there. `headers_time` and `status` are absent if there never was a response.
//! - `method` is one of the nine standard methods or [`OTHER_METHOD`]; `route` is the matched
//!   **template**, `/users/{id}`, or [`UNMATCHED_ROUTE`]. Neither is ever text that the client
//!   chose, so both are safe as tags.
//! - `outcome` of the stop is
//!   - `ok` if the status is below 500: a 404 is the client's mistake, and the server did well;
//!   - `error` for the others, if the body failed, or if the service returned an error, with a
//!     short `reason` such as `500 Internal Server Error`, as far as it can be printed;
//!   - `cancelled` if the client went away: the handler was dropped before it had answered, or
//!     the body before its end.
//! - `exception` (`outcome` is `panic`) is for a panic in the handler or in its body. The panic
//!   goes on: put a catch-panic layer *outside* this one, and it still answers the client. As that
//!   answer is not seen here, the event has no `status`.
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
//! request that the server itself refuses, because its head is malformed or too long.
//!
//! # Where to put it
//!
//! `Router::layer`, after all routes and the fallback (axum applies a layer only to what was added
//! before it), inside catch-panic, outside everything else. There the route is known at the start.
//!
//! It may also be put around a whole router, where it sees requests that other layers rewrite or
//! turn away. The route is not known yet then: the start says `unmatched`, and [`RouteLayer`],
//! added to the router inside, tells the terminal event what matched. The same is needed for what
//! is mounted by `nest_service`, where axum does not tell the router outside what matched inside.
//!
//! # Cost
//!
//! A request that nobody observes pays a look at three gates: no clock is read, and nothing is
//! allocated by this crate.

mod body;
mod future;
mod labels;
mod layer;
mod metrics;
mod route;
mod service;

pub use body::ResponseBody;
pub use future::ResponseFuture;
pub use labels::{OTHER_METHOD, UNMATCHED_ROUTE};
pub use layer::TelemetryLayer;
pub use metrics::metrics;
pub use route::{RouteLayer, RouteService};
pub use service::TelemetryService;
