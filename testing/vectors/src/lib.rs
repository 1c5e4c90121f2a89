//! Runs files of captured behaviour.
