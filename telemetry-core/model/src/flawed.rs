//! The same files once more, as a copy that can be broken.
//!
//! A model that never fails proves little: it may not look where the bugs are. So the build script
//! copies the protocol and the scenarios, and puts the flaws of `flaws.rs` into the copy, each of
//! them switched off. A test that must fail switches one on.

// Shared with the true ones.
use crate::{check, counted, sync, time};
use event::Event;

include!(concat!(env!("OUT_DIR"), "/flawed/flawed.rs"));
