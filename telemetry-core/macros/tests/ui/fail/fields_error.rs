use telemetry_macros::measured;

#[measured("ui.checkout", fields(tenant = user.tenant, n))]
fn checkout(user: &str, n: u32) {}

fn main() {}
