//! The dashboard as its users meet it.

mod access;
mod assets;
mod closing;
mod events;
mod inside;
mod login;
mod metrics;
mod mount;
mod overview;
mod pages;
mod program;
mod shell;
mod support;
mod traces;
mod watch;
