use telemetry_macros::measured;

#[measured("ui.checkout", fields(n = text.parse::<u32>()?))]
fn checkout(text: &str) -> Result<(), std::num::ParseIntError> {
    Ok(())
}

#[measured("ui.refund", fields(n = if text.is_empty() { return } else { 1 }))]
fn refund(text: &str) {}

#[measured("ui.cancel", fields(n = refunds().await))]
async fn cancel() {}

async fn refunds() -> u32 {
    0
}

fn main() {}
