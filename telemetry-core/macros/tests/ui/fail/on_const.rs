use telemetry_macros::measured;

#[measured("ui.checkout")]
const N: u32 = 1;

fn main() {}
