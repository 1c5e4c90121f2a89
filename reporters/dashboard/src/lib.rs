//! A live dashboard within your program: metrics with their past, events, traces, handlers and health.
//!
//! [`Dashboard`] is an axum router that is mounted wherever its host likes. What it shows comes from an
//! [`Aggregator`](telemetry_metrics::Aggregator), whose past it keeps in memory, and from whatever else
//! it is given.
//!
//! ```
//! use telemetry_dashboard::{Access, Dashboard};
//! use telemetry_metrics::{Aggregator, counter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let aggregator = Aggregator::builder().metrics([counter("shop.order.placed.count")]).start()?;
//! let dashboard = Dashboard::builder(&aggregator).access(Access::loopback()).start()?;
//! let app: axum::Router = axum::Router::new().nest("/dashboard", dashboard.router());
//! # Ok(()) }
//! ```

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
mod sources;
mod view;
mod visible;
mod web;

pub use access::Access;
pub use builder::DashboardBuilder;
pub use card::{Card, Status, Table, Value};
pub use dashboard::Dashboard;
pub use page::{Context, Page};
pub use problem::DashboardError;
