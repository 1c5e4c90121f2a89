use telemetry_macros::measured;

#[measured("ui.checkout", result = |n| 1)]
fn checkout() {}

#[measured("ui.refund", result = |span, n| span.set("n", 1))]
async fn refund() -> () {}

fn main() {}
