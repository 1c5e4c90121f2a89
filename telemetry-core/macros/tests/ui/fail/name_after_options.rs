use telemetry_macros::measured;

#[measured(errors = debug, "ui.checkout")]
fn checkout() {}

fn main() {}
