use telemetry_macros::measured;

#[measured("ui.checkout", fields(outcome))]
fn checkout(outcome: u32) {}

#[measured("ui.refund", fields("" = 1))]
fn refund() {}

fn main() {}
