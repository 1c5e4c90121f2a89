use telemetry_macros::measured;

struct User;

#[measured("ui.checkout", fields(user, n))]
fn checkout(n: u32, user: &User) {}

#[measured("ui.refund", fields(n, twice = (n, n)))]
async fn refund(n: u32) {}

fn main() {}
