use telemetry_macros::measured;

struct Declined;

#[measured("ui.checkout")]
fn checkout() -> Result<u32, Declined> {
    Err(Declined)
}

#[measured("ui.refund", errors = debug)]
async fn refund() -> Result<u32, Declined> {
    Err(Declined)
}

fn main() {}
