fn main() {
    let context = telemetry::SpanContext::new_root();
    telemetry::span!(parent = context, "shop.reply").finish();
    telemetry::span!(context, "shop.reply").finish();
}
