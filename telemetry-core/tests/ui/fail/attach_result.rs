fn main() {
    let _guard = telemetry::attach("id", "shop.stop", |_| {}).guard();
}
