use telemetry_macros::measured;

#[measured("ui.checkout", errors = text)]
fn checkout() -> Result<(), String> {
    Ok(())
}

#[measured("ui.refund", errors(debug))]
fn refund() -> Result<(), String> {
    Ok(())
}

#[measured("ui.cancel", errors = "debug")]
fn cancel() -> Result<(), String> {
    Ok(())
}

fn main() {}
