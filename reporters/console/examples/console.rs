//! Shows what a console writes: `cargo run --example console -- lines`, or `json`, `table`,
//! `metrics-json`.

use std::time::Duration;

use telemetry::{execute, span};
use telemetry_console::{Console, ConsoleError};
use telemetry_metrics::{Aggregator, Unit, counter, last_value, summary};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let aggregator = Aggregator::builder()
        .metrics([
            counter("shop.endpoint.stop.count").tags(["route", "outcome"]),
            summary("shop.endpoint.stop.duration").tags(["route"]),
            summary("shop.query.total_time").tags(["source", "command"]),
            last_value("vm.memory.total").bytes(),
        ])
        .start()?;
    // Until it is dropped: tables are written at the end, too.
    let _console = start(&mode, &aggregator)?;

    for request in 0..4u64 {
        let route = ["/", "/cart", "/orders/{id}", "/cart"][request as usize];
        let handle = || {
            let (source, command) = ("items", "select");
            let total_time = Duration::from_micros(840 + request * 1_111);
            execute!("shop.query", { total_time, rows: 12 * request }, { source, command });
            let agent = "curl/8 (x)\u{1b}[2J\nshop.reply";
            execute!("shop.reply", { bytes: 3_421 * (request + 1) }, { status: 200, agent });
            assert!(request != 2, "no such order");
        };
        let _ = std::panic::catch_unwind(|| {
            span!("shop.endpoint", { method: "GET", route }).in_scope(handle);
        });
    }
    execute!("vm.memory", { total: 24_117_248u64 });
    Ok(())
}

fn start(mode: &str, aggregator: &Aggregator) -> Result<Console, ConsoleError> {
    let metrics = Console::metrics(aggregator).interval(Duration::from_secs(5));
    match mode {
        "json" => Console::events().json().start(),
        "table" => metrics.start(),
        "metrics-json" => metrics.json().start(),
        _ => Console::events()
            .unit("vm.memory.total", Unit::Byte)
            .start(),
    }
}
