//! The dashboard as its users meet it.
