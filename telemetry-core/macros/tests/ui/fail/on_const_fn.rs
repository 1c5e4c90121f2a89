use telemetry_macros::measured;

#[measured("ui.checkout")]
const fn checkout() -> u32 {
    1
}

fn main() {}
