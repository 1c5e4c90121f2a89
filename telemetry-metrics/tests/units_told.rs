//! A number that is skipped because of its unit is said once, on standard error. In a process of its
//! own, whose standard error is read.

use std::process::{Command, Stdio};
use std::time::Duration;

use telemetry::execute;
use telemetry_metrics::{Aggregator, Unit, distribution, sum};

const CHILD: &str = "UNITS_TOLD_CHILD";

#[test]
fn a_wrong_unit_is_said_once_with_what_to_write() {
    if std::env::var_os(CHILD).is_some() {
        return emit();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_wrong_unit_is_said_once_with_what_to_write",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("skips")).collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(
        lines[0].contains("`told.cart.took`") && lines[0].contains(".unit((Unit::Millisecond,"),
        "{said}"
    );
    assert!(lines[1].contains("`told.cart.size`"), "{said}");
    assert!(lines[2].contains("`told.cart.items`"), "{said}");
}

fn emit() {
    let aggregator = Aggregator::builder()
        .metrics([
            distribution("told.cart.took").unit(Unit::Millisecond),
            sum("told.cart.size").bytes(),
            // With a closure, which goes another way.
            sum("told.cart.items").keep(|_| true),
        ])
        .start()
        .unwrap();
    for _ in 0..3 {
        let long = Duration::from_secs(1);
        execute!("told.cart", { took: 12, size: long, items: long });
    }
    drop(aggregator);
}
