use telemetry_macros::measured;

#[measured("ui.checkout", result = is_ok)]
fn checkout() -> Result<(), String> {
    Ok(())
}

#[measured("ui.refund", result(|r| r.is_ok()))]
fn refund() -> Result<(), String> {
    Ok(())
}

fn main() {}
