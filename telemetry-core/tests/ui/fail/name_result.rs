fn main() {
    telemetry::execute!(telemetry::EventName::new("shop.stop"), { n: 1 });
}
