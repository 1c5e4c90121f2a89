fn main() {
    let context = telemetry::SpanContext::new_root();
    telemetry::span!(parent: context, parent: context, "shop.reply").finish();
}
