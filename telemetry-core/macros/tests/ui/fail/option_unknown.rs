use telemetry_macros::measured;

#[measured("ui.checkout", field(n))]
fn checkout(n: u32) {}

fn main() {}
