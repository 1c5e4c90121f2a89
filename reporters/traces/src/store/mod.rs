//! The store of the last traces.
