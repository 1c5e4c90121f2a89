//! Nothing but tests, of what no single crate can test: that what is published is described, licensed and
//! complete (`tests/it/manifests.rs`, `packages.rs`, `readmes.rs`), that the tables of features say what the
//! manifests say (`features.rs`), that no crate promises an older Rust than its dependencies need
//! (`rust_version.rs`), and that the links of all pages lead somewhere (`links.rs`).
//!
//! The examples of the crates' READMEs are tests of this library.

#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../../telemetry-core/README.md")]
    mod core {}

    #[doc = include_str!("../../../telemetry-core/macros/README.md")]
    mod macros {}

    #[doc = include_str!("../../../telemetry-metrics/README.md")]
    mod metrics {}

    #[doc = include_str!("../../../reporters/bridge/README.md")]
    mod bridge {}

    #[doc = include_str!("../../../reporters/console/README.md")]
    mod console {}

    #[doc = include_str!("../../../reporters/dashboard/README.md")]
    mod dashboard {}

    #[doc = include_str!("../../../reporters/opentelemetry/README.md")]
    mod opentelemetry {}

    #[doc = include_str!("../../../reporters/prometheus/README.md")]
    mod prometheus {}

    #[doc = include_str!("../../../reporters/slo/README.md")]
    mod slo {}

    #[doc = include_str!("../../../reporters/statsd/README.md")]
    mod statsd {}

    #[doc = include_str!("../../../reporters/traces/README.md")]
    mod traces {}

    #[doc = include_str!("../../../instrumentation/http/README.md")]
    mod http {}

    #[doc = include_str!("../../../instrumentation/jobs/README.md")]
    mod jobs {}

    #[doc = include_str!("../../../instrumentation/poller/README.md")]
    mod poller {}

    #[doc = include_str!("../../../instrumentation/sqlx/README.md")]
    mod sqlx {}

    #[doc = include_str!("../../../instrumentation/tracing/README.md")]
    mod tracing {}
}
