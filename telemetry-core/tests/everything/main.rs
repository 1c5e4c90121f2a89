//! What concerns every event of the process: `"*"`, the ends of all spans, and waiting until no
//! handler runs.
//!
//! Whoever attaches to everything lights all callsites, so the tests here run one at a time, see
//! [`support::alone`].

mod failure;
mod matching;
mod order;
mod patterns;
mod spans_only;
mod support;
mod wait;
mod wait_edges;
mod wait_stress;
