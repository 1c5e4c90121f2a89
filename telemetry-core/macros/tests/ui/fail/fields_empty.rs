use telemetry_macros::measured;

#[measured("ui.checkout", fields())]
fn checkout() {}

fn main() {}
