//! The slot protocol of `telemetry-core` in every interleaving: a model, checked by `loom`.
//!
//! How events find their handlers, while handlers come and go, is the one thing in this workspace
//! that no ordinary test can be trusted with. So its very files, `gate.rs`, `slot.rs`, `cache.rs`,
//! `wait.rs` and `local.rs`, are compiled here once more, against loom's atomics and locks, and
//! loom runs each scenario in all orders that its threads may take, with all values that the
//! memory orderings let them read.
//!
//! - `properties.rs` is the list of what holds; `scenarios/` says it in full.
//! - `mutants.rs` is the list of flaws that the model finds: each line of the protocol that matters
//!   is broken once (`flaws.rs`), and a property has to fail, with its own message. A model in
//!   which nothing can fail proves nothing.
//! - `adapted.rs`: what cannot be compiled as it is, which is statics, thread locals and time.
//!
//! `cargo test -p telemetry-core-model` runs it all; with `MODEL_COUNTS=1` it says how many
//! interleavings each property has, with `LOOM_MAX_PREEMPTIONS=4` it looks at more of them.
//!
//! # What it does not show
//!
//! - **Bounds.** A thread that could go on is interrupted at most twice in one execution, three
//!   times in scenarios where that takes seconds; switches where a thread waits, or has ended, are
//!   not counted. Without a bound a scenario takes hours. All flaws but one show with two.
//!   Scenarios have two or three threads, one or two slots, two or three handlers.
//! - **Fences.** The light fence is a real one here. In the program it only holds the compiler, and
//!   the one who waits gives the processors time instead, see `sync::heavy_fence`; no model knows
//!   what time a store takes.
//! - **Locals.** Loom runs a thread's destructors after `join` has returned; the scenarios that
//!   look at them wait.
//! - The registry above the slots (`registry/`), a lock around everything, is tested, not modelled.
//!   `Arc<Handler>` is the standard library's, whose counting loom does not look into; that each
//!   handler is dropped, once, is asserted.

#[cfg(test)]
mod atomics;
#[cfg(test)]
mod check;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod event;
#[cfg(test)]
mod handler;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod time;

#[cfg(test)]
#[path = "../../src/cache.rs"]
mod cache;
#[cfg(test)]
#[path = "../../src/gate.rs"]
mod gate;
#[cfg(test)]
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "the registry asks for names")]
mod slot;

#[cfg(test)]
mod adapted;
#[cfg(test)]
use adapted::{local, wait};
#[cfg(test)]
use event::Event;

#[cfg(test)]
#[allow(clippy::all, reason = "flaws are put in as text")]
mod flawed;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod world;
