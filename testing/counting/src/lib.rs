//! The system's allocator, counting; for the tests of this workspace that say what is allocated.
//!
//! A test binary makes [`Counting`] its allocator. It then reads what **its own thread** has done,
//! which other tests of the binary do not disturb: how often it allocated ([`allocations`]), and
//! how many bytes it has allocated more than it freed ([`live_bytes`]). What one thread allocates
//! another may free: then the bytes of all threads that [say so](share) count together
//! ([`shared_bytes`]).
//!
//! ```
//! use telemetry_counting::{Counting, allocations_of, growth_of};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! # fn main() {
//! assert_eq!(allocations_of(|| String::from("text")), 1);
//! assert_eq!(growth_of(|| std::mem::forget(String::from("text"))), 4);
//! # }
//! ```
//!
//! Without the second statement nothing would be counted, and each test would find its zero: so
//! whatever is read panics if `Counting` is not the allocator.

mod allocator;
mod counts;
#[cfg(test)]
mod tests;

pub use allocator::Counting;
pub use counts::{
    allocations, allocations_in, allocations_of, growth_of, live_bytes, share, share_all,
    shared_bytes,
};
