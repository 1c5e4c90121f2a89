//! The dashboard as its users meet it.

mod access;
mod assets;
mod closing;
mod crawl;
mod curves;
mod events;
mod guarded;
mod guessing;
mod hostile;
mod inside;
mod login;
mod metrics;
mod mount;
mod objectives;
mod overview;
mod page_charts;
mod pages;
mod program;
mod session;
mod shell;
mod support;
mod trace_lists;
mod traces;
mod watch;
