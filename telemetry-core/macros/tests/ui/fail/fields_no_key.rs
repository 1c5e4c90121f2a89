use telemetry_macros::measured;

struct User {
    tenant: String,
}

#[measured("ui.checkout", fields(user.tenant))]
fn checkout(user: User) {}

#[measured("ui.refund", fields(&n))]
fn refund(n: u32) {}

#[measured("ui.cancel", fields(db.table = "users"))]
fn cancel() {}

impl User {
    #[measured("ui.delete", fields(self))]
    fn delete(&self) {}
}

fn main() {}
