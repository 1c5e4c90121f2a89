fn main() {
    let span = telemetry::span!("shop.checkout");
    span.in_scope(|| span.measure("rows", 3));
    let span = telemetry::span!("shop.checkout");
    span.in_scope(|| ());
    span.finish();
}
