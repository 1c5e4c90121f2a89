use telemetry_macros::measured;

#[measured("ui.checkout", crate = "telemetry")]
fn checkout() {}

#[measured("ui.refund", crate(telemetry))]
fn refund() {}

fn main() {}
