use telemetry_macros::measured;

#[measured("ui.checkout")]
trait Checkout {
    fn run(&self) {}
}

fn main() {}
