fn main() {
    telemetry::execute!("shop.stop", { bytes }, { route });
    telemetry::span!("shop.checkout", { currency }).finish();
}
