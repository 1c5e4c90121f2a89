fn main() {
    let context = telemetry::SpanContext::new_root();
    telemetry::execute!(parent: context, "shop.stop", { n: 1 });
}
