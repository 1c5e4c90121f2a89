//! A small site that shows telemetry at work.
//!
//! It is what an application looks like that uses the family: an axum router, a database (SQLite or
//! PostgreSQL) through sqlx, and a handful of lines that make events of them. Read it in this order:
//!
//! - [`telemetry`]: **all metric definitions**, and which reporters carry them;
//! - `web`: the routes, and the one layer that makes endpoint events of them;
//! - `store`: the database, behind a pool that makes query events;
//! - `web::accounts`: sign-up and log-in, and what may be told of them;
//! - `work`: a job queue, and `upstream`: calls to another service;
//! - `web::live`: a page that is changed over a WebSocket, and `load`: virtual visitors;
//! - [`ops`]: rules, dashboards and what else is made of definitions and objectives;
//! - [`Demo`]: how all of it is started and stopped.
//!
//! It is a library with a thin `main`, so that its tests can run it in their own process.
//!
//! What it is *not*: a template for error pages, authentication or migrations.

mod catch;
mod chaos;
mod config;
mod demo;
mod error;
mod flow;
mod load;
pub mod ops;
mod polls;
mod serve;
pub mod signals;
mod spread;
mod store;
pub mod telemetry;
mod upstream;
mod web;
mod work;

pub use chaos::Chaos;
pub use config::{Bridge, Config, ConsoleMode, LandingDelay, LogMode, PasswordCost, StatsdFormat};
pub use demo::{DRAIN_TIMEOUT, Demo, StopReport};
pub use error::StartError;
pub use upstream::UpstreamError;

/// The examples of the README and of the pages in `docs` are tests.
#[cfg(doctest)]
mod docs {
    #[doc = include_str!("../../README.md")]
    mod readme {}

    #[doc = include_str!("../../docs/guide.md")]
    mod guide {}

    #[doc = include_str!("../../docs/operations.md")]
    mod operations {}

    #[doc = include_str!("../../docs/service.md")]
    mod service {}

    mod instrumentation {
        #[doc = include_str!("../../docs/instrumentation/README.md")]
        mod choosing {}

        #[doc = include_str!("../../docs/instrumentation/http.md")]
        mod http {}

        #[doc = include_str!("../../docs/instrumentation/jobs.md")]
        mod jobs {}

        #[doc = include_str!("../../docs/instrumentation/poller.md")]
        mod poller {}

        #[doc = include_str!("../../docs/instrumentation/sqlx.md")]
        mod sqlx {}
    }

    mod reporters {
        #[doc = include_str!("../../docs/reporters/README.md")]
        mod choosing {}

        #[doc = include_str!("../../docs/reporters/bridge.md")]
        mod bridge {}

        #[doc = include_str!("../../docs/reporters/console.md")]
        mod console {}

        #[doc = include_str!("../../docs/reporters/dashboard.md")]
        mod dashboard {}

        #[doc = include_str!("../../docs/reporters/grafana.md")]
        mod grafana {}

        #[doc = include_str!("../../docs/reporters/n_plus_one.md")]
        mod n_plus_one {}

        #[doc = include_str!("../../docs/reporters/opentelemetry.md")]
        mod opentelemetry {}

        #[doc = include_str!("../../docs/reporters/prometheus.md")]
        mod prometheus {}

        #[doc = include_str!("../../docs/reporters/statsd.md")]
        mod statsd {}

        #[doc = include_str!("../../docs/reporters/traces.md")]
        mod traces {}
    }

    mod slo {
        #[doc = include_str!("../../docs/slo/README.md")]
        mod objectives {}

        #[doc = include_str!("../../docs/slo/alerts.md")]
        mod alerts {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_page_of_the_documentation_is_a_test() {
        for folder in [
            "docs",
            "docs/instrumentation",
            "docs/reporters",
            "docs/runbooks",
            "docs/slo",
        ] {
            let pages = format!("{}/../{folder}", env!("CARGO_MANIFEST_DIR"));
            for page in std::fs::read_dir(pages).expect("the pages") {
                let page = page.expect("a page");
                let text = std::fs::read_to_string(page.path()).unwrap_or_default();
                let included = format!("{folder}/{}\"", page.file_name().display());
                let is_included = include_str!("lib.rs").contains(&included);
                assert!(is_included || !text.contains("```rust"), "{included}");
            }
        }
    }
}
