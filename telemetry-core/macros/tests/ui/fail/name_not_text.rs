use telemetry_macros::measured;

#[measured(7)]
fn checkout() {}

#[measured(b"ui.checkout")]
fn refund() {}

fn main() {}
