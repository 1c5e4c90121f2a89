use telemetry_macros::measured;

#[measured("ui.checkout", fields(limt, user, TABLE))]
fn checkout(limit: u32, (a, b): (u8, u8)) {}

#[measured("ui.refund", fields(n))]
fn refund() {}

fn main() {}
