//! What our spans measure, for the catalogue.
//!
//! Of a span it knows what the span begins with, and that there may be more. Here are callsites that
//! say what that is, so that a metric of `{prefix}.query.totl_time` is found to be a slip. Nobody
//! calls these functions; the catalogue lists what they contain all the same.
#![expect(dead_code)]

use std::time::Duration;

use telemetry::{EventName, execute};

const TIME: Duration = Duration::ZERO;

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
