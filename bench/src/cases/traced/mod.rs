//! One traced request, to whoever takes traces: a span of the request, and below it one query of users
//! and [`TODOS`] of what each of them has to do. It is what the demo's `/users-slow` does, with five users.
//!
//! All sides give the same values: method, route and status of the request; name of the database,
//! table, operation and text of a query.
//!
//! Ours writes a span as it goes over the wire where it ends. The peers do that on a thread of their own,
//! which is not counted as the caller's; so instructions are also counted on all threads, and there is
//! a case in which OpenTelemetry's exporter works on the calling thread as well, in batches as large.
//! Ours sends its batches over loopback, and the receiver's work is counted too; the peers' exporters
//! write theirs and send nothing.
//!
//! A receiver in the process answers at once; see [`crate::receiver`]. There are as few requests at a time
//! as fit into every queue, which are emptied off the clock, and all spans must have arrived.

mod ours;

use std::hint::black_box;

use super::work;
use crate::harness::{Case, Prepared, Run, Table, repeat};

/// Queries of what a user has to do.
pub const TODOS: usize = 5;

/// All spans of a request.
pub const SPANS: u64 = TODOS as u64 + 2;

/// Requests that fit into everybody's queue, whatever the number of threads: that of OpenTelemetry's
/// batch processor holds 2,048 spans.
pub const BURST: u64 = 220;

/// Spans in a batch, as OpenTelemetry's processor has it by default.
pub const BATCH: usize = 512;

/// What is known of a request.
#[derive(Clone, Copy)]
pub struct Request {
    pub method: &'static str,
    pub route: &'static str,
    pub status: u16,
    pub users: Query,
    pub todos: Query,
}

/// What is known of a query.
#[derive(Clone, Copy)]
pub struct Query {
    pub repo: &'static str,
    pub source: &'static str,
    pub command: &'static str,
    pub statement: &'static str,
}

/// A request of which the compiler knows nothing.
pub fn request() -> Request {
    let query = |source, statement| Query {
        repo: "bench",
        source,
        command: "SELECT",
        statement,
    };
    black_box(Request {
        method: "GET",
        route: "/users-slow",
        status: 200,
        users: query("users", "SELECT id, name, email FROM users ORDER BY name"),
        todos: query(
            "todo_items",
            "SELECT id, title, done FROM todo_items WHERE user_id = $1 ORDER BY id",
        ),
    })
}

/// Nothing but the work, and ours.
pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::new(
            Table::Traced,
            "traced.bare",
            "the work alone, no spans",
            || Prepared::unseen(bare()),
        )
        .everywhere(),
    ];
    cases.extend(ours::cases());
    cases
}

fn bare() -> Run {
    let request = request();
    repeat(move |_| {
        black_box((request.method, request.route));
        for query in queries(&request) {
            black_box(query);
            work();
        }
        black_box(request.status);
    })
}

/// All queries of a request.
#[inline(always)]
pub fn queries(request: &Request) -> impl Iterator<Item = &Query> {
    std::iter::once(&request.users).chain(std::iter::repeat_n(&request.todos, TODOS))
}
