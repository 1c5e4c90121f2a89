//! The detector of N+1 queries.
