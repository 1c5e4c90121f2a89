use telemetry_macros::measured;

#[measured("ui.checkout")]
mod checkout {}

fn main() {}
