//! Consoles as a program uses them, with what they write caught. What listens to everything, has
//! children, or counts allocations is in binaries of its own.

mod background;
mod hostile;
mod json;
mod lines;
mod metrics;
mod outputs;
mod settings;
mod support;
