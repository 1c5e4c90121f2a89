//! The thread that sends.
