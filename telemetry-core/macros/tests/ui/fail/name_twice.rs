use telemetry_macros::measured;

#[measured("ui.checkout", "ui.refund")]
fn checkout() {}

fn main() {}
