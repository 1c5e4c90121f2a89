fn main() {
    telemetry::execute!("shop.stop", { n: 1,, m: 2 });
    telemetry::execute!("shop.stop", { , n: 1 });
    telemetry::execute!("shop.stop", {}, { , n: 1 });
    telemetry::span!("shop.checkout", { , n: 1 }).finish();
    telemetry::completion_span!("shop.query", { , n: 1 }).finish();
    telemetry::execute!("shop.stop",, { n: 1 });
}
