use telemetry_macros::measured;

#[measured("ui.checkout", crate = nowhere::telemetry)]
fn checkout() {}

fn main() {}
