fn main() {
    let span = telemetry::span!("shop.checkout");
    match "x".parse::<u32>() {
        Ok(n) => span.measure("n", n),
        Err(error) => span.fail(error),
    }
    span.finish();
}
