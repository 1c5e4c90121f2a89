use telemetry_macros::measured;

#[measured("ui.checkout", result = || 1)]
fn checkout() -> u32 {
    1
}

#[measured("ui.refund", result = |a, b, c| a)]
fn refund() -> u32 {
    1
}

fn main() {}
