fn main() {
    let context = telemetry::SpanContext::new_root();
    telemetry::span!("shop.reply", parent: context).finish();
    telemetry::span!("shop.reply", { status: 200 }, parent: context).finish();
    telemetry::completion_span!("shop.reply", parent: context).finish();
}
