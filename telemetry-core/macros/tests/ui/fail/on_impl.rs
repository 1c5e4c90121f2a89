use telemetry_macros::measured;

struct Checkout;

#[measured("ui.checkout")]
impl Checkout {
    fn run(&self) {}
}

fn main() {}
