//! The source hook: an application that has ids already. It can be set once per process, so these
//! tests have a process of their own; what the source answers is each thread's own business.

mod answers;
mod inside;
mod nesting;
mod polls;
mod support;
