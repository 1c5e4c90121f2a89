//! The dashboard as its users meet it.

mod access;
mod assets;
mod login;
mod mount;
mod shell;
mod support;
