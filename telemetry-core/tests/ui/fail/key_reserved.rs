fn main() {
    telemetry::span!("shop.checkout", { outcome: "great" }).finish();
    telemetry::completion_span!("shop.query", { outcome: "great" }).finish();
}
