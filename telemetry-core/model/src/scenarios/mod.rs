//! What happens, and what must hold after it. Each scenario is run in every interleaving of its
//! threads; the thread that starts the others is one of them.
//!
//! These files are compiled twice, see `flawed.rs`.

pub(crate) mod copies;
pub(crate) mod gates;
pub(crate) mod lists;
pub(crate) mod snapshots;
pub(crate) mod waiting;
