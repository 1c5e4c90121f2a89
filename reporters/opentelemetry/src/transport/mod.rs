//! How a request gets to the receiver.
//!
//! A [`Target`] says where and how; a [`Client`] made of it takes whole requests, one at a time or
//! several at once, and tells of each how it ended ([`Delivery`]). Everything that may be tried again
//! is tried again in there, until the time that the caller set. What is awaited may be dropped at any
//! time: nothing is left behind but an idle connection.
//!
//! The receiver is a stranger: its answers are read up to a limit and a time, and its texts are cut
//! and made printable before anybody sees them.

mod answer;
mod backoff;
mod client;
mod connector;
mod failure;
#[cfg(feature = "grpc")]
mod grpc;
mod post;
mod request;
mod resolver;
mod target;
#[cfg(feature = "tls")]
mod tls;
mod told;

pub(crate) use client::{Client, Delivery};
pub(crate) use target::{Identity, Protocol, Signal, Target, Tls};

#[cfg(test)]
mod tests;
