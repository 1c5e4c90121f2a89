//! What holds the workspace together.

mod cargo;
mod features;
mod links;
mod manifests;
mod packages;
mod readmes;
mod rust_version;
