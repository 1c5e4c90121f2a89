use telemetry_macros::measured;

#[measured()]
fn checkout() {}

fn main() {}
