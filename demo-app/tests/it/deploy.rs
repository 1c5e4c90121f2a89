//! What `deploy/` says, compared to the program, to the workspace, and to each other.
//!
//! Nothing here starts a container: most of it reads the files. The program itself is run as the image
//! would run it. Tests that are ignored ask the tools of others, or start a real Prometheus.

mod check;
mod compose;
pub(crate) mod dashboards;
mod files;
mod fly;
mod grafana;
mod guide;
mod image;
mod over_ipv6;
pub(crate) mod prometheus;
mod settings;
mod tools;
mod volume;
mod workspace;
