use telemetry_macros::measured;

#[measured("ui.checkout", fields(n, "n" = 3))]
fn checkout(n: u32) {}

fn main() {}
