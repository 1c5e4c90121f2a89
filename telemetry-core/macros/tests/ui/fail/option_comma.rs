use telemetry_macros::measured;

#[measured("ui.checkout" errors = debug)]
fn checkout() -> Result<(), String> {
    Ok(())
}

fn main() {}
