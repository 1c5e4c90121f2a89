//! Everything that can be tried from outside.
