use telemetry_macros::measured;

#[measured("ui.checkout", fields("db.table"))]
fn checkout() {}

#[measured("ui.refund", fields(n = ))]
fn refund(n: u32) {}

fn main() {}
