//! Tests of the whole application, as users and operators see it.

mod accounts;
mod bridge;
mod browser;
mod definitions;
mod deploy;
mod event_reference;
mod failures;
mod flow;
mod flow_postgres;
mod forms;
mod jobs;
mod live;
mod load;
mod load_tool;
mod logs;
mod postgres;
mod process;
mod prometheus;
mod queries;
mod routes;
mod statsd;
mod stopping;
mod support;
mod todos;
mod upstream;
mod visits;
