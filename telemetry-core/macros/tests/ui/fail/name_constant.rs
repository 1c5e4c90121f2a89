use telemetry_macros::measured;

const NAME: &str = "ui.checkout";

#[measured(NAME)]
fn checkout() {}

fn main() {}
