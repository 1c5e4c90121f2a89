//! The wrappers and their events, on real databases.

mod aborted;
mod connection;
mod databases;
mod failures;
mod idle;
mod log;
mod metrics;
mod postgres;
mod postgres_server;
mod queries;
mod spans;
mod suite;
mod support;
mod system;
mod timing;
