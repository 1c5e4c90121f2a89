fn main() {
    let span = telemetry::span!("shop.checkout");
    let other = span.clone();
    other.finish();
}
