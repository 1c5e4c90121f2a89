fn main() {
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let parent = telemetry::SpanContext::from_traceparent(header);
    telemetry::span!(parent: parent, "shop.reply").finish();
}
