use telemetry_macros::measured;

#[measured("ui.checkout", errors = debug, errors = display)]
fn checkout() -> Result<(), String> {
    Ok(())
}

#[measured("ui.refund", fields(n), fields(m))]
fn refund(n: u32, m: u32) {}

fn main() {}
