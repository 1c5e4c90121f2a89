use telemetry_macros::measured;

#[measured("ui.checkout")]
struct Checkout;

fn main() {}
