//! The attribute `#[telemetry::measured]`.
