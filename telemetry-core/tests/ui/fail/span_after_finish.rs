fn main() {
    let span = telemetry::span!("shop.checkout");
    span.finish();
    span.measure("rows", 3);
}
