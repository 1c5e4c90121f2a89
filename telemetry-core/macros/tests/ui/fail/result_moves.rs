use telemetry_macros::measured;

struct User {
    name: String,
}

#[measured("ui.checkout", result = |user| user.name)]
fn checkout() -> User {
    User { name: String::new() }
}

fn main() {}
