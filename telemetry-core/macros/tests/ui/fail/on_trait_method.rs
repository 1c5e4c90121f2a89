use telemetry_macros::measured;

trait Checkout {
    #[measured("ui.checkout")]
    fn run(&self);
}

fn main() {}
