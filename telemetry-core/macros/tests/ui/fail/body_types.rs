use telemetry_macros::measured;

#[measured("ui.checkout")]
fn checkout(n: u32) -> u32 {
    let text: &str = n;
    text
}

#[measured("ui.refund")]
fn refund(n: u32) -> u32 {
    n + 1;
}

#[measured("ui.cancel", result = |r| r.is_ok())]
async fn cancel(n: u32) -> Result<u32, String> {
    if n > 1 {
        return n;
    }
    "1".parse::<u32>()?;
    Ok("one")
}

fn main() {}
