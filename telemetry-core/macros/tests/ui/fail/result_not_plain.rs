use telemetry_macros::measured;

#[measured("ui.checkout", result = move |n| *n)]
fn checkout() -> u32 {
    1
}

#[measured("ui.refund", result = |n| -> u32 { *n })]
fn refund() -> u32 {
    1
}

fn main() {}
