//! Bridge to the `metrics` crate.
