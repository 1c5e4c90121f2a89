use telemetry_macros::measured;

#[measured("ui.checkout", fields = n)]
fn checkout(n: u32) {}

fn main() {}
