use telemetry_macros::measured;

#[measured("ui..checkout")]
fn checkout() {}

fn main() {}
