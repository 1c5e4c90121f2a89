fn main() {
    telemetry::execute!("shop.stop", { "http.bytes" });
    telemetry::execute!("shop.stop", {}, { "http.route" });
    telemetry::span!("shop.checkout", { "http.route" }).finish();
}
