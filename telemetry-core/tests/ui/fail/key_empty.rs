fn main() {
    telemetry::execute!("shop.stop", { "": 1 });
    telemetry::span!("shop.checkout", { "": 1 }).finish();
}
