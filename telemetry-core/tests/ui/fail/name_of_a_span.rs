fn main() {
    telemetry::span!("shop.").finish();
    telemetry::completion_span!("shop query").finish();
}
