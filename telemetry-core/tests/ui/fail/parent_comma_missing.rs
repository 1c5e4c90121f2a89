fn main() {
    let context = telemetry::SpanContext::new_root();
    telemetry::span!(parent: context "shop.reply").finish();
}
