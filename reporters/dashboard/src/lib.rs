//! A live dashboard within your program: metrics with their past, events, traces, handlers and health.
//!
//! [`Dashboard`] is an axum router that is mounted wherever its host likes. It shows the numbers of an
//! [`Aggregator`](telemetry_metrics::Aggregator), whose past it keeps in memory from the start on, and
//! what else it is given. It needs no other program, asks for nothing outside of itself, and changes
//! nothing.
//!
//! ```no_run
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! use telemetry_dashboard::{Access, Dashboard};
//! use telemetry_metrics::{Aggregator, counter, summary};
//! use telemetry_traces::Traces;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder()
//!     .metrics([
//!         counter("shop.endpoint.stop.count").tags(["route", "status"]),
//!         summary("shop.endpoint.stop.duration").tags(["route"]),
//!     ])
//!     .start()?;
//! let dashboard = Dashboard::builder(&aggregator)
//!     .title("shop")
//!     .traces(Arc::new(Traces::builder().start()?))
//!     .access(Access::loopback())
//!     .start()?;
//!
//! let app = axum::Router::new().nest_service("/dashboard", dashboard.router());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! // `Access::loopback` has to know who asks.
//! let app = app.into_make_service_with_connect_info::<SocketAddr>();
//! axum::serve(listener, app).await?;
//! # Ok(()) }
//! ```
//!
//! # What it shows
//!
//! | page | |
//! |---|---|
//! | Overview | what is wrong right now, in words; rate, errors and times of requests; how full everything is |
//! | Objectives, on the overview | what is promised and kept, how fast it is lost, what fires ([`DashboardBuilder::slo`]) |
//! | Metrics | a chart per definition, by group, from the last minute to the last day |
//! | Events | all events that the program knows, who listens, and a live tail of some |
//! | Traces | recent, slow and failed ones, each with its spans; N+1 queries |
//! | Runtime | the process, tokio, channels and pools |
//! | Handlers | who is attached to what, and how that went |
//! | Health | reporters, series and their limits, what was skipped, definitions that nothing emits, memory |
//!
//! [`Page`] adds pages of your own, or cards to the overview.
//!
//! # For scripts
//!
//! What a page shows is also there as JSON, with the same query: `api/overview`,
//! `api/metrics?group=shop&range=300`. `stream?page=overview` is the same as server-sent events: all of it
//! first, then what changes.
//!
//! # Who may look
//!
//! [`Access`] says: whoever is on the same machine ([`Access::loopback`], which is the default), whoever
//! knows a token ([`Access::token`]), or whoever the host lets in ([`Access::host_decides`]).
//!
//! Each answer says that it is for nobody's frame and nobody else's page, that it is not to be kept, and
//! that scripts and styles come from the dashboard alone (`Content-Security-Policy`); none is inline. A
//! layer of the host around the router has the last word on headers: one that overwrites the policy by
//! its own should allow `'self'` for scripts, styles, images and connections, and nothing more is
//! needed.
//!
//! # What it does not show
//!
//! Values of metadata may be personal: the live tail and traces show those whose keys say what kind of
//! thing happened (`route`, `status`, `outcome` and so on), and hide the others until
//! [`show_metadata`](DashboardBuilder::show_metadata) names their keys. A hidden value is not sent to
//! the browser. Tags of metrics are shown: they are chosen by whoever wrote the definition.
//!
//! # What it costs
//!
//! The past is sampled once a second, by a thread of its own that reads snapshots, and stays within
//! [one budget](DashboardBuilder::history_memory). Emitters do not notice.
//!
//! Beyond that nothing happens while nobody looks. While somebody does, what is shown is brought up to
//! date about once a second, once for all who look at the same, and what changed is sent. A viewer who
//! is slow gets less, and is not waited for. The live tail attaches to events while it is open, with a
//! limit of its own; nothing else of the dashboard attaches to anything.

mod access;
mod builder;
mod card;
mod dashboard;
mod hub;
mod live;
mod moment;
mod page;
mod problem;
mod sections;
mod slugs;
mod sources;
mod view;
mod visible;
mod web;

pub use access::Access;
pub use builder::DashboardBuilder;
pub use card::{Card, Status, Table, Value};
pub use dashboard::Dashboard;
pub use page::{Context, Page};
pub use problem::{DashboardError, SlugFault, TokenFault};
