//! What our spans measure, for the catalogue.
//!
//! Of a span it knows what the span begins with, and that there may be more. Here are callsites that
//! say what that is, so that a metric of `{prefix}.query.totl_time` is found to be a slip. They never
//! run.

use std::time::Duration;

use telemetry::{EventName, execute};

const TIME: Duration = Duration::ZERO;

/// Does nothing. That it is called, and that the compiler cannot know, is what brings the callsites
/// into the program.
pub(crate) fn list(query: EventName, transaction: EventName) {
    if std::hint::black_box(false) {
        self::query(query);
        self::transaction(transaction);
    }
}

fn query(name: EventName) {
    execute!("*.query" => name, {
        total_time: TIME,
        queue_time: TIME,
        query_time: TIME,
        rows: 0_u64,
    });
}

fn transaction(name: EventName) {
    execute!("*.transaction" => name, { queue_time: TIME, statements: 0_u64 });
}
