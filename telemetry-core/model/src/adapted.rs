//! `local.rs` and `wait.rs`, with loom's statics, see `adapted.rs` beside the build script.

include!(concat!(env!("OUT_DIR"), "/adapted.rs"));
