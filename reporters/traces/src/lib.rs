//! Traces kept in memory, and a detector of N+1 queries.

mod n_plus_one;
mod store;
