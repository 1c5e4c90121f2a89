use telemetry_macros::measured;

struct User;

#[measured("ui.checkout", result = |user| user)]
fn checkout() -> User {
    User
}

fn main() {}
