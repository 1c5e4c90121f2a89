//! Tests of the whole application, as users and operators see it.

mod bridge;
mod definitions;
mod failures;
mod process;
mod prometheus;
mod queries;
mod routes;
mod statsd;
mod stopping;
mod support;
