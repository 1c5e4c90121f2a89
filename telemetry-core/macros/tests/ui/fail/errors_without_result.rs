use telemetry_macros::measured;

#[measured("ui.checkout", errors = display)]
fn checkout() {}

#[measured("ui.refund", errors = display)]
fn refund() -> Option<u32> {
    None
}

fn main() {}
