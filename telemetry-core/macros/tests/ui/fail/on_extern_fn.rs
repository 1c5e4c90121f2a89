use telemetry_macros::measured;

#[measured("ui.checkout")]
extern "C" fn checkout() -> u32 {
    1
}

fn main() {}
