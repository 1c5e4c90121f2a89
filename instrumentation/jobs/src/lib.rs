//! Telemetry events for background jobs: any queue, observed.
